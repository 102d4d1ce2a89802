#include "image/grids.h"

#include "base/err.h"
#include "base/rng.h"
#include "image/crop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = RL_GRID_PATCH, PIXELS = SIDE * SIDE };

/* ---- labels -----------------------------------------------------------------------------------
 */

int rl_label_swapped(int label)
{
	return 7 - label;
}

int rl_label_mirrored(int label)
{
	static const int to[8] = {2, 1, 0, 4, 3, 7, 6, 5};

	return to[label];
}

int rl_label_turned(int label, int quarters)
{
	static const int clockwise[8] = {2, 4, 7, 1, 6, 0, 3, 5};

	for (; quarters > 0; quarters--)
		label = clockwise[label];
	return label;
}

/* ---- one patch --------------------------------------------------------------------------------
 */

struct draws {
	struct rl_rng place, jitter, colour, treat;
};

static int below(struct rl_rng *r, int n)
{
	return (int)rl_rng_below(r, (uint32_t)n);
}

/* Down to a side that is uniform in area, and back. */
static void resample(struct rl_image *patch, struct rl_resizer *r, struct rl_rng *rng)
{
	const double low = 10 * 10, high = 95 * 95;
	const int side = (int)sqrt(low + (high - low) * rl_rng_uniform(rng));
	struct rl_image small = rl_resize(r, patch, side, side);

	rl_image_free(patch);
	*patch = rl_resize(r, &small, SIDE, SIDE);
	rl_image_free(&small);
}

/* Quarter turns clockwise, then the mirror. */
static void turn(const uint8_t *from, uint8_t *to, int quarters, bool mirror)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			int at_y = y, at_x = mirror ? SIDE - 1 - x : x;

			for (int q = 0; q < quarters; q++) {
				const int was = at_y;

				at_y = SIDE - 1 - at_x;
				at_x = was;
			}
			memcpy(to + 3 * (y * SIDE + x), from + 3 * (at_y * SIDE + at_x), 3);
		}
}

static void drop_colours(const uint8_t *rgb, float *out, struct rl_rng *rng)
{
	const int kept = below(rng, 3);
	double mean = 0, square = 0;

	for (int i = 0; i < PIXELS; i++)
		mean += rgb[3 * i + kept] / (double)PIXELS;
	for (int i = 0; i < 3 * PIXELS; i++) {
		out[i] =
			i % 3 == kept ? (float)(rgb[i] - mean) : (float)(rl_rng_uniform(rng) - 0.5);
		square += (double)out[i] * out[i] / (3.0 * PIXELS);
	}
	for (int i = 0; i < 3 * PIXELS; i++)
		out[i] *= (float)(50 / sqrt(square));
}

/* The means are ImageNet's, as everywhere. */
static void subtract_means(const uint8_t *rgb, float *out)
{
	static const float mean[3] = {123.675f, 116.28f, 103.53f};

	for (int i = 0; i < 3 * PIXELS; i++)
		out[i] = (float)rgb[i] - mean[i % 3];
}

/* I - a'a / aa' with a = [-1, 2, -1]. */
static void project(float *rgb)
{
	for (float *p = rgb; p < rgb + 3 * PIXELS; p += 3) {
		const float along = (-p[0] + 2 * p[1] - p[2]) / 6;

		p[0] += along;
		p[1] -= 2 * along;
		p[2] += along;
	}
}

static void treat(const struct rl_grid_recipe *recipe, const uint8_t *rgb, float *out,
		  struct rl_rng *rng)
{
	if (recipe->colour == RL_COLOUR_DROPPING) {
		drop_colours(rgb, out, rng);
		return;
	}
	subtract_means(rgb, out);
	if (recipe->colour == RL_COLOUR_PROJECTION)
		project(out);
}

/* ---- a grid -----------------------------------------------------------------------------------
 */

struct grid {
	int top, left, rows, columns;
	int quarters;
	bool mirror;
};

static struct grid grid_of(const struct rl_grid_recipe *recipe, const struct rl_image *im,
			   struct draws *d)
{
	struct grid g = {.top = below(&d->place, RL_GRID_PITCH),
			 .left = below(&d->place, RL_GRID_PITCH)};
	const int gap = RL_GRID_PITCH - SIDE;

	g.rows = (im->height + gap - g.top) / RL_GRID_PITCH;
	g.columns = (im->width + gap - g.left) / RL_GRID_PITCH;
	g.mirror = rl_rng_uniform(&d->treat) < recipe->mirror;
	g.quarters = recipe->turn ? below(&d->treat, 4) : 0;
	return g;
}

