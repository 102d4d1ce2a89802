/* The synthetic world: what is written about the pictures is what the masks say. */
#include "base/err.h"
#include "data/synth-canvas.h"
#include "data/synth.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 160, HEIGHT = 120, SCENES = 60 };

/* Add 1 to the pixels inside a polygon of whole-numbered corners whose sides are upright or level:
 * even-odd, from the upright sides to a pixel's left. */
static void cover(const json_t *polygon, uint8_t *count)
{
	size_t n = json_array_size(polygon) / 2;
	uint8_t *side = rl_calloc((WIDTH + 1) * HEIGHT, 1);

	for (size_t i = 0, j = n - 1; i < n; j = i++) {
		json_int_t x = json_integer_value(json_array_get(polygon, 2 * i));
		json_int_t ya = json_integer_value(json_array_get(polygon, 2 * i + 1));
		json_int_t yb = json_integer_value(json_array_get(polygon, 2 * j + 1));

		for (json_int_t y = ya < yb ? ya : yb; y < (ya < yb ? yb : ya); y++)
			side[y * (WIDTH + 1) + x] ^= 1;
	}
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0, in = 0; x < WIDTH; x++)
			count[y * WIDTH + x] =
				(uint8_t)(count[y * WIDTH + x] + (in ^= side[y * (WIDTH + 1) + x]));
	free(side);
}

static bool polygons_are_mask(const struct rl_synth_scene *s, int k)
{
	json_t *polygons = rl_synth_polygons(s, k), *p;
	uint8_t *count = rl_calloc(WIDTH * HEIGHT, 1);
	bool same = true;
	size_t i;

	json_array_foreach(polygons, i, p) cover(p, count);
	for (int j = 0; j < WIDTH * HEIGHT; j++)
		same &= count[j] == (s->ids[j] == k + 1);
	json_decref(polygons);
	free(count);
	return same;
}

static bool runs_are_mask(const struct rl_synth_scene *s, int k)
{
	json_t *rle = rl_synth_rle(s, k), *counts = json_object_get(rle, "counts"), *c;
	json_int_t at = 0;
	bool same = true;
	size_t i;

	json_array_foreach(counts, i, c)
	{
		for (json_int_t n = json_integer_value(c); n > 0; n--, at++)
			same &= (i & 1) == (s->ids[at % HEIGHT * WIDTH + at / HEIGHT] == k + 1);
	}
	json_decref(rle);
	return same && at == WIDTH * HEIGHT;
}

static bool box_is_mask(const struct rl_synth_scene *s, int k)
{
	int box[4] = {WIDTH, HEIGHT, 0, 0};
	int64_t area = 0;

	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			if (s->ids[y * WIDTH + x] == k + 1) {
				area++;
				box[0] = x < box[0] ? x : box[0];
				box[1] = y < box[1] ? y : box[1];
				box[2] = x + 1 > box[2] ? x + 1 : box[2];
				box[3] = y + 1 > box[3] ? y + 1 : box[3];
			}
	return area == s->objects[k].area && !memcmp(box, s->objects[k].box, sizeof(box));
}

static void test_scenes(void)
{
	const struct rl_synth_cast cast = rl_synth_cast(NULL);
	bool boxes = true, polygons = true, runs = true, ids = true, many = true, same = true;
	int crowds = 0, difficult = 0, truncated = 0, objects = 0, seen = 0;

	for (int i = 0; i < SCENES; i++) {
		struct rl_synth_scene s, again;

		rl_synth_draw(&s, 5, i, WIDTH, HEIGHT, &cast, RL_SYNTH_ANY);
		rl_synth_draw(&again, 5, i, WIDTH, HEIGHT, &cast, RL_SYNTH_ANY);
		same &= !memcmp(s.image.data, again.image.data, WIDTH * HEIGHT * 3);
		same &= !memcmp(s.ids, again.ids, WIDTH * HEIGHT);
		many &= s.nobject <= RL_SYNTH_OBJECTS;
		for (int p = 0; p < WIDTH * HEIGHT; p++)
			ids &= s.ids[p] <= s.nobject || s.ids[p] == RL_SYNTH_VOID;
		for (int k = 0; k < s.nobject; k++) {
			boxes &= box_is_mask(&s, k);
			polygons &= polygons_are_mask(&s, k);
			runs &= runs_are_mask(&s, k);
			crowds += s.objects[k].crowd;
			difficult += s.objects[k].difficult;
			truncated += s.objects[k].truncated;
			seen |= 1 << s.objects[k].category;
			objects++;
		}
		rl_synth_free(&s);
		rl_synth_free(&again);
	}
	ok(same, "a picture is a function of seed, number and size");
	ok(many && ids, "every pixel is background, void or an object's");
	ok(boxes, "%d boxes and areas are those of the masks", objects);
	ok(polygons, "polygons cover exactly the masks, holes and all");
	ok(runs, "run lengths spell the masks");
	ok(crowds > 0 && crowds < SCENES / 3, "%d crowds", crowds);
	ok(difficult > 0 && difficult < objects / 2, "%d difficult", difficult);
	ok(truncated > 0 && truncated < objects / 2, "%d truncated", truncated);
	ok(seen == (1 << cast.count) - 1, "all %d categories occur", cast.count);
}

