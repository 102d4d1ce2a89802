/* The ops on maps that detection and segmentation add, each against its twin in whole batches, tile
 * by tile and in bfloat16; and an outlet, where a tape hands over. */
#include "fill.h"
#include "rig.h"
#include "tap.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { NONE = 255 };

static rl_val conv(struct rig *r, rl_val x, const char *name, int out)
{
	return rl_conv(r->net, x, name, (struct rl_conv){out, 3, 1, 1, 1});
}

/* Maps as a feed has them, and as a convolution does. */
static rl_val maps(struct rig *r, int64_t n, int c, int64_t h, int64_t w, bool blocked)
{
	return blocked ? conv(r, rig_map(r, n, 8, h, w), "trunk", c) : rig_map(r, n, c, h, w);
}

static void test_bias(const struct rig_variant *v)
{
	static const int channels[] = {1, 3, 12, 15, 64, 60};
	char what[96];
	struct rig r;

	for (size_t i = 0; i < 4 * RL_LEN(channels); i++) {
		bool relu = i & 1, blocked = i & 2;
		int c = channels[i / 4];

		rig_open(&r, v, true);
		rig_end(&r, rl_bias(r.net, maps(&r, 3, c, 7, 5, blocked), "b", relu));
		snprintf(what, sizeof(what), "bias of %d channels%s%s", c, relu ? ", relu" : "",
			 blocked ? ", after conv" : "");
		rig_check(&r, what);
	}
	/* Five maps of a pyramid share one head. */
	rig_open(&r, v, true);
	for (int level = 0; level < 3; level++) {
		rl_val x = rl_bias(r.net,
				   conv(&r, rig_map(&r, 2, 16, 8 >> level, 12 >> level), "rpn", 16),
				   "rpn", true);

		rig_end(&r, rl_bias(r.net, conv(&r, x, "logits", 3), "logits", false));
	}
	rig_check(&r, "one head on three levels");
}

static void test_add(const struct rig_variant *v)
{
	static const int channels[] = {16, 13};
	struct rig r;

	for (size_t i = 0; i < RL_LEN(channels); i++) {
		int c = channels[i];

		rig_open(&r, v, true);
		rig_end(&r, rl_add(r.net, rig_map(&r, 3, c, 5, 6), rig_map(&r, 3, c, 5, 6)));
		rig_check(&r, "sum of feeds");

		rig_open(&r, v, true);
		rl_val x = rig_map(&r, 3, 8, 5, 6);
		rig_end(&r, rl_add(r.net, conv(&r, x, "a", c), conv(&r, x, "b", c)));
		rig_check(&r, "sum of two convolutions");
	}
	/* The way down a pyramid: a sum is read by the next and by its own output. */
	rig_open(&r, v, true);
	rl_val deep = conv(&r, rig_map(&r, 2, 8, 3, 4), "deep", 16);
	rl_val middle = rl_add(r.net, conv(&r, rig_map(&r, 2, 8, 6, 8), "middle", 16),
			       rl_interpolate(r.net, deep, 6, 8, RL_NEAREST));
	rl_val fine = rl_add(r.net, conv(&r, rig_map(&r, 2, 8, 12, 16), "fine", 16),
			     rl_interpolate(r.net, middle, 12, 16, RL_NEAREST));
	rig_end(&r, conv(&r, deep, "out.deep", 16));
	rig_end(&r, conv(&r, middle, "out.middle", 16));
	rig_end(&r, conv(&r, fine, "out.fine", 16));
	rig_check(&r, "a feature pyramid");
}

static void test_resize(const struct rig_variant *v)
{
	static const char *const names[] = {"nearest", "bilinear", "bilinear, corners"};
	static const int size[][4] = {
		{5, 7, 13, 20}, {9, 9, 18, 18}, {13, 20, 5, 7}, {1, 1, 4, 5}, {6, 5, 1, 1}};
	char what[96];
	struct rig r;

	for (size_t i = 0; i < 6 * RL_LEN(size); i++) {
		const int *s = size[i / 6];
		bool blocked = i % 6 / 3;
		enum rl_interpolation how = (enum rl_interpolation)(i % 3);

		rig_open(&r, v, true);
		rig_end(&r,
			rl_interpolate(r.net, maps(&r, 3, blocked ? 24 : 5, s[0], s[1], blocked),
				       s[2], s[3], how));
		snprintf(what, sizeof(what), "%dx%d to %dx%d, %s%s", s[0], s[1], s[2], s[3],
			 names[how], blocked ? ", after conv" : "");
		rig_check(&r, what);
	}
	rig_open(&r, v, true);
	rig_end(&r, rl_interpolate(r.net, conv(&r, rig_map(&r, 2, 8, 6, 6), "c", 21), 11, 9,
				   RL_BILINEAR));
	rig_check(&r, "resize of 21 channels after conv");
}

