/* Resizing against Pillow (tests/golden/make-resize.py), the fast passes against the plain ones,
 * and rows against whole images. */
#include "base/err.h"
#include "image/jpeg.h"
#include "image/load.h"
#include "image/narrow.h"
#include "image/plain.h"
#include "image/png.h"
#include "image/resize.h"
#include "picture.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t fnv(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

static void test_pillow(struct rl_resizer *r)
{
	size_t n, at = 0;
	double *cases = golden("resize/cases.npy", &n), *pixels = golden("resize/pixels.npy", NULL);

	for (size_t i = 0; i < n; i += 4) {
		int c[4];

		for (int k = 0; k < 4; k++)
			c[k] = (int)cases[i + (size_t)k];
		struct rl_image im = drawn(c[0], c[1]), to = rl_resize(r, &im, c[2], c[3]);
		size_t size = (size_t)c[2] * (size_t)c[3] * 3;

		ok(worst(to.data, pixels + at, size) == 0, "resize %dx%d to %dx%d as Pillow", c[1],
		   c[0], c[3], c[2]);
		at += size;
		rl_image_free(&im);
		rl_image_free(&to);
	}
	free(cases);
	free(pixels);
}

static void test_short_side(struct rl_resizer *r)
{
	size_t n;
	double *large = golden("resize/short-side.npy", &n);
	int64_t h, w;

	for (double *g = large; g < large + n; g += 7) {
		struct rl_image im = drawn((int)g[0], (int)g[1]);

		rl_short_side(im.height, im.width, (int)g[2], &h, &w);
		ok(h == (int64_t)g[3] && w == (int64_t)g[4],
		   "short side %g of %gx%g is torchvision's size", g[2], g[1], g[0]);
		struct rl_image to = rl_resize(r, &im, (int)h, (int)w);
		ok(fnv(to.data, (size_t)(h * w * 3)) == ((uint64_t)g[5] << 32 | (uint64_t)g[6]),
		   "and Pillow's pixels");
		rl_image_free(&im);
		rl_image_free(&to);
	}
	free(large);
	rl_short_side(1, 65000, 1000, &h, &w);
	ok(h == 1000 && w == 65000000, "a short side that would not fit is computed exactly");
}

/* Black, white and noise: sums as small and as large as they get. */
static void extreme(uint8_t *data, size_t n)
{
	draw(data, n);
	for (size_t i = 0; i < n; i++)
		if (data[i] & 1)
			data[i] = data[i] & 2 ? 255 : 0;
}

enum { ROWS = 3 };

static bool across_agrees(const struct rl_axis *a, const struct rl_narrow *narrow)
{
	size_t pitch = 3 * (size_t)a->from, to_pitch = 3 * (size_t)a->to + RL_NARROW_SLACK;
	uint8_t *in = rl_malloc(ROWS * pitch), *out = rl_calloc(ROWS, to_pitch);
	uint8_t *want = rl_malloc(3 * (size_t)a->to);
	struct rl_plain *plain = rl_plain_new(a);
	bool same = true;

	extreme(in, ROWS * pitch);
	rl_narrow_across(narrow, in, pitch, ROWS, out, to_pitch);
	for (size_t y = 0; y < ROWS; y++) {
		rl_plain_across(plain, in + y * pitch, want);
		same &= !memcmp(out + y * to_pitch, want, 3 * (size_t)a->to);
	}
	rl_plain_free(plain);
	free(in);
	free(out);
	free(want);
	return same;
}

static bool down_agrees(const struct rl_axis *a, const struct rl_narrow *narrow)
{
	enum { SIZE = 71 };
	uint8_t *in = rl_malloc((size_t)a->from * SIZE), out[SIZE], want[SIZE];
	bool same = true;

	extreme(in, (size_t)a->from * SIZE);
	for (int i = 0; i < a->to; i++) {
		const uint8_t *row[4];

		for (int k = 0; k < a->taps; k++)
			row[k] = in + (size_t)(a->first[i] + k) * SIZE;
		rl_narrow_down(narrow, i, row, SIZE, out);
		rl_plain_down(a, i, row, SIZE, want);
		same &= !memcmp(out, want, SIZE);
	}
	free(in);
	return same;
}

