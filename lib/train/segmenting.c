#include "train/segmenting.h"

#include "base/err.h"
#include "stream/segmentation.h"
#include "train/pass.h"
#include "train/scenes.h"

#include <string.h>

static const char *const parts[] = {"decode", "auxiliary", NULL};

struct image {
	int64_t height, width;
	uint8_t *pixels; /* [height,width,3] in room for the largest */
};

struct tape {
	struct rl_sized_net of;
	rl_val x;
	struct rl_fcn_net fcn;
};

struct rl_segmenting {
	struct rl_params *params;
	struct rl_fcn c;
	struct rl_net_config net;
	int64_t batch, height, width;
	struct tape full, rest;
	struct image *slot[2]; /* [batch] */
	uint8_t *map[2];       /* [batch,height,width] */
	uint8_t *unlabelled;   /* [height,width]: for who has no images left */
	float *pixels;         /* [batch,3,height,width] */
};

const json_t *rl_segmenting_classes(const json_t *head, const char *where)
{
	static const char *const needed[] = {"image", "segmentation"};
	const json_t *names = rl_head_names(head, "segmentation", where);

	for (size_t i = 0; i < RL_LEN(needed); i++)
		if (!rl_head_has_field(head, needed[i]))
			rl_die("%s: head: no field %s: the manifest is not of rl-list voc12aug or "
			       "cityscapes",
			       where, needed[i]);
	if (!names || !json_array_size(names) || json_array_size(names) > RL_NO_CLASS)
		rl_die("%s: head: the classes have no names, or there are more than %d", where,
		       RL_NO_CLASS);
	return names;
}

static void build(struct rl_segmenting *s, struct tape *t, int64_t images)
{
	if (!rl_sized_net_renew(&t->of, images, s->params, &s->net))
		return;
	t->x = rl_feed(t->of.net, 4, (int64_t[]){images, 3, s->height, s->width});
	t->fcn = rl_fcn(t->of.net, &s->c, t->x, true);
	rl_net_plan(t->of.net);
}

struct rl_segmenting *rl_segmenting_new(struct rl_params *params, const struct rl_fcn *c,
					int64_t batch, int64_t height, int64_t width,
					const struct rl_net_config *net, uint64_t seed)
{
	struct rl_segmenting *s = rl_calloc(1, sizeof(*s));
	const size_t n = (size_t)batch, area = (size_t)(height * width);

	*s = (struct rl_segmenting){.params = params,
				    .c = *c,
				    .net = *net,
				    .batch = batch,
				    .height = height,
				    .width = width,
				    .pixels = rl_malloc(n * 3 * area * sizeof(float))};
	s->net.train = true;
	s->net.seed = seed;
	s->c.resnet.running = false;
	s->unlabelled = rl_malloc(area);
	memset(s->unlabelled, RL_NO_CLASS, area);
	for (int i = 0; i < 2; i++) {
		s->slot[i] = rl_calloc(n, sizeof(*s->slot[i]));
		s->map[i] = rl_malloc(n * area);
		for (size_t k = 0; k < n; k++)
			s->slot[i][k].pixels = rl_malloc(3 * area);
	}
	rl_fcn_declare(params, c);
	rl_params_allocate(params, net->seed);
	build(s, &s->full, batch);
	return s;
}

static void take_labels(const struct rl_segmenting *s, const struct rl_sample *sample,
			const struct rl_tensor *labels, uint8_t *map)
{
	const uint8_t *from = labels->data;
	const int64_t height = labels->dim[0], width = labels->dim[1];

	for (int64_t i = 0; i < height * width; i++)
		if (from[i] >= s->c.classes && from[i] != RL_NO_CLASS)
			rl_die("%s: label %d at row %lld, column %lld: not one of 0 to %d, nor %d",
			       sample->key, from[i], (long long)(i / width), (long long)(i % width),
			       s->c.classes - 1, RL_NO_CLASS);
	memset(map, RL_NO_CLASS, (size_t)(s->height * s->width));
	for (int64_t y = 0; y < height; y++)
		memcpy(map + y * s->width, from + y * width, (size_t)width);
}

