#include "data/masks.h"

#include "base/err.h"
#include "image/polygon.h"
#include "image/rle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_polygon(const json_t *polygon)
{
	size_t n = json_array_size(polygon);

	if (n < 6 || n % 2)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!json_is_number(json_array_get(polygon, i)))
			return false;
	return true;
}

static void move_polygon(json_t *polygon, const struct rl_steps *s)
{
	for (size_t i = 0; i < json_array_size(polygon); i += 2) {
		double x = json_number_value(json_array_get(polygon, i));
		double y = json_number_value(json_array_get(polygon, i + 1));

		rl_steps_point(s, &x, &y);
		json_array_set_new(polygon, i, json_real(x));
		json_array_set_new(polygon, i + 1, json_real(y));
	}
}

static bool polygons(json_t *list, const struct rl_steps *s)
{
	size_t i;
	json_t *p;

	json_array_foreach(list, i, p)
	{
		if (!is_polygon(p))
			return false;
		move_polygon(p, s);
	}
	return true;
}

static bool runs_of(const json_t *counts, struct rl_rle *r)
{
	size_t i;
	json_t *run;

	if (json_is_string(counts))
		return rl_rle_parse(json_string_value(counts), r);
	if (!json_is_array(counts))
		return false;
	r->run = rl_malloc((json_array_size(counts) + 1) * sizeof(*r->run));
	json_array_foreach(counts, i, run)
	{
		json_int_t n = json_integer_value(run);

		if (!json_is_integer(run) || n < 0 || n > UINT32_MAX) {
			free(r->run);
			return false;
		}
		r->run[r->count++] = (uint32_t)n;
	}
	return true;
}

/* In the form that it came in. */
static void put_runs(json_t *mask, const struct rl_rle *r)
{
	json_t *counts = NULL;
	char *text;

	if (json_is_string(json_object_get(mask, "counts"))) {
		text = rl_rle_text(r);
		counts = json_string(text);
		free(text);
	} else {
		counts = json_array();
		for (size_t i = 0; i < r->count; i++)
			json_array_append_new(counts, json_integer(r->run[i]));
	}
	json_object_set_new(mask, "counts", counts);
}

static bool is_size(const json_t *size, int height, int width)
{
	return json_array_size(size) == 2 &&
	       json_integer_value(json_array_get(size, 0)) == height &&
	       json_integer_value(json_array_get(size, 1)) == width;
}

static bool run_lengths(json_t *mask, const struct rl_steps *s, int height, int width)
{
	struct rl_rle r = {0}, after;
	uint8_t *plane, *then;

	if (!is_size(json_object_get(mask, "size"), height, width) ||
	    !runs_of(json_object_get(mask, "counts"), &r))
		return false;
	plane = rl_malloc((size_t)height * (size_t)width);
	bool good = rl_rle_decode(&r, height, width, plane);
	free(r.run);
	if (good) {
		then = rl_steps_plane(s, plane, height, width);
		rl_steps_size(s, &height, &width);
		after = rl_rle_encode(then, height, width);
		put_runs(mask, &after);
		json_object_set_new(mask, "size", json_pack("[i,i]", height, width));
		free(after.run);
		free(then);
	}
	free(plane);
	return good;
}

bool rl_masks_follow(json_t *masks, const struct rl_steps *s, int height, int width,
		     char why[RL_WHY])
{
	size_t i;
	json_t *m;

	json_array_foreach(masks, i, m) if (!(json_is_array(m) ? polygons(m, s)
							       : run_lengths(m, s, height, width)))
	{
		snprintf(why, RL_WHY,
			 "mask %zu is neither polygons nor run lengths of %d x %d pixels", i, width,
			 height);
		return false;
	}
	return true;
}

/* ---- checking ---------------------------------------------------------------------------------
 */

