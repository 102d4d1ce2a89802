#include "train/detecting.h"

#include "base/err.h"
#include "train/pass.h"
#include "train/scenes.h"

#include <stdlib.h>
#include <string.h>

static const char *const parts[] = {"rpn_class", "rpn_box", "class", "box", "mask", NULL};

struct rl_detecting {
	struct rl_detector *detector;
	struct rl_net_config net;
	int classes;
	bool masks;
	int64_t batch;
	uint64_t seed;
	struct rl_scene *slot[2];      /* [batch] each */
	float *pixels;                 /* of the batch at hand */
	struct rl_rcnn_objects *image; /* [batch] */
	const uint8_t *const **mask;
	struct rl_rng *rng;
};

struct rl_detecting *rl_detecting_new(struct rl_params *params, const struct rl_detector_config *c,
				      int64_t batch, const struct rl_net_config *net, uint64_t seed)
{
	struct rl_detecting *d = rl_calloc(1, sizeof(*d));
	struct rl_net_config train = *net;
	const size_t n = (size_t)batch;

	train.train = true;
	*d = (struct rl_detecting){.detector = rl_detector_new(params, c, &train),
				   .net = train,
				   .classes = c->rcnn.classes,
				   .masks = c->fpn,
				   .batch = batch,
				   .seed = seed,
				   .image = rl_calloc(n, sizeof(*d->image)),
				   .mask = rl_calloc(n, sizeof(*d->mask)),
				   .rng = rl_calloc(n, sizeof(*d->rng))};
	for (int i = 0; i < 2; i++)
		d->slot[i] = rl_calloc(n, sizeof(*d->slot[i]));
	return d;
}

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct rl_detecting *d = ctx;

	rl_scene_take(&d->slot[slot][i], s, d->classes, d->masks);
}

/* Where a rank has no images left, one without anything on it stands in: it is run for the sums
 * that ranks make together, and counts nothing. */
static struct rl_scene nothing(void)
{
	enum { SIDE = 64 };
	static uint8_t grey[SIDE * SIDE * 3];

	return (struct rl_scene){.height = SIDE, .width = SIDE, .pixels = grey};
}

static struct rl_detector_batch batch_of(struct rl_detecting *d, const struct rl_scene *scene,
					 int64_t n, const struct rl_micro *m)
{
	struct rl_detector_batch b = {.images = n,
				      .image = d->image,
				      .mask = d->masks ? d->mask : NULL,
				      .rng = d->rng,
				      .untracked = !m->leading,
				      .final = m->final,
				      .final_ctx = m->final_ctx};
	const uint64_t ranks = (uint64_t)d->net.comm->size, rank = (uint64_t)d->net.comm->rank;

	for (int64_t i = 0; i < n; i++) {
		if (scene[i].height > b.height)
			b.height = scene[i].height;
		if (scene[i].width > b.width)
			b.width = scene[i].width;
	}
	b.height = rl_scenes_side(b.height);
	b.width = rl_scenes_side(b.width);
	d->pixels = rl_realloc(d->pixels, (size_t)(n * 3 * b.height * b.width), sizeof(float));
	for (int64_t i = 0; i < n; i++) {
		const struct rl_scene *s = &scene[i];

		rl_scene_pixels(s->pixels, s->height, s->width, b.height, b.width,
				d->pixels + i * 3 * b.height * b.width);
		d->image[i] = (struct rl_rcnn_objects){(double)s->width, (double)s->height, s->box,
						       s->class, s->n};
		d->mask[i] = (const uint8_t *const *)s->mask;
		d->rng[i] = rl_rng_make(
			d->seed, 0, ((m->draw * (uint64_t)d->batch + (uint64_t)i) * ranks) + rank,
			RL_RNG_SAMPLE);
	}
	b.pixels = d->pixels;
	return b;
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_detecting *d = ctx;
	const struct rl_scene blank = nothing();
	int64_t images = rl_pass_images(b, &d->net);

	if (!images)
		return (struct rl_score){0};
	struct rl_detector_batch batch =
		batch_of(d, b->samples ? d->slot[b->slot] : &blank, images, m);

	batch.absent = !b->samples;
	struct rl_detector_loss l = rl_detector_learn(d->detector, &batch);

	if (!b->samples)
		return (struct rl_score){0};
	return (struct rl_score){
		.loss = l.objectness + l.proposal + l.class + l.box + l.mask,
		.correct = l.correct,
		.items = l.regions,
		.part = {l.objectness, l.proposal, l.class, l.box, l.mask},
	};
}

static void print(void *ctx, FILE *out)
{
	const struct rl_detecting *d = ctx;

	rl_detector_print(d->detector, out);
}

struct rl_task rl_detecting_task(struct rl_detecting *d)
{
	return (struct rl_task){.ctx = d,
				.unit = "images",
				.part = parts,
				.take = take,
				.gradients = gradients,
				.print = print};
}
