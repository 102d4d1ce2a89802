#include "train/pretext.h"

#include "base/err.h"
#include "train/pass.h"

#include <stdlib.h>
#include <string.h>

/* A tape with what it is fed: of a grid of patches an image, or of any pairs. */
struct tape {
	struct rl_net *net;
	int64_t patches, pairs;
	struct rl_relloc_net grid;
	struct rl_pairs_net paired;
	rl_val logits, pooled, neck;
	int loss;
};

struct rl_pretext {
	struct rl_params *params;
	struct rl_relloc model;
	struct rl_patch_format format;
	struct rl_net_config net; /* of training */
	int64_t batch;
	struct rl_patch_sample *slot[2]; /* [batch] each */
	struct rl_patch_sample blank;    /* of a rank without samples: slots are being filled */
	struct rl_patch_batch joined;
	struct tape full, rest, *last;  /* last: which has the last batch; NULL: there was none */
	struct rl_arena arena;          /* of tapes of pairs, whose sizes change with every batch */
	struct rl_patch_sample *recent; /* the newest images: the run's image k at k % capacity */
	int64_t recent_capacity;
	int64_t seen; /* images of the run so far */
};

static void tape_free(struct tape *t)
{
	if (t->net)
		rl_net_free(t->net);
	*t = (struct tape){0};
}

static void build(struct tape *t, struct rl_params *params, const struct rl_relloc *model,
		  bool paired, int64_t patches, int64_t pairs, const struct rl_net_config *config)
{
	if (t->net && t->patches == patches && t->pairs == pairs)
		return;
	tape_free(t);
	t->patches = patches;
	t->pairs = pairs;
	t->net = rl_net_new(params, config);
	if (paired) {
		t->paired = rl_relloc_pairs(t->net, model, patches, pairs);
		t->logits = t->paired.logits;
		t->pooled = t->paired.pooled;
		t->neck = t->paired.neck;
		t->loss = t->paired.loss;
	} else {
		t->grid = rl_relloc(t->net, model, patches / RL_PATCHES);
		t->logits = t->grid.logits;
		t->pooled = t->grid.pooled;
		t->neck = t->grid.neck;
		t->loss = t->grid.loss;
	}
	if (config->train) {
		rl_net_keep(t->net, t->pooled);
		rl_net_keep(t->net, t->neck);
	} else {
		rl_net_keep(t->net, t->logits);
	}
	rl_net_plan(t->net);
}

/* Of the batch that is joined; a grid's batches have but two sizes. */
static struct tape *build_training(struct rl_pretext *t)
{
	const struct rl_patch_batch *b = &t->joined;
	struct tape *tape = t->format.paired || b->images == t->batch ? &t->full : &t->rest;

	build(tape, t->params, &t->model, t->format.paired, b->patches, b->pairs, &t->net);
	return tape;
}

static void join(struct rl_pretext *t, const struct rl_patch_sample *sample, int64_t images)
{
	rl_patch_batch_join(&t->joined, &t->format, sample, images);
}

struct rl_pretext *rl_pretext_new(struct rl_params *params, const struct rl_relloc *model,
				  const struct rl_patch_format *format, int64_t batch,
				  int64_t recent, const struct rl_net_config *net)
{
	struct rl_pretext *t = rl_calloc(1, sizeof(*t));

	*t = (struct rl_pretext){.params = params,
				 .model = *model,
				 .format = *format,
				 .net = *net,
				 .batch = batch,
				 .recent_capacity = recent};
	t->net.train = true;
	if (format->paired)
		t->net.arena = &t->arena;
	for (int i = 0; i < 2; i++) {
		t->slot[i] = rl_calloc((size_t)batch, sizeof(*t->slot[i]));
		for (int64_t k = 0; k < batch; k++)
			t->slot[i][k] = rl_patch_sample_blank(format);
	}
	t->blank = rl_patch_sample_blank(format);
	t->recent = rl_calloc((size_t)recent + 1, sizeof(*t->recent));
	join(t, t->slot[0], batch);
	build_training(t);
	return t;
}

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct rl_pretext *t = ctx;

	rl_patch_sample_take(&t->slot[slot][i], &t->format, s);
}