static void test_names(void)
{
	const struct rl_synth_cast all = rl_synth_cast(NULL), few = rl_synth_cast("lamp,boat");
	bool sorted = true;

	for (int c = 1; c < all.count; c++)
		sorted &= strcmp(rl_synth_category(&all, c - 1), rl_synth_category(&all, c)) < 0;
	ok(sorted && all.count == RL_SYNTH_CATEGORIES, "category names are sorted");
	ok(few.count == 2 && !strcmp(rl_synth_category(&few, 0), "boat") &&
		   !strcmp(rl_synth_category(&few, 1), "lamp"),
	   "also of a few");
}

static void test_cast(void)
{
	const struct rl_synth_cast all = rl_synth_cast(NULL), few = rl_synth_cast("lamp,boat");
	int boat = 0, seen = 0;
	bool same = true;

	while (strcmp(rl_synth_category(&all, boat), "boat"))
		boat++;
	for (int i = 0; i < 20; i++) {
		struct rl_synth_scene s, one, other;

		rl_synth_draw(&s, 5, i, WIDTH, HEIGHT, &few, RL_SYNTH_ANY);
		for (int k = 0; k < s.nobject; k++)
			seen |= 1 << s.objects[k].category;
		rl_synth_draw(&one, 5, i, WIDTH, HEIGHT, &few, 0);
		rl_synth_draw(&other, 5, i, WIDTH, HEIGHT, &all, boat);
		same &= !memcmp(one.image.data, other.image.data, WIDTH * HEIGHT * 3);
		rl_synth_free(&s);
		rl_synth_free(&one);
		rl_synth_free(&other);
	}
	ok(seen == 3, "only those of a cast occur");
	ok(same, "under numbers of their own");
}

/* Coverage is area: a triangle and a ring of known areas, one of them partly off the layer. */
static void test_cover(void)
{
	struct rl_layer l;
	struct rl_outline triangle = {0}, off = {0};
	double sum = 0;
	struct rl_span s;

	rl_layer_init(&l, 10, 20, 30, 25);
	rl_outline_point(&triangle, 12.3f, 21.2f);
	rl_outline_point(&triangle, 35.9f, 30.4f);
	rl_outline_point(&triangle, 15.1f, 43.7f);
	rl_outline_close(&triangle);
	s = rl_layer_cover(&l, &triangle);
	for (int y = s.y0; y < s.y1; y++)
		for (int x = s.x0; x < s.x1; x++)
			sum += l.cover[y * (l.w + 2) + x];
	double area = fabs((35.9 - 12.3) * (43.7 - 21.2) - (15.1 - 12.3) * (30.4 - 21.2)) / 2;
	ok(fabs(sum - area) < 1e-3 * area, "coverage adds up to the area: %g, %g", sum, area);

	rl_outline_point(&off, -50.f, 25.f);
	rl_outline_point(&off, 100.f, 25.f);
	rl_outline_point(&off, 100.f, 26.5f);
	rl_outline_point(&off, -50.f, 26.5f);
	rl_outline_close(&off);
	s = rl_layer_cover(&l, &off);
	ok(s.x0 == 0 && s.x1 == 30 && s.y0 == 5 && s.y1 == 7 && l.cover[5 * 32] == 1 &&
		   l.cover[5 * 32 + 29] == 1 && l.cover[6 * 32 + 13] == .5f,
	   "a band beyond both sides covers the rows it should");
	rl_layer_free(&l);
}

int main(void)
{
	test_names();
	test_cast();
	test_cover();
	test_scenes();
	return tap_done();
}