/* A size of 1 to RL_MAX_SIDE each way. */
static bool read_size(const json_t *size, int *height, int *width)
{
	json_int_t h = json_integer_value(json_array_get(size, 0));
	json_int_t w = json_integer_value(json_array_get(size, 1));

	if (json_array_size(size) != 2 || h < 1 || h > RL_MAX_SIDE || w < 1 || w > RL_MAX_SIDE)
		return false;
	*height = (int)h, *width = (int)w;
	return true;
}

static const char *take_runs(const json_t *mask, int *height, int *width, struct rl_rle *r)
{
	uint64_t pixels = 0;

	*r = (struct rl_rle){0};
	if (!read_size(json_object_get(mask, "size"), height, width) ||
	    !runs_of(json_object_get(mask, "counts"), r))
		return "is neither polygons nor run lengths with their size";
	for (size_t i = 0; i < r->count; i++)
		pixels += r->run[i];
	if (pixels == (uint64_t)*height * (uint64_t)*width)
		return NULL;
	free(r->run);
	return "has runs of another number of pixels than its size";
}

static const char *polygons_problem(const json_t *mask)
{
	for (size_t i = 0; i < json_array_size(mask); i++)
		if (!is_polygon(json_array_get(mask, i)))
			return "has a polygon that is not three or more pairs of numbers";
	return NULL;
}

const char *rl_mask_problem(const json_t *mask, int *height, int *width)
{
	struct rl_rle r;
	const char *problem;

	*height = *width = 0;
	if (json_is_array(mask))
		return polygons_problem(mask);
	problem = take_runs(mask, height, width, &r);
	if (!problem)
		free(r.run);
	return problem;
}

void rl_mask_corners(const json_t *mask, double box[4])
{
	bool none = true;

	memset(box, 0, 4 * sizeof(*box));
	for (size_t i = 0; json_is_array(mask) && i < json_array_size(mask); i++) {
		const json_t *polygon = json_array_get(mask, i);

		for (size_t k = 0; k < json_array_size(polygon); k++) {
			double x = json_number_value(json_array_get(polygon, k));
			double *low = &box[k % 2], *high = &box[k % 2 + 2];

			*low = none ? x : fmin(*low, x);
			*high = none ? x : fmax(*high, x);
			none = none && k == 0;
		}
	}
}

/* Add a polygon to the mask. */
static bool unite(struct rl_rle *mask, const json_t *polygon, int height, int width)
{
	size_t n = json_array_size(polygon);
	double *corner = rl_calloc(n, sizeof(*corner));
	struct rl_rle one, both;

	for (size_t i = 0; i < n; i++)
		corner[i] = json_number_value(json_array_get(polygon, i));
	bool good = rl_polygon_rle(corner, n / 2, height, width, &one);
	free(corner);
	if (!good)
		return false;
	both = rl_rle_union(mask, &one);
	free(mask->run);
	free(one.run);
	*mask = both;
	return true;
}

static const char *rasterise(const json_t *mask, int height, int width, struct rl_rle *out)
{
	const char *problem = polygons_problem(mask);

	if (problem)
		return problem;
	*out = (struct rl_rle){1, rl_malloc(sizeof(*out->run))};
	out->run[0] = (uint32_t)height * (uint32_t)width;
	for (size_t i = 0; i < json_array_size(mask); i++)
		if (!unite(out, json_array_get(mask, i), height, width)) {
			free(out->run);
			return "has a corner too far away";
		}
	return NULL;
}

const char *rl_mask_runs(const json_t *mask, int height, int width, struct rl_rle *out)
{
	int h, w;
	const char *problem;

	if (json_is_array(mask))
		return rasterise(mask, height, width, out);
	problem = take_runs(mask, &h, &w, out);
	if (problem || (h == height && w == width))
		return problem;
	free(out->run);
	return "has another size than its image";
}

struct rl_rle rl_mask_of(const json_t *mask, int height, int width, const char *where)
{
	struct rl_rle runs;
	const char *problem = rl_mask_runs(mask, height, width, &runs);

	if (problem)
		rl_die("%s: the mask %s", where, problem);
	return runs;
}