static void remember(void *ctx, const struct rl_batch *b)
{
	struct rl_pretext *t = ctx;

	for (int64_t i = 0; t->recent_capacity && i < b->samples; i++)
		rl_patch_sample_copy(&t->recent[(b->before + i) % t->recent_capacity], &t->format,
				     &t->slot[b->slot][i]);
	t->seen = b->before + b->samples;
}

/* By pairs, which the loss is a mean over: grids all have as many. */
static int64_t weigh(void *ctx, const struct rl_batch *b)
{
	const struct rl_pretext *t = ctx;
	int64_t pairs = 0;

	for (int64_t i = 0; i < b->samples; i++)
		pairs += t->slot[b->slot][i].pairs;
	return pairs;
}

static void forward(const struct rl_patch_batch *b, const struct rl_patch_format *f,
		    const struct rl_relloc *model, struct tape *tape)
{
	const struct rl_patch_pixels pixels = rl_patch_batch_pixels(b, f);

	if (f->paired)
		rl_relloc_feed_pairs(tape->net, &tape->paired, pixels, b->first, b->second,
				     b->index);
	else
		rl_relloc_feed(tape->net, &tape->grid, model, b->images, pixels, b->index);
	rl_loss_labels(tape->net, tape->loss, b->label);
	rl_net_forward(tape->net);
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_pretext *t = ctx;
	const int64_t images = rl_pass_images(b, &t->net);

	t->last = NULL;
	if (!images)
		return (struct rl_score){0};
	join(t, b->samples ? t->slot[b->slot] : &t->blank, images);
	struct tape *tape = build_training(t);

	rl_pass_begin(tape->net, b, m);
	forward(&t->joined, &t->format, &t->model, tape);
	rl_net_backward(tape->net);
	if (!b->samples)
		return (struct rl_score){0};
	t->last = tape;
	return (struct rl_score){.loss = rl_loss_value(tape->net, tape->loss),
				 .correct = rl_loss_correct(tape->net, tape->loss),
				 .items = tape->pairs};
}

static float *read(const struct tape *t, rl_val v, int64_t dim[4])
{
	rl_net_shape(t->net, v, dim);
	float *x = rl_malloc((size_t)(dim[0] * dim[1]) * sizeof(*x));

	rl_net_read(t->net, v, x);
	return x;
}

static void watch(void *ctx, struct rl_collapse *seen, json_t *line)
{
	struct rl_pretext *t = ctx;
	int64_t of_features[4], of_neck[4];

	if (!t->last)
		return;
	float *features = read(t->last, t->last->pooled, of_features);
	float *neck = read(t->last, t->last->neck, of_neck);

	rl_collapse_watch(seen, features, of_features, neck, of_neck, line);
	free(features);
	free(neck);
}

static void print(void *ctx, FILE *out)
{
	const struct rl_pretext *t = ctx;

	rl_net_print(t->full.net, out);
}

struct rl_task rl_pretext_task(struct rl_pretext *t)
{
	return (struct rl_task){.ctx = t,
				.unit = "images",
				.take = take,
				.remember = remember,
				.recall = t->recent_capacity,
				.weigh = t->format.paired ? weigh : NULL,
				.gradients = gradients,
				.watch = watch,
				.print = print};
}

/* ---- statistics -------------------------------------------------------------------------------
 */

/* Ranks with common statistics go on together until none has a whole batch left. */
static bool another(const struct rl_pretext *t, bool mine)
{
	return t->net.sync_bn ? rl_comm_count(t->net.comm, mine) > 0 : mine;
}