static int shaken(struct rl_rng *r, int at, int most)
{
	at += below(r, 2 * RL_GRID_JITTER + 1) - RL_GRID_JITTER;
	return at < 0 ? 0 : at > most ? most : at;
}

static void add_patch(const struct rl_grid_recipe *recipe, struct rl_resizer *r,
		      const struct rl_image *im, const struct grid *g, int row, int column,
		      struct draws *d, struct rl_grids *out)
{
	struct rl_image patch = rl_image_new(SIDE, SIDE);
	uint8_t turned[3 * PIXELS];
	const int y = shaken(&d->jitter, g->top + row * RL_GRID_PITCH, im->height - SIDE);
	const int x = shaken(&d->jitter, g->left + column * RL_GRID_PITCH, im->width - SIDE);

	rl_crop(im, y, x, SIDE, SIDE, patch.data);
	if (rl_rng_uniform(&d->treat) < recipe->resample)
		resample(&patch, r, &d->treat);
	turn(patch.data, turned, g->quarters, g->mirror);
	rl_image_free(&patch);
	out->pixels =
		rl_grown(out->pixels, (size_t)out->patches, 3 * PIXELS * sizeof(*out->pixels));
	treat(recipe, turned, out->pixels + (size_t)out->patches * 3 * PIXELS, &d->colour);
	out->patches++;
}

/* Where the second is, seen from the first, as the grid's image is seen. */
static int label_of(const struct grid *g, int down, int right)
{
	const int cell = (down + 1) * 3 + right + 1;
	int label = rl_label_turned(cell < 4 ? cell : cell - 1, g->quarters);

	return g->mirror ? rl_label_mirrored(label) : label;
}

static void add_pairs(const struct grid *g, int base, struct rl_grids *out)
{
	for (int i = 0; i < g->rows * g->columns; i++) {
		const int row = i / g->columns, column = i % g->columns;

		for (int j = 0; j < g->rows * g->columns; j++) {
			const int down = j / g->columns - row, right = j % g->columns - column;

			if (i == j || abs(down) > 1 || abs(right) > 1)
				continue;
			out->pair = rl_grown(out->pair, (size_t)out->pairs, sizeof(*out->pair));
			memcpy(out->pair[out->pairs++],
			       (const int32_t[3]){base + i, base + j, label_of(g, down, right)},
			       sizeof(*out->pair));
		}
	}
}

bool rl_grids_cut(const struct rl_grid_recipe *recipe, struct rl_resizer *r,
		  const struct rl_image *im, uint32_t epoch, const char *key, struct rl_grids *out,
		  char why[RL_WHY])
{
	const uint64_t id = rl_rng_id(key);
	struct draws d = {rl_rng_make(recipe->seed, epoch, id, RL_RNG_CROP),
			  rl_rng_make(recipe->seed, epoch, id, RL_RNG_JITTER),
			  rl_rng_make(recipe->seed, epoch, id, RL_RNG_GREY),
			  rl_rng_make(recipe->seed, epoch, id, RL_RNG_AUGMENT)};
	const double total = 150000 + 300000 * rl_rng_uniform(&d.place);
	const double f = sqrt(total / ((double)im->height * im->width));
	const int64_t height = lrint(im->height * f), width = lrint(im->width * f);

	if (height < RL_GRID_LEAST || width < RL_GRID_LEAST) {
		snprintf(why, RL_WHY, "%lld x %lld pixels of %d x %d: a side is below %d",
			 (long long)width, (long long)height, im->width, im->height, RL_GRID_LEAST);
		return false;
	}
	struct rl_image resized = rl_resize(r, im, (int)height, (int)width);
	out->patches = out->pairs = 0;
	for (int n = 0; n < recipe->grids || !out->pairs; n++) {
		const struct grid g = grid_of(recipe, &resized, &d);
		const int base = out->patches;

		if (g.rows * g.columns < 2)
			continue;
		for (int i = 0; i < g.rows * g.columns; i++)
			add_patch(recipe, r, &resized, &g, i / g.columns, i % g.columns, &d, out);
		add_pairs(&g, base, out);
	}
	rl_image_free(&resized);
	return true;
}

void rl_grids_free(struct rl_grids *g)
{
	free(g->pixels);
	free(g->pair);
	*g = (struct rl_grids){0};
}
