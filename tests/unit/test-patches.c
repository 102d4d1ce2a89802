/* Where the nine patches come from: ranges, uniformity, and what a draw depends on. */
#include "base/err.h"
#include "chance.h"
#include "image/colour.h"
#include "image/patches.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 4000 };

/* Every pixel says where it is: x and y in 12 bits each. */
static struct rl_image map(int height, int width)
{
	struct rl_image im = rl_image_new(height, width);

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint8_t *p = im.data + 3 * (y * width + x);

			p[0] = (uint8_t)x, p[1] = (uint8_t)y,
			p[2] = (uint8_t)(x >> 8 | y >> 8 << 4);
		}
	return im;
}

static int x_of(const uint8_t *p)
{
	return p[0] | (p[2] & 15) << 8;
}

static int y_of(const uint8_t *p)
{
	return p[1] | (p[2] >> 4) << 8;
}

/* Is the patch a straight copy of what lies at its first pixel's place? */
static bool straight(const uint8_t *patch, int side)
{
	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++)
			if (x_of(patch + 3 * (y * side + x)) != x_of(patch) + x ||
			    y_of(patch + 3 * (y * side + x)) != y_of(patch) + y)
				return false;
	return true;
}

static void test_jitter(void)
{
	struct rl_patch_recipe r = {.crop = 255, .patch = 64, .seed = 3};
	struct rl_image im = map(255, 255);
	uint8_t *out = rl_malloc(RL_PATCHES * 64 * 64 * 3);
	int rows[22] = {0}, columns[22] = {0};
	bool inside = true, copies = true;
	char key[32];

	for (int t = 0; t < TRIALS; t++) {
		snprintf(key, sizeof(key), "train/%d", t);
		rl_patches(&r, &im, 0, key, out);
		for (int i = 0; i < RL_PATCHES; i++) {
			const uint8_t *p = out + i * 64 * 64 * 3;
			int y = y_of(p) - 85 * (i / 3), x = x_of(p) - 85 * (i % 3);

			inside &= x >= 0 && x <= 21 && y >= 0 && y <= 21;
			copies &= t >= 20 || straight(p, 64);
			if (inside)
				rows[y]++, columns[x]++;
		}
	}
	ok(inside, "offsets are 0 to 21, cells row by row");
	ok(copies, "patches are copies");
	ok(excess(rows, 22) < 5 && excess(columns, 22) < 5, "offsets are uniform: %.1f, %.1f sigma",
	   excess(rows, 22), excess(columns, 22));
	rl_image_free(&im);
	free(out);
}

static void test_crop(void)
{
	/* Patches that fill their cells show where the crop is. */
	struct rl_patch_recipe r = {.crop = 255, .patch = 85, .seed = 3};
	struct rl_image im = map(292, 389);
	uint8_t *out = rl_malloc(RL_PATCHES * 85 * 85 * 3);
	int rows[38] = {0}, columns[135] = {0};
	bool inside = true, grid = true;
	char key[32];

	for (int t = 0; t < TRIALS; t++) {
		snprintf(key, sizeof(key), "train/%d", t);
		rl_patches(&r, &im, 0, key, out);
		int top = y_of(out), left = x_of(out);

		inside &= top < 38 && left < 135;
		if (inside)
			rows[top]++, columns[left]++;
		for (int i = 0; i < RL_PATCHES; i++) {
			const uint8_t *p = out + i * 85 * 85 * 3;

			grid &= y_of(p) == top + 85 * (i / 3) && x_of(p) == left + 85 * (i % 3);
		}
	}
	ok(inside, "the crop lies in the image");
	ok(grid, "the cells are 85 apart");
	ok(rows[0] && rows[37] && columns[0] && columns[134], "to the last position");
	ok(excess(rows, 38) < 5 && excess(columns, 135) < 5,
	   "positions are uniform: %.1f, %.1f sigma", excess(rows, 38), excess(columns, 135));

	r.eval = true;
	rl_patches(&r, &im, 0, "x", out);
	ok(y_of(out) == 18 && x_of(out) == 67, "eval crops from the centre");
	rl_image_free(&im);
	free(out);
}

static void test_grey(void)
{
	enum { N = RL_PATCHES * 64 * 64 };
	struct rl_patch_recipe r = {.crop = 255, .patch = 64, .grey = 0.66, .seed = 3};
	struct rl_patch_recipe colour = r, eval = r;
	struct rl_image im = map(260, 270);
	uint8_t *out = rl_malloc(3 * N), *plain = rl_malloc(3 * N);
	int greys = 0, wrong = 0, eval_greys = 0;
	char key[32];

	colour.grey = 0;
	eval.eval = true;
	for (int t = 0; t < 1000; t++) {
		snprintf(key, sizeof(key), "k%d", t);
		rl_patches(&r, &im, 2, key, out);
		rl_patches(&colour, &im, 2, key, plain);
		if (memcmp(out, plain, 3 * N)) {
			greys++;
			rl_grey(plain, N);
			wrong += memcmp(out, plain, 3 * N) != 0;
		}
		if (t < 50) {
			rl_patches(&eval, &im, 2, key, out);
			for (int i = 0; i < RL_PATCHES; i++)
				eval_greys += !straight(out + i * 64 * 64 * 3, 64);
		}
	}
	ok(!wrong, "all nine patches are grey, or none, in the same places");
	ok(fabs(greys / 1000.0 - 0.66) < 0.06, "grey at a rate of %g", greys / 1000.0);
	ok(!eval_greys, "never under eval");
	rl_image_free(&im);
	free(out);
	free(plain);
}

static void test_purity(void)
{
	enum { SIZE = RL_PATCHES * 64 * 64 * 3 };
	struct rl_patch_recipe r = {.crop = 255, .patch = 64, .grey = 0.66, .seed = 3}, other = r;
	struct rl_image im = map(292, 300);
	uint8_t *a = rl_malloc(SIZE), *b = rl_malloc(SIZE);

	rl_patches(&r, &im, 5, "n01/x", a);
	rl_patches(&r, &im, 6, "n01/x", b);
	ok(memcmp(a, b, SIZE), "another epoch, another cut");
	rl_patches(&r, &im, 5, "n01/y", b);
	ok(memcmp(a, b, SIZE), "another key, another cut");
	other.seed = 4;
	rl_patches(&other, &im, 5, "n01/x", b);
	ok(memcmp(a, b, SIZE), "another seed, another cut");
	rl_patches(&r, &im, 5, "n01/x", b);
	ok(!memcmp(a, b, SIZE), "the same again, the same, whatever came between");

	/* Part of what a seed means: this must never change. */
	r.grey = 0;
	rl_patches(&r, &im, 5, "n01/x", a);
	ok(y_of(a) == 2 && x_of(a) == 38, "pinned: patch 0 at %d, %d", y_of(a), x_of(a));
	ok(y_of(a + SIZE / 9 * 8) == 190 && x_of(a + SIZE / 9 * 8) == 198,
	   "pinned: patch 8 at %d, %d", y_of(a + SIZE / 9 * 8), x_of(a + SIZE / 9 * 8));
	rl_image_free(&im);
	free(a);
	free(b);
}

int main(void)
{
	test_jitter();
	test_crop();
	test_grey();
	test_purity();
	return tap_done();
}
