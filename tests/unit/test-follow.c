/* What is known about an image follows it: a painted marker, its box, its mask and its label map
 * come out at the same place, whatever the operations. */
#include "base/err.h"
#include "data/augmented.h"
#include "data/follow.h"
#include "image/rle.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 91, WIDTH = 120 };

struct rect {
	int x1, y1, x2, y2;
};

/* A sample with an image on which the rectangle is white, and all that can be known of it. */
static void make(struct rl_sample *s, int number, struct rect r)
{
	char key[32];

	snprintf(key, sizeof(key), "s/%d", number);
	rl_sample_set_key(s, key);
	s->nfield = 0;
	uint8_t *image = rl_sample_make(s, "image", RL_U1, 3, (int64_t[]){HEIGHT, WIDTH, 3})->data;
	float *box = rl_sample_make(s, "boxes", RL_F4, 2, (int64_t[]){1, 4})->data;
	int32_t *class = rl_sample_make(s, "classes", RL_I4, 1, (int64_t[]){1})->data;
	uint8_t *plane =
		rl_sample_make(s, "segmentation", RL_U1, 2, (int64_t[]){HEIGHT, WIDTH})->data;

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			bool in = x >= r.x1 && x < r.x2 && y >= r.y1 && y < r.y2;

			plane[y * WIDTH + x] = in;
			memset(image + 3 * (y * WIDTH + x), in ? 255 : 0, 3);
		}
	box[0] = (float)r.x1, box[1] = (float)r.y1, box[2] = (float)r.x2, box[3] = (float)r.y2;
	*class = 5;
	struct rl_rle runs = rl_rle_encode(plane, HEIGHT, WIDTH);
	char *counts = rl_rle_text(&runs);
	json_t *list = json_pack("[{s:[i,i], s:s}]", "size", HEIGHT, WIDTH, "counts", counts);
	char *masks = rl_json_text(list);
	int64_t size = (int64_t)strlen(masks);
	memcpy(rl_sample_make(s, "masks", RL_JSON, 1, &size)->data, masks, (size_t)size);
	json_decref(list);
	free(masks);
	free(counts);
	free(runs.run);
}

/* Where a plane is at least `level`; an empty rectangle where nothing is. */
static struct rect extent(const uint8_t *p, int step, int height, int width, int level)
{
	struct rect r = {width, height, 0, 0};

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			if (p[step * (y * width + x)] >= level) {
				r.x1 = x < r.x1 ? x : r.x1;
				r.x2 = x + 1 > r.x2 ? x + 1 : r.x2;
				r.y1 = y < r.y1 ? y : r.y1;
				r.y2 = y + 1 > r.y2 ? y + 1 : r.y2;
			}
	return r;
}

static double apart(struct rect r, const float *box)
{
	double x = fmax(fabs(r.x1 - box[0]), fabs(r.x2 - box[2]));

	return fmax(x, fmax(fabs(r.y1 - box[1]), fabs(r.y2 - box[3])));
}

/* Is the mask the plane, to the pixel? */
static bool mask_is(const struct rl_tensor *masks, const uint8_t *plane, int height, int width)
{
	json_t *o = rl_json_parse(masks->data, (size_t)masks->dim[0], "masks"), *m;
	uint8_t *mask = rl_malloc((size_t)height * (size_t)width);
	struct rl_rle runs;
	bool same;

	m = json_array_get(o, 0);
	same = json_integer_value(json_array_get(json_object_get(m, "size"), 0)) == height &&
	       rl_rle_parse(json_string_value(json_object_get(m, "counts")), &runs) &&
	       rl_rle_decode(&runs, height, width, mask) &&
	       !memcmp(mask, plane, (size_t)height * (size_t)width);
	free(runs.run);
	free(mask);
	json_decref(o);
	return same;
}

/* Each resize takes the nearest label, so may move an edge by half a pixel: `off` is what they come
 * to. */
