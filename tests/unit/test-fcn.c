/* Fully convolutional networks on a slim ResNet-50 against independently computed numbers, forward
 * and backward; and what of an image a segmenter makes of them. */
#include "digest.h"
#include "fill.h"
#include "shadow.h"
#include "tap.h"
#include "twin.h"

#include "base/err.h"
#include "models/segmenter.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 2, HEIGHT = 97, WIDTH = 113, AREA = HEIGHT * WIDTH, CLASSES = 21 };

/* In the golden data a head's layers have names of its kind. */
static const struct layer_name {
	const char *ours, *golden;
} mmseg_names[] = {{"decode_head.convs.0.conv", "h.c0.0"},   {"decode_head.convs.0.bn", "h.c0.1"},
		   {"decode_head.convs.1.conv", "h.c1.0"},   {"decode_head.convs.1.bn", "h.c1.1"},
		   {"decode_head.conv_cat.conv", "h.cat.0"}, {"decode_head.conv_cat.bn", "h.cat.1"},
		   {"decode_head.conv_seg", "h.cls"},        {NULL, NULL}},
  tv_names[] = {{"decode_head.convs.0.conv", "h.body.0"},
		{"decode_head.convs.0.bn", "h.body.1"},
		{"decode_head.conv_seg", "h.body.4"},
		{NULL, NULL}};

static const struct testcase {
	const char *golden, *input, *tag;
	const struct layer_name *names;
	int output_stride;
	struct rl_fcn_head head;
	bool train, corners;
	int counted;
} cases[] = {
	{"d6_eval_ac0",
	 "fcn0",
	 "fcn_d6.",
	 mmseg_names,
	 16,
	 {4, 16, 2, 6, false, 0, 1},
	 false,
	 false,
	 19292},
	{"d6_train_ac0",
	 "fcn0",
	 "fcn_d6.",
	 mmseg_names,
	 16,
	 {4, 16, 2, 6, false, 0, 1},
	 true,
	 false,
	 19292},
	{"d6_train_ac1",
	 "fcn0",
	 "fcn_d6.",
	 mmseg_names,
	 16,
	 {4, 16, 2, 6, false, 0, 1},
	 true,
	 true,
	 19292},
	{"mmseg_train_ac0",
	 "fcn1",
	 "fcn_mmseg.",
	 mmseg_names,
	 8,
	 {4, 16, 2, 1, true, 0, 1},
	 true,
	 false,
	 19344},
	{"tv_train_ac0",
	 "fcn1",
	 "fcn_tv.",
	 tv_names,
	 8,
	 {4, 64, 1, 1, false, 0, 1},
	 true,
	 false,
	 19344},
};

static struct rl_fcn config_of(const struct testcase *t)
{
	return (struct rl_fcn){.resnet = {50, 8, t->output_stride, false, !t->train, 1},
			       .classes = CLASSES,
			       .how = t->corners ? RL_BILINEAR_CORNERS : RL_BILINEAR,
			       .head = t->head};
}

static void fill_all(struct rl_params *p, const struct testcase *t)
{
	for (int i = 0; i < p->n; i++) {
		const char *name = p->list[i].name;
		const struct layer_name *layer = t->names;
		char golden_name[128];

		if (p->list[i].kind == RL_COUNT)
			continue;
		while (layer->ours && strncmp(name, layer->ours, strlen(layer->ours)))
			layer++;
		if (layer->ours)
			snprintf(golden_name, sizeof(golden_name), "%s%s", layer->golden,
				 name + strlen(layer->ours));
		fill_param(p, i, layer->ours ? t->tag : "slim.", layer->ours ? golden_name : name,
			   1);
	}
}

static float *pixels_of(const struct testcase *t)
{
	float *x = rl_malloc(IMAGES * 3 * AREA * sizeof(*x));
	char name[32];

	snprintf(name, sizeof(name), "%s.x", t->input);
	fill(x, IMAGES * 3 * AREA, name, -2, 2);
	return x;
}

