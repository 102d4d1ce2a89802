/* The paper's sampler: places, labels, colours; and the algebra of labels. */
#include "tap.h"

#include "base/err.h"
#include "image/grids.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = RL_GRID_PATCH, AREA = SIDE * SIDE };

/* Red grows to the right, green downwards, blue both ways: of such a photo a patch tells its place
 * and how it lies. */
static struct rl_image ramps(int height, int width)
{
	struct rl_image im = rl_image_new(height, width);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint8_t *p = im.data + 3 * (y * width + x);

			p[0] = (uint8_t)(20 + 200 * x / width);
			p[1] = (uint8_t)(20 + 200 * y / height);
			p[2] = (uint8_t)(60 + 150 * (x + y) / (height + width));
		}
	return im;
}

static void test_algebra(void)
{
	bool swaps = true, mirrors = true, turns = true;

	for (int label = 0; label < 8; label++) {
		const int cell = label < 4 ? label : label + 1, y = cell / 3 - 1, x = cell % 3 - 1;
		int place[3][2] = {{-y, -x}, {y, -x}, {x, -y}}, is[3];
		const int have[3] = {rl_label_swapped(label), rl_label_mirrored(label),
				     rl_label_turned(label, 1)};

		for (int k = 0; k < 3; k++) {
			const int to = (place[k][0] + 1) * 3 + place[k][1] + 1;

			is[k] = have[k] == (to < 4 ? to : to - 1);
		}
		swaps &= is[0];
		mirrors &= is[1];
		turns &= is[2] && rl_label_turned(label, 4) == label;
	}
	ok(swaps, "swapped: the place as seen from the other");
	ok(mirrors, "mirrored: left for right");
	ok(turns, "turned: clockwise by a quarter");
}

/* Mean of a channel, and how it changes to the right and downwards. */
struct slope {
	double mean, right, down;
};

static struct slope slope_of(const float *patch, int channel)
{
	struct slope s = {0};

	for (int i = 0; i < AREA; i++) {
		const double v = patch[3 * i + channel];

		s.mean += v / AREA;
		s.right += v * (i % SIDE - (SIDE - 1) / 2.0);
		s.down += v * (i / SIDE - (SIDE - 1) / 2.0);
	}
	const double square = AREA * (SIDE * SIDE - 1) / 12.0;
	s.right /= square;
	s.down /= square;
	return s;
}

/* Of red and green. */
struct look {
	struct slope red, green;
};

/* How far the second lies to the right and below the first, in the frame in which the first is
 * seen: from what both tell of their places. */
static void place_of(const struct look *first, const struct look *second, double *right,
		     double *down)
{
	const struct slope red = first->red, green = first->green;
	const double dr = second->red.mean - red.mean, dg = second->green.mean - green.mean;
	const double det = red.right * green.down - red.down * green.right;

	*right = (dr * green.down - dg * red.down) / det;
	*down = (dg * red.right - dr * green.right) / det;
}

static int label_of(double right, double down)
{
	const int x = (int)lrint(right / RL_GRID_PITCH), y = (int)lrint(down / RL_GRID_PITCH);
	const int cell = (y + 1) * 3 + x + 1;

	return abs(x) > 1 || abs(y) > 1 || cell == 4 ? -1 : cell < 4 ? cell : cell - 1;
}

/* Labels against what the patches show; of mirrored and turned grids as well. */
static void test_labels(const char *what, double mirror, bool turn)
{
	const struct rl_grid_recipe recipe = {
		.colour = RL_COLOUR_NONE, .grids = 4, .mirror = mirror, .turn = turn, .seed = 3};
	struct rl_image im = ramps(500, 640);
	struct rl_resizer *r = rl_resizer_new();
	struct rl_grids g = {0};
	struct look *look = NULL;
	double low = 1e9, high = 0;
	int wrong = 0, pairs = 0, both = 0;
	char why[RL_WHY], key[16];

	for (int k = 0; k < 2; k++) {
		snprintf(key, sizeof(key), "k%d", k);
		rl_grids_cut(&recipe, r, &im, 0, key, &g, why);
		look = rl_realloc(look, (size_t)g.patches, sizeof(*look));
		for (int i = 0; i < g.patches; i++) {
			const float *patch = g.pixels + (size_t)i * 3 * AREA;

			look[i] = (struct look){slope_of(patch, 0), slope_of(patch, 1)};
		}
		for (int i = 0; i < g.pairs; i++) {
			const int32_t *p = g.pair[i];
			double right, down;

			place_of(&look[p[0]], &look[p[1]], &right, &down);
			wrong += label_of(right, down) != p[2];
			low = fmin(low, fmax(fabs(right), fabs(down)));
			high = fmax(high, fmax(fabs(right), fabs(down)));
			for (int j = 0; j < g.pairs; j++)
				both += g.pair[j][0] == p[1] && g.pair[j][1] == p[0] &&
					g.pair[j][2] == rl_label_swapped(p[2]);
		}
		pairs += g.pairs;
	}
	ok(wrong == 0 && pairs > 150, "%s: %d of %d labels are not what is seen", what, wrong,
	   pairs);
	ok(both == pairs, "%s: every pair is there in both orders", what);
	/* Rounding of levels: less than 3 pixels. */
	ok(low > 144 - 14 - 3 && high < 144 + 14 + 3,
	   "%s: neighbours are 144 apart, 14 more or less: %.0f to %.0f", what, low, high);
	free(look);
	rl_grids_free(&g);
	rl_resizer_free(r);
	rl_image_free(&im);
}