static void test_marker(const char *words, double off)
{
	struct rl_augment *a = rl_augment_parse_line(words);
	struct rl_resizer *r = rl_resizer_new();
	struct rl_sample s = {0};
	double box_off = 0, plane_off = 0;
	int gone = 0, kept = 0, wrong_gone = 0, wrong_mask = 0;
	char why[RL_WHY];

	for (int t = 0; t < 200; t++) {
		struct rect marker = {t * 7 % 90, t * 5 % 60, 0, 0};

		marker.x2 = marker.x1 + 8 + t % 22;
		marker.y2 = marker.y1 + 8 + t % 23;
		make(&s, t, marker);
		if (!rl_augmented_sample(a, 3, r, &s, why))
			rl_die("%s", why);
		const struct rl_tensor *image = rl_sample_get(&s, "image", RL_U1, 3);
		const struct rl_tensor *boxes = rl_sample_get(&s, "boxes", RL_F4, 2);
		const struct rl_tensor *plane = rl_sample_get(&s, "segmentation", RL_U1, 2);
		const struct rl_tensor *masks = rl_sample_get(&s, "masks", RL_JSON, 1);
		int height = (int)image->dim[0], width = (int)image->dim[1];
		struct rect seen = extent(image->data, 3, height, width, 128);
		struct rect known = extent(plane->data, 1, height, width, 1);

		if (plane->dim[0] != height || plane->dim[1] != width)
			rl_die("the plane has another size");
		if (boxes->dim[0] == 0) {
			gone++;
			wrong_gone += seen.x2 > 0 || known.x2 > 0 || masks->dim[0] != 2 ||
				      rl_sample_get(&s, "classes", RL_I4, 1)->dim[0] != 0;
			continue;
		}
		const float *box = boxes->data;
		kept++;
		wrong_mask += !mask_is(masks, plane->data, height, width);
		/* What is left of it may be too little for half a pixel to turn white. */
		if (box[2] - box[0] >= 2 && box[3] - box[1] >= 2) {
			box_off = fmax(box_off, apart(seen, box));
			plane_off = fmax(plane_off, apart(known, box));
		}
	}
	ok(box_off <= 1 && plane_off <= off, "%s: boxes to %.2f pixels, labels to %.2f (%d)", words,
	   box_off, plane_off, kept);
	ok(!wrong_mask, "the mask is where the labels are");
	ok(!wrong_gone, "nothing is seen of the %d whose box is gone, nor are class and mask",
	   gone);
	rl_sample_free(&s);
	rl_resizer_free(r);
	rl_augment_free(a);
}

/* ---- rows, polygons, run lengths --------------------------------------------------------------
 */

/* Four boxes: inside, cut, outside, inside.  The image is 10 x 20, the crop its right half. */
static void make_four(struct rl_sample *s)
{
	static const float boxes[4][4] = {
		{12, 2, 14, 6}, {8, 1, 13, 9}, {1, 1, 10, 9}, {10, 0, 20, 10}};
	static const char masks[] = "[[[12,2,14,2,14,6]],[[8,1,13,1,13,9],[9,2,9,3,11.5,3]],[],"
				    "{\"size\":[10,20],\"counts\":[100,100]}]";
	int64_t size = sizeof(masks) - 1;

	rl_sample_set_key(s, "four");
	s->nfield = 0;
	memset(rl_sample_make(s, "image", RL_U1, 3, (int64_t[]){10, 20, 3})->data, 9, 600);
	memcpy(rl_sample_make(s, "boxes", RL_F4, 2, (int64_t[]){4, 4})->data, boxes, sizeof(boxes));
	memcpy(rl_sample_make(s, "classes", RL_I4, 1, (int64_t[]){4})->data,
	       (int32_t[]){1, 2, 3, 4}, 16);
	memcpy(rl_sample_make(s, "ignore", RL_U1, 1, (int64_t[]){4})->data, "\0\1\0\1", 4);
	memcpy(rl_sample_make(s, "masks", RL_JSON, 1, &size)->data, masks, sizeof(masks) - 1);
}

