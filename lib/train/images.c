#include "train/images.h"

#include "base/err.h"
#include "base/pool.h"
#include "base/progress.h"
#include "data/augmented.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static int64_t size_of(const json_t *shape, size_t i)
{
	const json_t *d = json_array_get(shape, i);

	return json_is_integer(d) ? json_integer_value(d) : 0;
}

struct rl_images rl_images_of(const json_t *head, int64_t classes, const char *where)
{
	const json_t *fields = rl_json_get(head, "fields", where);
	const json_t *shape = json_object_get(json_object_get(fields, "image"), "shape");
	const char *kind = rl_json_str(head, "kind", where);
	struct rl_images m = {.height = size_of(shape, 0),
			      .width = size_of(shape, 1),
			      .lighting = rl_lighting_declared(head, where)};

	if (strcmp(kind, "images"))
		rl_die("%s: a stream of %s, not of images", where, kind);
	if (m.height < 1 || m.width < 1 || size_of(shape, 2) != 3)
		rl_die("%s: head: images are not of one size: end the pipe with a crop, as "
		       "rl-augment makes",
		       where);
	if (!rl_head_has_field(head, "label"))
		rl_die("%s: head: no field label: the manifest has none", where);
	int64_t known = rl_head_nclass(head, where);
	if (known && classes && known != classes)
		rl_die("%s: head: %lld classes, where %lld are expected", where, (long long)known,
		       (long long)classes);
	if (!known && !classes)
		rl_die("%s: head: does not say how many classes there are: --classes", where);
	m.classes = (int32_t)(known ? known : classes);
	return m;
}

struct rl_image_batch rl_image_batch_new(const struct rl_images *m, int64_t capacity)
{
	size_t n = (size_t)capacity, bytes = n * (size_t)(m->height * m->width * 3);
	struct rl_image_batch b = {.pixels = rl_aligned(bytes),
				   .label = rl_calloc(n, sizeof(*b.label)),
				   .index = rl_calloc(n, sizeof(*b.index))};

	memset(b.pixels, 0, bytes);
	if (m->lighting)
		b.lighting = rl_calloc(n, sizeof(*b.lighting));
	return b;
}

void rl_image_batch_free(struct rl_image_batch *b)
{
	free(b->pixels);
	free(b->label);
	free(b->lighting);
	free(b->index);
}

void rl_image_batch_take(const struct rl_images *m, struct rl_image_batch *b, struct rl_sample *s,
			 int64_t i)
{
	size_t bytes = (size_t)(m->height * m->width * 3);

	b->label[i] = *(int32_t *)rl_sample_get(s, "label", RL_I4, 0)->data;
	if (b->label[i] < 0 || b->label[i] >= m->classes)
		rl_die("%s: label %d: not one of 0 to %d", s->key, (int)b->label[i],
		       (int)m->classes - 1);
	if (m->held_out && rl_keyset_has(m->held_out, s->key))
		rl_die("%s: is among the images to train on and those to test on", s->key);
	memcpy(b->pixels + (size_t)i * bytes, rl_sample_get(s, "image", RL_U1, 3)->data, bytes);
	if (m->lighting)
		rl_lighting_of(s, b->lighting[i]);
}

void rl_image_batch_feed(const struct rl_image_batch *b, int64_t first, int64_t count,
			 struct rl_net *n, rl_val x)
{
	int64_t dim[4];

	rl_net_shape(n, x, dim);
	for (int64_t i = 0; i < dim[0]; i++)
		b->index[i] = first + (i < count ? i : count - 1);
	rl_net_feed_images(n, x, b->pixels, (const float(*)[3])b->lighting, b->index);
}

/* ---- evaluation -------------------------------------------------------------------------------
 */

static void check_samples(struct rl_reader *in, const struct rl_images *m, const char *path,
			  struct rl_keyset *keys)
{
	struct rl_image_batch one = rl_image_batch_new(m, 1);
	struct rl_sample s = {0};
	int64_t n = 0;