void rl_pretext_precise_bn(struct rl_pretext *t)
{
	int64_t have = t->seen < t->recent_capacity ? t->seen : t->recent_capacity, at = 0;
	const int64_t images = have > 0 && have < t->batch ? have : t->batch;
	bool mine = have > 0;

	while (another(t, mine)) {
		join(t, mine ? t->recent + at : t->slot[0], images);
		struct tape *tape = build_training(t);

		rl_net_track_statistics(tape->net, true);
		rl_net_accumulate_statistics(tape->net, at == 0);
		rl_net_set_weight(tape->net, mine);
		forward(&t->joined, &t->format, &t->model, tape);
		at += images;
		mine = mine && at + images <= have;
	}
}

/* ---- evaluation -------------------------------------------------------------------------------
 */

struct rl_patch_format rl_pretext_check(const struct rl_relloc *model, const char *path,
					struct rl_keyset *keys)
{
	struct rl_reader *in = rl_reader_open(path);
	struct rl_sample sample = {0};
	const struct rl_patch_format f = rl_patch_format_of(rl_reader_head(in), model->patch, path);

	while (rl_reader_next(in, &sample))
		rl_keyset_add(keys, sample.key);
	if (!keys->used)
		rl_die("%s: no samples to evaluate on", path);
	rl_reader_close(in);
	rl_sample_free(&sample);
	return f;
}

static void count_answers(const struct rl_patch_batch *b, const float *logits,
			  struct rl_placing *placing)
{
	int32_t *answer = rl_calloc((size_t)b->pairs, sizeof(*answer));

	for (int64_t i = 0; i < b->pairs; i++)
		for (int k = 1; k < RL_NEIGHBOURS; k++)
			if (logits[i * RL_NEIGHBOURS + k] > logits[i * RL_NEIGHBOURS + answer[i]])
				answer[i] = k;
	for (int64_t i = 0, n; i < b->pairs; i += n) {
		for (n = 1; i + n < b->pairs && b->image[i + n] == b->image[i];)
			n++;
		rl_placing_add_image(placing, n, b->label + i, answer + i);
	}
	free(answer);
}

struct rl_placing rl_pretext_evaluate(struct rl_params *params, const struct rl_relloc *model,
				      const char *path, int64_t batch, bool bf16, double *loss)
{
	struct rl_reader *in = rl_reader_open(path);
	const struct rl_patch_format f = rl_patch_format_of(rl_reader_head(in), model->patch, path);
	struct rl_patch_sample *image = rl_calloc((size_t)batch, sizeof(*image));
	struct rl_relloc running = *model;
	struct rl_patch_batch b = {0};
	struct rl_placing placing = {0};
	struct rl_sample sample = {0};
	struct tape tape = {0};
	float *logits = NULL;
	int64_t n;

	running.running = true;
	*loss = 0;
	do {
		for (n = 0; n < batch && rl_reader_next(in, &sample); n++)
			rl_patch_sample_take(&image[n], &f, &sample);
		if (n == 0)
			break;
		rl_patch_batch_join(&b, &f, image, n);
		build(&tape, params, &running, f.paired, b.patches, b.pairs,
		      &(struct rl_net_config){.bf16 = bf16});
		forward(&b, &f, &running, &tape);
		logits = rl_realloc(logits, (size_t)b.pairs, RL_NEIGHBOURS * sizeof(*logits));
		rl_net_read(tape.net, tape.logits, logits);
		*loss += rl_loss_value(tape.net, tape.loss) * (double)b.pairs;
		count_answers(&b, logits, &placing);
	} while (n == batch);
	*loss /= (double)placing.pairs;
	rl_reader_close(in);
	rl_sample_free(&sample);
	rl_patch_batch_free(&b);
	tape_free(&tape);
	for (int64_t i = 0; i < batch; i++)
		rl_patch_sample_free(&image[i]);
	free(image);
	free(logits);
	return placing;
}