static bool try(const char *words, struct rl_sample *s, char why[RL_WHY])
{
	struct rl_augment *a = rl_augment_parse_line(words);
	struct rl_resizer *r = rl_resizer_new();
	bool good = rl_augmented_sample(a, 3, r, s, why);

	rl_resizer_free(r);
	rl_augment_free(a);
	return good;
}

static void test_rows(void)
{
	static const float want[3][4] = {{2, 2, 4, 6}, {0, 1, 3, 9}, {0, 0, 10, 10}};
	static const char masks[] = "[[[2.0,2.0,4.0,2.0,4.0,6.0]],"
				    "[[-2.0,1.0,3.0,1.0,3.0,9.0],[-1.0,2.0,-1.0,3.0,1.5,3.0]],"
				    "{\"size\":[10,10],\"counts\":[0,100]}]";
	struct rl_sample s = {0};
	char why[RL_WHY];

	/* The one view that flips and then crops the left half is the right half, mirrored twice.
	 */
	make_four(&s);
	ok(try("flip=1 random-crop=20x10 flip=1", &s, why) &&
		   rl_sample_get(&s, "boxes", RL_F4, 2)->dim[0] == 4,
	   "a flip and back keeps all");
	struct rl_steps steps = {.count = 1};
	steps.step[0].view = (struct rl_view){0, 10, 10, 10, 10, 10, false};
	make_four(&s);
	ok(rl_follow(&steps, 10, 20, &s, why), "a crop of the right half");
	struct rl_tensor *boxes = rl_sample_get(&s, "boxes", RL_F4, 2);
	ok(boxes->dim[0] == 3 && !memcmp(boxes->data, want, sizeof(want)),
	   "boxes are moved and clipped, and the one outside goes");
	ok(!memcmp(rl_sample_get(&s, "classes", RL_I4, 1)->data, (int32_t[]){1, 2, 4}, 12) &&
		   !memcmp(rl_sample_get(&s, "ignore", RL_U1, 1)->data, "\0\1\1", 3),
	   "with its class and flag");
	struct rl_tensor *m = rl_sample_get(&s, "masks", RL_JSON, 1);
	ok(m->dim[0] == sizeof(masks) - 1 && !memcmp(m->data, masks, sizeof(masks) - 1),
	   "and its mask: %.*s", (int)m->dim[0], (char *)m->data);

	make_four(&s);
	ok(try("color-jitter=0.4,0.4,0.4 grey", &s, why) &&
		   rl_sample_get(&s, "boxes", RL_F4, 2)->dim[0] == 4,
	   "colours move no box");
	rl_sample_free(&s);
}

static void set_text(struct rl_sample *s, const char *text)
{
	int64_t size = (int64_t)strlen(text);

	memcpy(rl_sample_make(s, "masks", RL_JSON, 1, &size)->data, text, (size_t)size);
}