static void test_deconv(const struct rig_variant *v)
{
	static const int shape[][5] = {{3, 16, 7, 7, 16},
				       {2, 64, 14, 14, 32},
				       {1, 8, 3, 5, 24},
				       {2, 12, 4, 4, 7},
				       {1, 1, 1, 1, 1}};
	char what[96];
	struct rig r;

	for (size_t i = 0; i < 2 * RL_LEN(shape); i++) {
		const int *s = shape[i / 2];

		rig_open(&r, v, true);
		rig_end(&r, rl_deconv(r.net, maps(&r, s[0], s[1], s[2], s[3], i % 2), "up", s[4]));
		snprintf(what, sizeof(what), "deconv %dx%dx%dx%d to %d%s", s[0], s[1], s[2], s[3],
			 s[4], i % 2 ? ", after conv" : "");
		rig_check(&r, what);
	}
}

/* Boxes of all sizes, some beyond the map, one of no extent. */
static void draw_regions(struct rl_roi *roi, int count, int images, int levels, double width,
			 double height)
{
	float u[5];

	for (int i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "region %d", i);
		fill(u, RL_LEN(u), name, 0, 1);
		roi[i] = (struct rl_roi){.image = i % images, .level = (int)(u[4] * (float)levels)};
		roi[i].box[0] = (float)((u[0] * 1.2 - 0.2) * width);
		roi[i].box[1] = (float)((u[1] * 1.2 - 0.2) * height);
		roi[i].box[2] = roi[i].box[0] + (float)(u[2] * width * 0.8);
		roi[i].box[3] = roi[i].box[1] + (float)(u[3] * height * 0.8);
	}
	roi[0].box[2] = roi[0].box[0];
	roi[0].box[3] = roi[0].box[1];
}

static void test_roi_align(const struct rig_variant *v)
{
	static const struct {
		const char *name;
		int channels;
		struct rl_roi_align how;
	} cases[] = {
		{"7 bins, stride 4", 16, {7, 0, true, 1, {0.25}}},
		{"14 bins, stride 16", 24, {14, 0, true, 1, {1.0 / 16}}},
		{"2 samples, not aligned", 5, {7, 2, false, 1, {0.25}}},
		{"4 levels", 16, {7, 0, true, 4, {0.25, 0.125, 1.0 / 16, 1.0 / 32}}},
	};
	enum { REGIONS = 19, WIDTH = 128, HEIGHT = 96 };
	struct rl_roi roi[REGIONS];
	char what[96];

	for (size_t i = 0; i < 2 * RL_LEN(cases); i++) {
		const struct rl_roi_align *how = &cases[i / 2].how;
		bool after = i % 2;
		rl_val level[4], y;
		struct rig r;

		rig_open(&r, v, true);
		for (int k = 0; k < how->levels; k++) {
			int64_t h = (int64_t)(HEIGHT * how->scale[k]),
				w = (int64_t)(WIDTH * how->scale[k]);

			level[k] = rig_map(&r, 2, cases[i / 2].channels, h, w);
		}
		if (after && how->levels == 1)
			level[0] = conv(&r, level[0], "trunk", cases[i / 2].channels);
		y = rl_roi_align(r.net, level, REGIONS, how);
		draw_regions(roi, REGIONS, 2, how->levels, WIDTH, HEIGHT);
		rl_roi_align_regions(r.net, y, roi);
		rig_end(&r, after ? conv(&r, y, "head", 8) : y);
		snprintf(what, sizeof(what), "roi align, %s%s", cases[i / 2].name,
			 after ? ", between convolutions" : "");
		rig_check(&r, what);
	}
}

static void test_outlet(const struct rig_variant *v)
{
	float gradient[2 * 12 * 5 * 4];
	struct rig r;

	fill(gradient, RL_LEN(gradient), "outlet", -1, 1);
	for (int given = 0; given < 2; given++) {
		rig_open(&r, v, true);
		rl_val x = conv(&r, rig_map(&r, 2, 8, 5, 4), "c", 12);
		int outlet = rl_outlet(r.net, x);

		rig_end(&r, conv(&r, x, "more", 8));
		rl_outlet_gradient(r.net, outlet, given ? gradient : NULL);
		rig_check(&r, given ? "an outlet's gradient, beside another reader"
				    : "an outlet without a gradient");
	}
}