static uint8_t *labels_of(const struct testcase *t)
{
	char path[64];
	size_t n;

	snprintf(path, sizeof(path), "fcn/%s.t.npy", t->input);
	double *wide = golden(path, &n);
	uint8_t *map = rl_malloc(n);

	for (size_t i = 0; i < n; i++)
		map[i] = (uint8_t)wide[i];
	free(wide);
	return map;
}

/* ---- against the golden numbers ----------------------------------------------------------------
 */

/* Of the tape and of its shadow. */
struct comparison {
	struct digest fast, slow;
	double fast_worst, slow_worst;
};

static void compare(struct comparison *c, const float *fast, const double *slow, size_t n)
{
	c->fast_worst = fmax(c->fast_worst, digest_error_f(&c->fast, fast, n, 1e-12));
	c->slow_worst = fmax(c->slow_worst, digest_error(&c->slow, slow, n, 1e-12));
}

static void compare_value(struct comparison *c, const struct shadow *s, rl_val v, size_t n)
{
	int64_t dim[4], count = 1;

	for (int i = rl_net_shape(s->net, v, dim); i > 0; i--)
		count *= dim[i - 1];
	float *fast = rl_malloc((size_t)count * sizeof(*fast));
	rl_net_read(s->net, v, fast);
	compare(c, fast, s->value[v], n ? n : (size_t)count);
	free(fast);
}

/* The class of each pixel, by the tape's enlarged logits and the shadow's. */
static void compare_classes(struct comparison *c, const struct shadow *s, rl_val v)
{
	float *z = rl_malloc(IMAGES * CLASSES * AREA * sizeof(*z));
	float *best = rl_calloc(IMAGES * AREA, sizeof(*best));
	double *slow = rl_calloc(IMAGES * AREA, sizeof(*slow));

	rl_net_read(s->net, v, z);
	for (int i = 0; i < IMAGES * AREA; i++) {
		const int at = i / AREA * CLASSES * AREA + i % AREA;

		for (int k = 1; k < CLASSES; k++) {
			if (z[at + k * AREA] > z[at + (int)best[i] * AREA])
				best[i] = (float)k;
			if (s->value[v][at + k * AREA] > s->value[v][at + (int)slow[i] * AREA])
				slow[i] = k;
		}
	}
	compare(c, best, slow, IMAGES * AREA);
	free(z);
	free(best);
	free(slow);
}

static void verdict(struct comparison *c, double fast, const char *golden_case, const char *what)
{
	/* The golden tensors were rounded to float. */
	ok(c->fast_worst <= fast && c->slow_worst <= 1e-7, "%s: %s", golden_case, what);
	diag("worst: %.1e in float, %.1e in double", c->fast_worst, c->slow_worst);
	c->fast_worst = c->slow_worst = 0;
}