	for (; rl_reader_next(in, &s); n++) {
		rl_image_batch_take(m, &one, &s, 0);
		rl_keyset_add(keys, s.key);
	}
	if (!n)
		rl_die("%s: no images to evaluate on", path);
	rl_sample_free(&s);
	rl_image_batch_free(&one);
}

struct rl_images rl_images_check(const char *path, const struct rl_images *m, struct rl_comm *comm,
				 struct rl_keyset *keys)
{
	struct rl_reader *in = rl_reader_open(path);
	const struct rl_images its = rl_images_of(rl_reader_head(in), m->classes, path);
	char digest[17], *what = rl_asprintf("images in %s", path);

	if (its.height != m->height || its.width != m->width)
		rl_die("%s: images of %lldx%lld, the training's are %lldx%lld", path,
		       (long long)its.width, (long long)its.height, (long long)m->width,
		       (long long)m->height);
	check_samples(in, &its, path, keys);
	rl_reader_digest(in, digest);
	rl_comm_agree(comm, digest, sizeof(digest), what);
	rl_reader_close(in);
	free(what);
	return its;
}

struct job {
	struct rl_image_batch batch;
	int64_t n;
};

struct evaluation {
	struct rl_reader *in;
	const struct rl_images *m;
	const struct rl_classifier *c;
	struct rl_sample sample;
	bool ended;
	int64_t turn; /* batches read so far */
	float *logits[RL_HEADS];
	struct rl_topk *score;
	int64_t done;
	struct rl_progress progress;
};

static void *next(void *context)
{
	struct evaluation *e = context;
	struct job *j = rl_calloc(1, sizeof(*j));
	bool mine;

	j->batch = rl_image_batch_new(e->m, e->c->batch);
	do {
		mine = e->turn++ % e->c->comm->size == e->c->comm->rank;
		for (j->n = 0; j->n < e->c->batch && !e->ended; j->n += !e->ended) {
			e->ended = !rl_reader_next(e->in, &e->sample);
			if (!e->ended && mine)
				rl_image_batch_take(e->m, &j->batch, &e->sample, j->n);
		}
	} while (!mine && !e->ended);
	if (mine && j->n)
		return j;
	rl_image_batch_free(&j->batch);
	free(j);
	return NULL;
}

static void work(void *context, void *job, int worker)
{
	struct evaluation *e = context;
	struct job *j = job;

	(void)worker;
	omp_set_num_threads((int)e->c->threads); /* counts for the thread that says it */
	e->c->run(e->c->ctx, &j->batch, j->n, e->logits);
	for (int h = 0; h < e->c->heads; h++)
		rl_topk_add(&e->score[h], e->logits[h], j->batch.label, j->n, e->m->classes);
}

static void done(void *context, void *job)
{
	struct evaluation *e = context;
	struct job *j = job;

	rl_progress_show(&e->progress, e->done += j->n);
	rl_image_batch_free(&j->batch);
	free(j);
}

static void sum_over_ranks(struct rl_comm *comm, struct rl_topk *t)
{
	double x[] = {(double)t->n, (double)t->top1, (double)t->top5};

	comm->sum(comm, x, RL_LEN(x));
	*t = (struct rl_topk){(int64_t)x[0], (int64_t)x[1], (int64_t)x[2]};
}

void rl_images_evaluate(struct rl_reader *in, const struct rl_images *m,
			const struct rl_classifier *c, bool quiet, struct rl_topk score[RL_HEADS])
{
	struct evaluation e = {.in = in, .m = m, .c = c, .score = score};

	for (int h = 0; h < c->heads; h++) {
		score[h] = (struct rl_topk){0};
		e.logits[h] = rl_aligned((size_t)c->batch * (size_t)m->classes * sizeof(float));
	}
	e.progress = rl_progress_start("images", 0, quiet);
	rl_pool_run(1, &(struct rl_pool_calls){next, work, done, &e});
	rl_progress_end(&e.progress, score[0].n);
	for (int h = 0; h < c->heads; h++) {
		sum_over_ranks(c->comm, &score[h]);
		free(e.logits[h]);
	}
	rl_sample_free(&e.sample);
	if (!score[0].n)
		rl_die("stdin: no images");
}
