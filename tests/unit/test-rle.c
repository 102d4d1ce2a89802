/* Masks as runs: polygons rasterised as pycocotools does (tests/golden/make-coco.py), and what is
 * computed on runs against the same on pixels. */
#include "base/err.h"
#include "base/json.h"
#include "base/rng.h"
#include "image/polygon.h"
#include "image/rle.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct rl_rle rasterised(const json_t *polygon, int height, int width)
{
	size_t n = json_array_size(polygon);
	double *corner = rl_calloc(n, sizeof(*corner));
	struct rl_rle r;

	for (size_t i = 0; i < n; i++)
		corner[i] = json_number_value(json_array_get(polygon, i));
	if (!rl_polygon_rle(corner, n / 2, height, width, &r))
		rl_die("not a polygon");
	free(corner);
	return r;
}

static struct rl_rle united(const json_t *polygons, int height, int width)
{
	struct rl_rle all = rasterised(json_array_get(polygons, 0), height, width);

	for (size_t i = 1; i < json_array_size(polygons); i++) {
		struct rl_rle one = rasterised(json_array_get(polygons, i), height, width);
		struct rl_rle both = rl_rle_union(&all, &one);

		free(all.run);
		free(one.run);
		all = both;
	}
	return all;
}

static int number(const json_t *list, size_t i)
{
	return (int)json_integer_value(json_array_get(list, i));
}

static void test_polygons(void)
{
	json_t *cases = rl_json_load("tests/golden/coco/masks.json"), *c;
	size_t i, text_wrong = 0, area_wrong = 0, box_wrong = 0;

	json_array_foreach(cases, i, c)
	{
		json_t *size = json_object_get(c, "size"), *want = json_object_get(c, "box");
		int height = number(size, 0), width = number(size, 1);
		struct rl_rle r = united(json_object_get(c, "polygons"), height, width);
		char *text = rl_rle_text(&r);
		uint32_t box[4];

		rl_rle_box(&r, height, box);
		text_wrong += strcmp(text, rl_json_str(c, "counts", "masks.json")) != 0;
		area_wrong +=
			rl_rle_area(&r) != (uint64_t)json_integer_value(json_object_get(c, "area"));
		for (size_t k = 0; k < 4; k++)
			box_wrong += (int)box[k] != number(want, k);
		free(text);
		free(r.run);
	}
	ok(i == 66 && !text_wrong, "%zu masks of polygons: %zu differ", i, text_wrong);
	ok(!area_wrong && !box_wrong, "their areas and boxes");
	json_decref(cases);
}

static void test_corners(void)
{
	struct rl_rle r;
	const double bad[][2] = {{NAN, 1}, {INFINITY, 1}, {1, -65536}, {65536, 1}};
	bool refused = true;

	for (size_t i = 0; i < RL_LEN(bad); i++)
		refused &=
			!rl_polygon_rle((double[]){0, 0, 0, 9, bad[i][0], bad[i][1]}, 3, 9, 9, &r);
	ok(refused, "coordinates that are not numbers or too far");
	bool none = rl_polygon_rle(NULL, 0, 5, 4, &r) && r.count == 1 && r.run[0] == 20;
	ok(none, "no corner is nothing");
	free(r.run);
	const double far[] = {-65535, -65535, 65535, -65535, 65535, 65535, -65535, 65535};
	bool all = rl_polygon_rle(far, 4, 5, 4, &r) && r.count == 2 && r.run[1] == 20;
	ok(all, "a polygon around everything is everything");
	free(r.run);
}

enum { HEIGHT = 13, WIDTH = 9, PIXELS = HEIGHT * WIDTH };

/* Runs with empty ones among them, and their pixels. */
static struct rl_rle drawn(struct rl_rng *rng, uint8_t mask[PIXELS])
{
	struct rl_rle r = {.run = rl_calloc(4 * PIXELS, sizeof(*r.run))};

	for (uint32_t left = PIXELS; left;) {
		uint32_t run = rl_rng_below(rng, 12) < 4 ? 0 : 1 + rl_rng_below(rng, 14);

		run = run < left ? run : left;
		left -= run;
		r.run[r.count++] = run;
	}
	if (!rl_rle_decode(&r, HEIGHT, WIDTH, mask))
		rl_die("not a mask");
	return r;
}

static bool same_box(const struct rl_rle *r, const uint8_t mask[PIXELS])
{
	int left = WIDTH, top = HEIGHT, right = -1, bottom = -1;
	uint32_t box[4];

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++) {
			if (!mask[y * WIDTH + x])
				continue;
			left = x < left ? x : left;
			top = y < top ? y : top;
			right = x > right ? x : right;
			bottom = y > bottom ? y : bottom;
		}
	rl_rle_box(r, HEIGHT, box);
	if (right < 0)
		return !box[0] && !box[1] && !box[2] && !box[3];
	return (int)box[0] == left && (int)box[1] == top && (int)box[2] == right - left + 1 &&
	       (int)box[3] == bottom - top + 1;
}

static void test_algebra(void)
{
	struct rl_rng rng = rl_rng_make(3, 0, 0, RL_RNG_AUGMENT);
	uint8_t a[PIXELS], b[PIXELS], u[PIXELS];
	bool area = true, common = true, all = true, canonical = true, box = true;

	for (int round = 0; round < 500; round++) {
		struct rl_rle p = drawn(&rng, a), q = drawn(&rng, b);
		struct rl_rle both = rl_rle_union(&p, &q);
		uint64_t na = 0, nc = 0;

		all = all && rl_rle_decode(&both, HEIGHT, WIDTH, u);
		for (size_t i = 0; i < PIXELS; i++) {
			na += a[i];
			nc += a[i] && b[i];
			all = all && u[i] == (a[i] || b[i]);
		}
		for (size_t i = 1; i < both.count; i++)
			canonical = canonical && both.run[i];
		area = area && rl_rle_area(&p) == na;
		common = common && rl_rle_common(&p, &q) == nc;
		box = box && same_box(&p, a) && same_box(&both, u);
		free(p.run);
		free(q.run);
		free(both.run);
	}
	ok(area, "areas are the pixels'");
	ok(common, "so is what two masks have in common");
	ok(all, "and their union");
	ok(canonical, "which has no empty run but the first");
	ok(box, "and the boxes around");
}

int main(void)
{
	test_polygons();
	test_corners();
	test_algebra();
	return tap_done();
}
