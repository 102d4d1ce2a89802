#include "train/pretext.h"

#include "base/err.h"
#include "train/pass.h"

#include <stdlib.h>
#include <string.h>

/* A tape of one batch size with what it is fed. */
struct tape {
	struct rl_sized_net of;
	struct rl_relloc_net model;
};

struct rl_pretext {
	struct rl_params *params;
	struct rl_relloc model;
	struct rl_net_config net; /* of training */
	int64_t batch;
	size_t image_bytes;  /* nine patches */
	uint8_t *patches[2]; /* of each slot */
	int64_t *index;      /* scratch of rl_relloc_feed */
	int32_t *labels;     /* of a full batch; the same for every batch */
	struct tape full, rest;
	uint8_t *recent; /* the newest images: the run's image k at k % recent_capacity */
	int64_t recent_capacity;
	int64_t seen; /* images of the run so far */
};

static void allocate(struct rl_pretext *t)
{
	size_t pairs = (size_t)t->batch * RL_NEIGHBOURS;

	t->image_bytes = (size_t)RL_PATCHES * (size_t)t->model.patch * (size_t)t->model.patch * 3;
	for (int i = 0; i < 2; i++)
		t->patches[i] = rl_aligned((size_t)t->batch * t->image_bytes);
	t->index = rl_malloc(pairs * sizeof(*t->index));
	t->labels = rl_malloc(pairs * sizeof(*t->labels));
	rl_relloc_labels(t->batch, t->labels);
}

static void release(struct rl_pretext *t)
{
	if (t->full.of.net)
		rl_net_free(t->full.of.net);
	free(t->patches[0]);
	free(t->patches[1]);
	free(t->index);
	free(t->labels);
	free(t->recent);
}

static void build(struct tape *t, struct rl_params *params, const struct rl_relloc *model,
		  int64_t images, const struct rl_net_config *config)
{
	if (!rl_sized_net_renew(&t->of, images, params, config))
		return;
	t->model = rl_relloc(t->of.net, model, images);
	rl_net_plan(t->of.net);
}

static void build_training(struct rl_pretext *t, struct tape *tape, int64_t images)
{
	build(tape, t->params, &t->model, images, &t->net);
}

struct rl_pretext *rl_pretext_new(struct rl_params *params, const struct rl_relloc *model,
				  int64_t batch, int64_t recent, const struct rl_net_config *net)
{
	struct rl_pretext *t = rl_calloc(1, sizeof(*t));

	t->params = params;
	t->model = *model;
	t->batch = batch;
	t->net = *net;
	t->net.train = true;
	allocate(t);
	t->recent_capacity = recent;
	t->recent = recent ? rl_aligned((size_t)recent * t->image_bytes) : NULL;
	build_training(t, &t->full, batch);
	return t;
}

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct rl_pretext *t = ctx;

	memcpy(t->patches[slot] + (size_t)i * t->image_bytes,
	       rl_sample_get(s, "patches", RL_U1, 4)->data, t->image_bytes);
}

static void remember(void *ctx, const struct rl_batch *b)
{
	struct rl_pretext *t = ctx;

	for (int64_t i = 0; t->recent_capacity && i < b->samples; i++)
		memcpy(t->recent + (size_t)((b->before + i) % t->recent_capacity) * t->image_bytes,
		       t->patches[b->slot] + (size_t)i * t->image_bytes, t->image_bytes);
	t->seen = b->before + b->samples;
}

static struct rl_score run(struct rl_pretext *t, struct tape *tape, const uint8_t *patches,
			   bool backward)
{
	struct rl_net *n = tape->of.net;

	rl_relloc_feed(n, &tape->model, &t->model, tape->of.images, patches, t->index);
	rl_loss_labels(n, tape->model.loss, t->labels);
	rl_net_forward(n);
	if (backward)
		rl_net_backward(n);
	return (struct rl_score){.loss = rl_loss_value(n, tape->model.loss),
				 .correct = rl_loss_correct(n, tape->model.loss),
				 .items = tape->of.images * RL_NEIGHBOURS};
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_pretext *t = ctx;
	struct tape *tape = b->samples == t->batch ? &t->full : &t->rest;
	int64_t images = rl_pass_images(b, &t->net);

	if (!images)
		return (struct rl_score){0};
	build_training(t, tape, images);
	rl_pass_begin(tape->of.net, b, m);
	struct rl_score s = run(t, tape, t->patches[b->slot], true);
	return b->samples ? s : (struct rl_score){0};
}