static void test_concat(const struct rig_variant *v)
{
	static const int channels[][2] = {{16, 16}, {32, 8}, {8, 24}, {5, 3}, {12, 7}, {64, 1}};
	char what[96];
	struct rig r;

	for (size_t i = 0; i < 4 * RL_LEN(channels); i++) {
		const int *c = channels[i / 4];
		const bool left = i & 1, right = i & 2;

		rig_open(&r, v, true);
		rl_val a = maps(&r, 3, c[0], 5, 4, left);
		rl_val b = right ? conv(&r, rig_map(&r, 3, 8, 5, 4), "right", c[1])
				 : rig_map(&r, 3, c[1], 5, 4);
		rig_end(&r, conv(&r, rl_concat(r.net, a, b), "both", 8));
		snprintf(what, sizeof(what), "%d and %d channels%s%s", c[0], c[1],
			 left ? ", the left after conv" : "",
			 right ? ", the right after conv" : "");
		rig_check(&r, what);
	}
	/* As the head of a fully convolutional network has it: of x and what was made of x. */
	rig_open(&r, v, true);
	rl_val x = conv(&r, rig_map(&r, 2, 8, 6, 6), "trunk", 32);
	rl_val y = rl_relu(r.net, conv(&r, x, "head", 16));
	rig_end(&r, conv(&r, rl_concat(r.net, x, y), "both", 16));
	rig_check(&r, "maps and what was made of them");
}

static void test_dropout(const struct rig_variant *v)
{
	static const int channels[] = {16, 20, 5};
	char what[96];
	struct rig r;

	for (size_t i = 0; i < 2 * RL_LEN(channels); i++) {
		rig_open(&r, v, true);
		rl_val x = maps(&r, 5, channels[i / 2], 4, 3, i % 2);
		rig_end(&r, conv(&r, rl_dropout_channels(r.net, x, 0.4), "after", 8));
		snprintf(what, sizeof(what), "dropout of %d channels%s", channels[i / 2],
			 i % 2 ? ", after conv" : "");
		rig_check(&r, what);
	}
}

/* A channel of an image is there as a whole, scaled, or not at all; about as many as wanted are
 * not; and other draws leave others. */
static void test_dropped(void)
{
	enum { IMAGES = 40, CHANNELS = 21, AREA = 6, COUNT = IMAGES * CHANNELS };
	float *y[2], one[COUNT * AREA];
	bool whole = true;
	int gone[2] = {0}, same = 0;
	struct rig r;

	rig_open(&r, &rig_variants[0], true);
	rl_val out = rl_dropout_channels(r.net, rig_map(&r, IMAGES, CHANNELS, 2, 3), 0.25);
	rl_net_keep(r.net, out);
	rig_end(&r, out);
	rl_net_plan(r.net);
	for (int i = 0; i < COUNT * AREA; i++)
		one[i] = 1;
	for (int draw = 0; draw < 2; draw++) {
		y[draw] = rl_malloc(sizeof(one));
		rl_net_set_draw(r.net, (uint64_t)draw);
		rl_net_feed(r.net, r.feed[0], one);
		rl_net_forward(r.net);
		rl_net_read(r.net, out, y[draw]);
		for (int i = 0; i < COUNT * AREA; i++)
			whole &= y[draw][i] == y[draw][i / AREA * AREA] &&
				 (y[draw][i] == 0 || y[draw][i] == (float)(1 / 0.75));
		for (int i = 0; i < COUNT; i++)
			gone[draw] += y[draw][i * AREA] == 0;
	}
	for (int i = 0; i < COUNT; i++)
		same += y[0][i * AREA] == y[1][i * AREA];
	ok(whole, "dropout of channels leaves a channel whole or takes it whole");
	/* 840 of 1/4: standard deviation 12.6 */
	ok(gone[0] > 160 && gone[0] < 260 && gone[1] > 160 && gone[1] < 260,
	   "of a quarter: %d and %d of %d are gone", gone[0], gone[1], COUNT);
	ok(same < 2 * COUNT / 3 + COUNT / 10, "another draw takes others: %d of %d the same", same,
	   COUNT);
	free(y[0]);
	free(y[1]);
	rig_close(&r);
}

/* Classes and, at every seventh pixel or so, none. */
static void draw_labels(uint8_t *map, int64_t count, int classes)
{
	float *u = rl_malloc((size_t)count * sizeof(*u));

	fill(u, (size_t)count, "labels", 0, 1);
	for (int64_t i = 0; i < count; i++)
		map[i] = u[i] < 0.15f ? NONE : (uint8_t)((u[i] - 0.15f) / 0.8501f * (float)classes);
	free(u);
}