/* The golden losses are means over the pixels that have a class. */
static void test_case(const struct testcase *t)
{
	const struct rl_fcn c = config_of(t);
	struct rl_params *p = rl_params_new();
	struct rl_net *n =
		rl_net_new(p, &(struct rl_net_config){.train = true, .feed_gradients = true});
	rl_val x = rl_feed(n, 4, (int64_t[]){IMAGES, 3, HEIGHT, WIDTH});
	struct rl_fcn scaled = c;
	struct comparison g = {0};
	char path[64];

	scaled.head.weight = (double)IMAGES * AREA / t->counted;
	struct rl_fcn_net m = rl_fcn(n, &scaled, x, true);
	rl_val up = rl_interpolate(n, m.logits, HEIGHT, WIDTH, c.how);
	shadow_keep(n);
	rl_net_plan(n);
	fill_all(p, t);
	float *pixels = pixels_of(t), *gx = rl_malloc(IMAGES * 3 * AREA * sizeof(*gx));
	uint8_t *map = labels_of(t);
	rl_net_feed(n, x, pixels);
	rl_pixel_ce_labels(n, m.loss, map);
	struct shadow *s = shadow_new(n);
	rl_net_forward(n);
	rl_net_backward(n);
	shadow_run(s, true);
	shadow_agrees(s, 5e-5, 2e-4, "%s against its shadow", t->golden);
	const bool other_sides = s->followed > 0;
	if (other_sides)
		shadow_run(s, false);
	ok(rl_pixel_ce_counted(n, m.loss) == t->counted, "%s: %d pixels count", t->golden,
	   t->counted);

	snprintf(path, sizeof(path), "fcn/%s.npy", t->golden);
	g.fast = digest_open(path);
	g.slow = digest_open(path);
	float loss = (float)rl_loss_value(n, m.loss);
	compare(&g, &loss, &s->loss[m.loss], 1);
	compare_value(&g, s, m.logits, 0);
	compare_value(&g, s, up, 3 * AREA);
	verdict(&g, 2e-5, t->golden, "loss and logits");
	compare_classes(&g, s, up);
	verdict(&g, 1e-7, t->golden, "the class of every pixel");
	rl_net_read_grad(n, x, gx);
	compare(&g, gx, s->grad[x], IMAGES * 3 * AREA);
	for (int i = 0; i < p->n; i++)
		if (p->list[i].kind == RL_PARAM)
			compare(&g, rl_params_grad(p, i), s->dparam[i], p->list[i].count);
	verdict(&g, other_sides ? 0.05 : 1e-4, t->golden, "gradients");
	for (int i = 0; i < p->n; i++)
		if (p->list[i].kind == RL_STATE)
			compare(&g, rl_params_data(p, i), s->param[i], p->list[i].count);
	verdict(&g, 1e-5, t->golden, "running statistics");
	bool all = digest_close(&g.fast);
	ok(digest_close(&g.slow) && all, "%s: every golden tensor compared", t->golden);
	shadow_free(s);
	rl_net_free(n);
	rl_params_free(p);
	free(pixels);
	free(gx);
	free(map);
}

/* ---- segmenter --------------------------------------------------------------------------------
 */

static struct rl_segmenter *segmenter_of(struct rl_params *p, const struct testcase *t)
{
	const struct rl_fcn c = config_of(t);
	struct rl_segmenter *s = rl_segmenter_new(p, &c, &(struct rl_net_config){0});

	fill_all(p, t);
	return s;
}

static void test_whole(void)
{
	const struct testcase *t = &cases[0];
	struct rl_params *p = rl_params_new();
	struct rl_segmenter *s = segmenter_of(p, t);
	float *pixels = pixels_of(t), wide[IMAGES * AREA];
	uint8_t map[IMAGES * AREA], again[AREA];
	struct digest d = digest_open("fcn/d6_eval_ac0.npy");

	for (int i = 0; i < IMAGES; i++)
		rl_segmenter_label(s, pixels + i * 3 * AREA, HEIGHT, WIDTH, &(struct rl_windows){0},
				   HEIGHT, WIDTH, map + i * AREA);
	for (int i = 0; i < IMAGES * AREA; i++)
		wide[i] = map[i];
	for (int i = 0; i < 3; i++)
		digest_skip(&d);
	ok(digest_error_f(&d, wide, IMAGES * AREA, 1e-12) <= 1e-7,
	   "a segmenter finds the golden class of every pixel");
	free(d.number);
	rl_segmenter_label(s, pixels, HEIGHT, WIDTH, &(struct rl_windows){113, 50}, HEIGHT, WIDTH,
			   again);
	ok(!memcmp(map, again, sizeof(again)), "one window over all: the same");
	rl_segmenter_label(s, pixels, HEIGHT, WIDTH, &(struct rl_windows){200, 100}, HEIGHT, WIDTH,
			   again);
	ok(!memcmp(map, again, sizeof(again)), "a window larger than the image: the same");
	rl_segmenter_free(s);
	rl_params_free(p);
	free(pixels);
}