static void print(void *ctx, FILE *out)
{
	const struct rl_pretext *t = ctx;

	rl_net_print(t->full.of.net, out);
}

struct rl_task rl_pretext_task(struct rl_pretext *t)
{
	return (struct rl_task){.ctx = t,
				.unit = "images",
				.take = take,
				.remember = remember,
				.recall = t->recent_capacity,
				.gradients = gradients,
				.print = print};
}

/* Ranks with common statistics go on together until none has a whole batch left. */
static bool another(const struct rl_pretext *t, bool mine)
{
	return t->net.sync_bn ? rl_comm_count(t->net.comm, mine) > 0 : mine;
}

void rl_pretext_precise_bn(struct rl_pretext *t)
{
	int64_t have = t->seen < t->recent_capacity ? t->seen : t->recent_capacity, at = 0;
	struct tape *tape = have < t->batch ? &t->rest : &t->full;
	bool mine = have > 0;

	build_training(t, tape, mine && have < t->batch ? have : t->batch);
	rl_net_track_statistics(tape->of.net, true);
	rl_net_accumulate_statistics(tape->of.net);
	while (another(t, mine)) {
		rl_net_set_absent(tape->of.net, !mine);
		run(t, tape, mine ? t->recent + (size_t)at * t->image_bytes : t->patches[0], false);
		at += tape->of.images;
		mine = mine && at + tape->of.images <= have;
	}
}

/* What a head declares the reader holds every sample to. */
void rl_pretext_check_head(const struct rl_relloc *model, const json_t *head, const char *where)
{
	const char *kind = rl_json_str(head, "kind", where);
	const json_t *field = json_object_get(json_object_get(head, "fields"), "patches");
	json_t *wanted = json_pack("{s:s, s:[i, i, i, i]}", "dtype", rl_dtype_name(RL_U1), "shape",
				   RL_PATCHES, model->patch, model->patch, 3);

	if (strcmp(kind, "patches"))
		rl_die("%s: a stream of %s, not of patches: rl-patchpairs makes them", where, kind);
	if (!json_equal(field, wanted))
		rl_die("%s: head: patches are not u1 %d x %d x %d x 3", where, RL_PATCHES,
		       model->patch, model->patch);
	json_decref(wanted);
}

void rl_pretext_check(const struct rl_relloc *model, const char *path)
{
	struct rl_reader *in = rl_reader_open(path);
	struct rl_sample sample = {0};

	rl_pretext_check_head(model, rl_reader_head(in), path);
	if (!rl_reader_next(in, &sample))
		rl_die("%s: no samples to evaluate on", path);
	rl_reader_drain(in);
	rl_reader_close(in);
	rl_sample_free(&sample);
}

struct rl_score rl_pretext_evaluate(struct rl_params *params, const struct rl_relloc *model,
				    const char *path, int64_t batch, bool bf16)
{
	struct rl_reader *in = rl_reader_open(path);
	struct rl_pretext t = {.model = *model, .batch = batch};
	struct rl_sample sample = {0};
	struct rl_score sum = {0};
	int64_t n;

	t.model.running = true;
	allocate(&t);
	do {
		for (n = 0; n < batch && rl_reader_next(in, &sample); n++)
			take(&t, &sample, 0, n);
		if (n == 0)
			break;
		build(&t.full, params, &t.model, n, &(struct rl_net_config){.bf16 = bf16});
		rl_score_add(&sum, run(&t, &t.full, t.patches[0], false));
	} while (n == batch);
	rl_reader_close(in);
	rl_sample_free(&sample);
	release(&t);
	return sum;
}