static void take(void *ctx, struct rl_sample *sample, int slot, int64_t i)
{
	struct rl_segmenting *s = ctx;
	struct image *to = &s->slot[slot][i];
	const struct rl_tensor *image = rl_sample_get(sample, "image", RL_U1, 3);
	const struct rl_tensor *labels = rl_sample_get(sample, "segmentation", RL_U1, 2);

	if (image->dim[2] != 3)
		rl_die("%s: not an RGB image", sample->key);
	if (image->dim[0] > s->height || image->dim[1] > s->width)
		rl_die("%s: %lld x %lld pixels are more than the --size of %lld x %lld: "
		       "rl-augment class-crop makes them fit",
		       sample->key, (long long)image->dim[1], (long long)image->dim[0],
		       (long long)s->width, (long long)s->height);
	if (labels->dim[0] != image->dim[0] || labels->dim[1] != image->dim[1])
		rl_die("%s: the field segmentation has another size than the image", sample->key);
	to->height = image->dim[0];
	to->width = image->dim[1];
	memcpy(to->pixels, image->data, rl_tensor_bytes(image));
	take_labels(s, sample, labels, s->map[slot] + i * s->height * s->width);
}

/* Without samples a grey image stands in: the slot may be being filled. */
static void feed(struct rl_segmenting *s, const struct tape *t, const struct rl_batch *b)
{
	const uint8_t *map = b->samples ? s->map[b->slot] : s->unlabelled;

	for (int64_t i = 0; i < t->of.images; i++) {
		const struct image *im = b->samples ? &s->slot[b->slot][i] : &(struct image){0};

		rl_scene_pixels(im->pixels, im->height, im->width, s->height, s->width,
				s->pixels + i * 3 * s->height * s->width);
	}
	rl_net_feed(t->of.net, t->x, s->pixels);
	rl_pixel_ce_labels(t->of.net, t->fcn.loss, map);
	rl_pixel_ce_labels(t->of.net, t->fcn.auxiliary_loss, map);
}

/* The log's losses are means over the pixels that have a class; the recipe's, which gives the
 * gradient, divides by all. */
static struct rl_score score_of(const struct rl_segmenting *s, const struct tape *t)
{
	const struct rl_net *n = t->of.net;
	const int64_t counted = rl_pixel_ce_counted(n, t->fcn.loss);
	const double all = (double)(t->of.images * s->height * s->width);
	const double by = counted ? all / (double)counted : 0;
	const double loss = by * rl_loss_value(n, t->fcn.loss),
		     auxiliary = by * rl_loss_value(n, t->fcn.auxiliary_loss);

	return (struct rl_score){.loss = loss + auxiliary,
				 .correct = rl_loss_correct(n, t->fcn.loss),
				 .items = counted,
				 .part = {loss, auxiliary}};
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_segmenting *s = ctx;
	struct tape *t = b->samples == s->batch ? &s->full : &s->rest;
	const int64_t images = rl_pass_images(b, &s->net);

	if (!images)
		return (struct rl_score){0};
	build(s, t, images);
	rl_pass_begin(t->of.net, b, m);
	feed(s, t, b);
	rl_net_forward(t->of.net);
	rl_net_backward(t->of.net);
	return b->samples ? score_of(s, t) : (struct rl_score){0};
}

static void print(void *ctx, FILE *out)
{
	const struct rl_segmenting *s = ctx;

	rl_net_print(s->full.of.net, out);
}

struct rl_task rl_segmenting_task(struct rl_segmenting *s)
{
	return (struct rl_task){.ctx = s,
				.unit = "images",
				.part = parts,
				.take = take,
				.gradients = gradients,
				.print = print};
}