static void test_pixel_loss(const struct rig_variant *v)
{
	static const struct {
		int64_t images, classes, height, width;
		struct rl_pixel_ce loss;
	} cases[] = {
		{2, 21, 5, 7, {33, 50, RL_BILINEAR, 1, NONE}},
		{2, 21, 5, 7, {33, 49, RL_BILINEAR_CORNERS, 0.4, NONE}},
		{3, 2, 4, 4, {4, 4, RL_BILINEAR, 1, NONE}},
		{1, 19, 1, 3, {9, 9, RL_BILINEAR, 1, NONE}},
		{1, 1, 6, 6, {3, 2, RL_BILINEAR_CORNERS, 2, NONE}},
		{2, 255, 2, 2, {5, 5, RL_NEAREST, 1, NONE}},
	};
	char what[96];
	struct rig r;

	for (size_t i = 0; i < 2 * RL_LEN(cases); i++) {
		const struct rl_pixel_ce *c = &cases[i / 2].loss;
		int64_t count = cases[i / 2].images * c->height * c->width;
		uint8_t *map = rl_malloc((size_t)count);

		rig_open(&r, v, true);
		rl_val x = maps(&r, cases[i / 2].images, (int)cases[i / 2].classes,
				cases[i / 2].height, cases[i / 2].width, i % 2);
		int loss = rl_pixel_ce(r.net, x, c);

		draw_labels(map, count, (int)cases[i / 2].classes);
		rl_pixel_ce_labels(r.net, loss, map);
		snprintf(what, sizeof(what), "loss of pixels %zu%s", i / 2,
			 i % 2 ? ", after conv" : "");
		rig_check(&r, what);
		free(map);
	}
}

/* Logits far apart, and as many as the pixels: what is right is known. */
static void test_certain_pixels(void)
{
	static const float x[2][3] = {{200, -300, 0}, {0, 0, 100}};
	static const uint8_t map[] = {0, NONE, 0};
	struct rig r;

	rig_open(&r, &rig_variants[0], true);
	rl_val z = rig_map(&r, 1, 2, 1, 3);
	int loss = rl_pixel_ce(r.net, z, &(struct rl_pixel_ce){1, 3, RL_BILINEAR, 1, NONE});
	rl_net_plan(r.net);
	rl_net_feed(r.net, z, x[0]);
	rl_pixel_ce_labels(r.net, loss, map);
	rl_net_forward(r.net);
	ok(rl_pixel_ce_counted(r.net, loss) == 2 && rl_loss_correct(r.net, loss) == 1,
	   "two pixels count, of one the class is right");
	ok(rl_loss_value(r.net, loss) > 33.33 && rl_loss_value(r.net, loss) < 33.34,
	   "a third of the loss of 100: %f", rl_loss_value(r.net, loss));
	rig_close(&r);
}

static void label_of_no_class(void *arg)
{
	static const uint8_t map[] = {0, 1, 1, 2};
	struct rig r;

	(void)arg;
	rig_open(&r, &rig_variants[0], true);
	int loss = rl_pixel_ce(r.net, rig_map(&r, 1, 2, 1, 1),
			       &(struct rl_pixel_ce){2, 2, RL_BILINEAR, 1, NONE});
	rl_net_plan(r.net);
	rl_pixel_ce_labels(r.net, loss, map);
	rl_net_forward(r.net);
}

static void region_without_image(void *arg)
{
	struct rl_roi roi = {.image = 1, .box = {0, 0, 4, 4}};
	struct rig r;

	(void)arg;
	rig_open(&r, &rig_variants[0], true);
	rl_val x = rig_map(&r, 1, 8, 4, 4);
	rl_val y = rl_roi_align(r.net, &x, 1, &(struct rl_roi_align){7, 0, true, 1, {1}});

	rl_roi_align_regions(r.net, y, &roi);
	rl_net_plan(r.net);
	rl_net_forward(r.net);
}

int main(void)
{
	ok(dies(region_without_image, NULL, 1, "region 0: no such image or level"),
	   "a region of an image that is not there dies");
	ok(dies(label_of_no_class, NULL, 1,
		"labels of image 0, row 1: one is no class and not 255"),
	   "a label that no class has dies");
	test_dropped();
	test_certain_pixels();
	for (const struct rig_variant *v = rig_variants; v < rig_variants + RIG_VARIANTS; v++) {
		test_bias(v);
		test_add(v);
		test_resize(v);
		test_deconv(v);
		test_roi_align(v);
		test_outlet(v);
		test_concat(v);
		test_dropout(v);
		test_pixel_loss(v);
	}
	return tap_done();
}