/* The logits of a window, interpolated to its size, in double. */
static double *window_logits(struct rl_params *p, const struct rl_fcn *c, const float *pixels,
			     int64_t y, int64_t x, int64_t side)
{
	struct rl_net *n = rl_net_new(p, &(struct rl_net_config){0});
	rl_val in = rl_feed(n, 4, (int64_t[]){1, 3, side, side});
	rl_val logits = rl_fcn(n, c, in, false).logits;
	float *crop = rl_malloc((size_t)(3 * side * side) * sizeof(*crop));
	int64_t dim[4];

	rl_net_keep(n, logits);
	rl_net_plan(n);
	for (int64_t i = 0; i < 3 * side * side; i++)
		crop[i] = pixels[(i / side / side * HEIGHT + y + i / side % side) * WIDTH + x +
				 i % side];
	rl_net_feed(n, in, crop);
	rl_net_forward(n);
	rl_net_shape(n, logits, dim);
	size_t count = (size_t)(dim[1] * dim[2] * dim[3]);
	float *low = rl_malloc(count * sizeof(*low));
	double *wide = rl_malloc(count * sizeof(*wide)), *full = zeros(CLASSES * side * side);
	rl_net_read(n, logits, low);
	for (size_t i = 0; i < count; i++)
		wide[i] = low[i];
	twin_interpolate(full, wide, (struct nchw){1, dim[1], dim[2], dim[3]}, side, side, c->how);
	rl_net_free(n);
	free(crop);
	free(low);
	free(wide);
	return full;
}

/* Where two classes are as good but for rounding either may come out. */
static void compare_map(const uint8_t *map, const double *z, int64_t area, const char *what)
{
	int wrong = 0;

	for (int64_t i = 0; i < area; i++) {
		double top = z[i];

		for (int k = 1; k < CLASSES; k++)
			top = fmax(top, z[k * area + i]);
		wrong += !(z[map[i] * area + i] > top - 1e-4);
	}
	ok(wrong == 0, "%s", what);
	diag("%d pixels of %d are another class", wrong, (int)area);
}

/* Windows of 64 at every 40 pixels: of the height two, of the width three, the last ones moved
 * back; by rows and columns as the rule says, added up one by one. */
static void test_windows(const struct testcase *t)
{
	enum { SIDE = 64, STRIDE = 40, TO_HEIGHT = 130, TO_WIDTH = 90 };
	static const int64_t row[] = {0, 33}, column[] = {0, 40, 49};
	struct rl_params *p = rl_params_new();
	struct rl_segmenter *s = segmenter_of(p, t);
	struct rl_fcn c = config_of(t);
	float *pixels = pixels_of(t);
	double *sum = zeros(CLASSES * AREA), *to = zeros(CLASSES * TO_HEIGHT * TO_WIDTH);
	uint8_t map[TO_HEIGHT * TO_WIDTH];
	int count[AREA] = {0};

	c.resnet.running = true;
	for (int i = 0; i < 6; i++) {
		int64_t y0 = row[i / 3], x0 = column[i % 3];
		double *z = window_logits(p, &c, pixels, y0, x0, SIDE);

		for (int64_t k = 0; k < CLASSES * SIDE * SIDE; k++) {
			int64_t y = y0 + k / SIDE % SIDE, x = x0 + k % SIDE;

			sum[k / SIDE / SIDE * AREA + y * WIDTH + x] += z[k];
			count[y * WIDTH + x] += k < SIDE * SIDE;
		}
		free(z);
	}
	for (int i = 0; i < CLASSES * AREA; i++)
		sum[i] /= count[i % AREA];
	twin_interpolate(to, sum, (struct nchw){1, CLASSES, HEIGHT, WIDTH}, TO_HEIGHT, TO_WIDTH,
			 c.how);
	rl_segmenter_label(s, pixels, HEIGHT, WIDTH, &(struct rl_windows){SIDE, STRIDE}, TO_HEIGHT,
			   TO_WIDTH, map);
	compare_map(map, to, TO_HEIGHT * TO_WIDTH,
		    t->corners ? "overlapping windows, corners aligned"
			       : "overlapping windows vote with their logits");
	rl_segmenter_free(s);
	rl_params_free(p);
	free(pixels);
	free(sum);
	free(to);
}

int main(void)
{
	omp_set_num_threads(1);
	for (size_t i = 0; i < RL_LEN(cases); i++)
		test_case(&cases[i]);
	test_whole();
	test_windows(&cases[3]);
	test_windows(&cases[2]);
	return tap_done();
}