static void test_narrow(void)
{
	static const int sizes[][2] = {{375, 292}, {500, 389}, {333, 292}, {500, 438}, {500, 256},
				       {640, 341}, {224, 292}, {480, 256}, {100, 1000}};
	int tried = 0, taken = 0, wrong = 0;

	for (int from = 1; from <= 48; from++)
		for (int to = 1; to <= 100 + (int)RL_LEN(sizes); to++) {
			const int *size = to > 100 ? sizes[to - 101] : (int[]){from, to};
			struct rl_axis a = rl_axis_plan(size[0], size[1]);
			struct rl_narrow *narrow = rl_narrow_new(&a, true);

			tried += a.taps <= 4 && 3 * a.from >= 16;
			taken += narrow != NULL;
			if (narrow && !(across_agrees(&a, narrow) && down_agrees(&a, narrow))) {
				if (wrong++ < 5)
					diag("%d to %d differs", a.from, a.to);
			}
			rl_narrow_free(narrow);
			rl_axis_free(&a);
		}
	if (taken == 0) {
		skip("this processor has no AVX2", "the fast passes agree with the plain ones");
		return;
	}
	ok(taken == tried, "the fast passes take %d of %d axes with at most four taps", taken,
	   tried);
	ok(wrong == 0, "and agree with the plain ones");
}

/* Handfuls of rows give what the whole gives, and so does a resizer that is used anew. */
static void test_rows(struct rl_resizer *r)
{
	static const int sizes[][2] = {{61, 50}, {61, 200}, {200, 61},
				       {9, 50},  {61, 9},   {200, 200}};
	struct rl_image im = drawn(200, 61);

	for (size_t i = 0; i < RL_LEN(sizes); i++) {
		int height = sizes[i][0], width = sizes[i][1], count;
		struct rl_image want = rl_resize(r, &im, height, width);
		struct rl_image got = rl_image_new(height, width);

		rl_resizer_begin(r, im.height, im.width, height, width, got.data);
		for (int y = 0; y < im.height; y += count) {
			count = 1 + y % 19;
			count = count < im.height - y ? count : im.height - y;
			rl_resizer_rows(r, im.data + (size_t)y * 3 * (size_t)im.width, count);
		}
		ok(!memcmp(got.data, want.data, 3 * (size_t)height * (size_t)width),
		   "61x200 to %dx%d by rows", width, height);
		rl_image_free(&got);
		rl_image_free(&want);
	}
	rl_image_free(&im);
}

struct file {
	char *data;
	size_t size;
};

static struct file write_file(const struct rl_image *im, bool jpeg)
{
	struct file f = {0};
	FILE *stream = open_memstream(&f.data, &f.size);

	if (!stream)
		rl_die("open_memstream:");
	if (jpeg)
		rl_jpeg_write(stream, im, 90, RL_420);
	else
		rl_png_write(stream, im);
	fclose(stream);
	return f;
}

/* What a loader with this wish makes of the file; no data when it refuses. */
static struct rl_image load(const struct file *f, size_t size, struct rl_load_wish wish,
			    char why[RL_WHY])
{
	struct rl_loader *l = rl_loader_new(&wish);
	struct rl_image im = {0};
	uint8_t *copy = rl_malloc(size); /* exactly so long: a sanitizer sees any overrun */

	memcpy(copy, f->data, size);
	if (!rl_load(l, copy, size, &im, why))
		im = (struct rl_image){0};
	free(copy);
	rl_loader_free(l);
	return im;
}

static void test_load(struct rl_resizer *r)
{
	struct rl_image im = drawn(37, 53);
	char why[RL_WHY];

	for (int jpeg = 0; jpeg < 2; jpeg++) {
		struct file f = write_file(&im, jpeg);
		const char *name = jpeg ? "JPEG" : "PNG";
		struct rl_image whole =
			load(&f, f.size, (struct rl_load_wish){.max_pixels = 37 * 53}, why);
		struct rl_image once = rl_resize(r, &whole, 20, 28);
		struct rl_image twice = rl_resize(r, &once, 31, 19);
		struct rl_load_wish wish = {.max_pixels = 37 * 53, .short_side = 20};
		struct rl_image got = load(&f, f.size, wish, why);

		ok(got.height == 20 && got.width == 28 && !memcmp(got.data, once.data, 20 * 28 * 3),
		   "%s: resized as it is decoded", name);
		rl_image_free(&got);
		wish.height = 31, wish.width = 19;
		got = load(&f, f.size, wish, why);
		ok(got.height == 31 && got.width == 19 &&
			   !memcmp(got.data, twice.data, 31 * 19 * 3),
		   "%s: and squashed afterwards", name);
		rl_image_free(&got);
		got = load(&f, f.size - 20, wish, why);
		ok(!got.data, "%s: cut, it is refused: %s", name, why);
		wish.short_side = 38;
		got = load(&f, f.size, wish, why);
		ok(!got.data && strstr(why, "54 x 38 pixels, the limit is 1961"),
		   "%s: enlarged beyond the limit, it is refused: %s", name, why);
		rl_image_free(&whole);
		rl_image_free(&once);
		rl_image_free(&twice);
		free(f.data);
	}
	rl_image_free(&im);
}

int main(void)
{
	struct rl_resizer *r = rl_resizer_new();

	test_pillow(r);
	test_short_side(r);
	test_narrow();
	test_rows(r);
	test_load(r);
	rl_resizer_free(r);
	return tap_done();
}