static void test_wrong(void)
{
	static const char *const masks[] = {
		"{}",
		"[[],[],[]]",
		"[[],[],[],1]",
		"[[],[],[],[[1,2,3,4]]]",
		"[[],[],[],[[1,2,3,4,5,\"6\"]]]",
		"[[],[],[],[[1,2,3,4,5,6,7]]]",
		"[[],[],[],{\"size\":[10,20],\"counts\":[100,99]}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":[100,101]}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":[-1,201]}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":[4294967396,100]}]",
		"[[],[],[],{\"size\":[20,10],\"counts\":[100,100]}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":\"PPPPPPPPPPPPPPPP\"}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":\"~\"}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":\"P\"}]",
		"[[],[],[],{\"size\":[10,20],\"counts\":\"O\"}]",
		"[[],[],[],{\"size\":[10,20]}]",
	};
	struct rl_sample s = {0};
	char why[RL_WHY] = "";
	int refused = 0;

	for (size_t i = 0; i < RL_LEN(masks); i++) {
		make_four(&s);
		set_text(&s, masks[i]);
		if (!try("flip", &s, why) && strstr(why, "mask"))
			refused++;
		else
			diag("taken: %s", masks[i]);
	}
	ok(refused == RL_LEN(masks), "masks that are none are refused: %s", why);
	make_four(&s);
	rl_sample_make(&s, "classes", RL_I4, 1, (int64_t[]){3});
	ok(!try("flip", &s, why) && strstr(why, "classes has not one row for each box"),
	   "a class missing: %s", why);
	make_four(&s);
	((float *)rl_sample_get(&s, "boxes", RL_F4, 2)->data)[5] = NAN;
	ok(!try("flip", &s, why) && strstr(why, "not a finite number"), "a box at nowhere: %s",
	   why);
	make_four(&s);
	rl_sample_make(&s, "boxes", RL_F4, 2, (int64_t[]){4, 3});
	ok(!try("flip", &s, why) && strstr(why, "another length than 4"), "short boxes: %s", why);
	make_four(&s);
	rl_sample_make(&s, "segmentation", RL_U1, 2, (int64_t[]){20, 10});
	ok(!try("flip", &s, why) && strstr(why, "another size than the image"),
	   "labels of another image: %s", why);
	make_four(&s);
	rl_sample_make(&s, "image", RL_U1, 3, (int64_t[]){0, 20, 3});
	ok(!try("flip", &s, why) && strstr(why, "20 x 0 pixels"), "an image without pixels: %s",
	   why);
	rl_sample_free(&s);
}

static void test_rle(void)
{
	static const struct {
		uint32_t run[9];
		size_t count;
		const char *text;
	} known[] = {{{0, 6, 1, 3}, 4, "061M"},
		     {{0, 6, 1, 6}, 4, "0610"},
		     {{0, 1024}, 2, "0PP1"},
		     {{0, 1, 1, 2, 1, 3, 1, 4, 1}, 9, "011101010"}};
	bool text = true, round = true;

	for (size_t i = 0; i < RL_LEN(known); i++) {
		struct rl_rle r = {known[i].count, (uint32_t *)known[i].run}, back;
		char *t = rl_rle_text(&r);

		text &= !strcmp(t, known[i].text);
		text &= rl_rle_parse(known[i].text, &back) && back.count == r.count &&
			!memcmp(back.run, r.run, r.count * sizeof(*r.run));
		free(back.run);
		free(t);
	}
	ok(text, "COCO's text is written and read");
	for (uint32_t seed = 1; seed <= 50; seed++) {
		uint8_t mask[31 * 17], again[31 * 17];
		struct rl_rle r, back = {0};

		for (uint32_t i = 0, x = seed; i < sizeof(mask); i++) {
			x = x * 1664525 + 1013904223;
			mask[i] = i && x >> 28 > seed % 5 ? mask[i - 1] : x >> 27 & 1;
		}
		r = rl_rle_encode(mask, 31, 17);
		char *t = rl_rle_text(&r);
		round &= rl_rle_parse(t, &back) && rl_rle_decode(&back, 31, 17, again) &&
			 !memcmp(mask, again, sizeof(mask));
		free(t);
		free(r.run);
		free(back.run);
	}
	ok(round, "a mask goes there and back");
}

int main(void)
{
	static const char *const words[] = {
		"flip=1",
		"resize=64",
		"resize=150 flip",
		"squash=151x50",
		"multi-resize=60,80,110:140 flip",
		"center-crop=80x60",
		"random-crop=64",
		"random-resized-crop=72",
		"random-resized-crop=90x60,0.3,1,0.5,2 flip",
		"resize=100 center-crop=90 random-crop=72x64 flip",
	};

	for (size_t i = 0; i < RL_LEN(words); i++)
		test_marker(words[i], 1);
	test_marker("resize=100 center-crop=90 random-crop=72x64 flip squash=75x80", 1.5);
	test_rows();
	test_wrong();
	test_rle();
	return tap_done();
}