/* Of photos of four shapes, as the facts have it of 40,000: diagonals 10.1 %, left and right 15.3,
 * up and down 14.5. */
static void test_prior(void)
{
	static const int shape[][2] = {{375, 500}, {500, 375}, {400, 400}, {320, 500}};
	static const double want[8] = {10.1, 14.5, 10.1, 15.3, 15.3, 10.1, 14.5, 10.1};
	const struct rl_grid_recipe recipe = {.colour = RL_COLOUR_NONE, .grids = 8, .seed = 1};
	struct rl_resizer *r = rl_resizer_new();
	struct rl_grids g = {0};
	double count[8] = {0}, pairs = 0, patches = 0, worst = 0;
	char why[RL_WHY], key[16];

	for (size_t k = 0; k < 24; k++) {
		struct rl_image im = rl_image_new(shape[k % 4][0] / 4, shape[k % 4][1] / 4);

		memset(im.data, 100, (size_t)(3 * im.height * im.width));
		snprintf(key, sizeof(key), "k%zu", k);
		rl_grids_cut(&recipe, r, &im, 0, key, &g, why);
		rl_image_free(&im);
		for (int i = 0; i < g.pairs; i++)
			count[g.pair[i][2]]++;
		pairs += g.pairs;
		patches += g.patches;
	}
	for (int i = 0; i < 8; i++)
		worst = fmax(worst, fabs(100 * count[i] / pairs - want[i]));
	ok(worst < 1, "the labels' shares are the paper's within a percent: %.2f", worst);
	ok(fabs(pairs / patches - 45 / 9.8) < 0.6, "about 45 pairs of 9.8 patches: %.2f a patch",
	   pairs / patches);
	rl_grids_free(&g);
	rl_resizer_free(r);
}

static void test_colours(void)
{
	struct rl_image im = ramps(400, 500);
	struct rl_resizer *r = rl_resizer_new();
	struct rl_grid_recipe recipe = {.colour = RL_COLOUR_PROJECTION, .grids = 4, .seed = 1};
	struct rl_grids g = {0};
	double along = 0, worst = 0;
	int kept[3] = {0}, odd = 0;
	char why[RL_WHY];

	rl_grids_cut(&recipe, r, &im, 0, "k", &g, why);
	for (int i = 0; i < g.patches * AREA; i++) {
		const float *p = g.pixels + 3 * (size_t)i;

		along = fmax(along, fabs(-p[0] + 2 * p[1] - p[2]));
	}
	ok(along < 1e-3, "projection leaves nothing along green - magenta: %.1e", along);
	recipe.colour = RL_COLOUR_DROPPING;
	recipe.resample = 1;
	rl_grids_cut(&recipe, r, &im, 0, "k", &g, why);
	for (int i = 0; i < g.patches; i++) {
		const float *p = g.pixels + (size_t)i * 3 * AREA;
		double square[3] = {0}, all;
		int most = 0;

		for (int k = 0; k < 3 * AREA; k++)
			square[k % 3] += (double)p[k] * p[k] / AREA;
		for (int c = 1; c < 3; c++)
			most = square[c] > square[most] ? c : most;
		all = sqrt((square[0] + square[1] + square[2]) / 3);
		worst = fmax(worst, fabs(all - 50));
		odd += fabs(slope_of(p, most).mean) > 1e-3;
		kept[most]++;
	}
	ok(worst < 1e-2, "colour dropping: a root mean square of 50: off by %.1e", worst);
	ok(odd == 0, "and a mean of 0 in the channel that is kept");
	ok(kept[0] && kept[1] && kept[2], "which is any: %d, %d, %d", kept[0], kept[1], kept[2]);
	rl_grids_free(&g);
	rl_resizer_free(r);
	rl_image_free(&im);
}

static void test_refused(void)
{
	const struct rl_grid_recipe recipe = {.grids = 4, .seed = 1};
	struct rl_image im = rl_image_new(50, 1000);
	struct rl_resizer *r = rl_resizer_new();
	struct rl_grids g = {0};
	char why[RL_WHY];

	memset(im.data, 0, 3 * 50 * 1000);
	ok(!rl_grids_cut(&recipe, r, &im, 0, "k", &g, why) && strstr(why, "a side is below 248"),
	   "a panorama is refused: %s", why);
	rl_grids_free(&g);
	rl_resizer_free(r);
	rl_image_free(&im);
}

int main(void)
{
	test_algebra();
	test_labels("as they are", 0, false);
	test_labels("mirrored", 1, false);
	test_labels("turned", 0.5, true);
	test_prior();
	test_colours();
	test_refused();
	return tap_done();
}
