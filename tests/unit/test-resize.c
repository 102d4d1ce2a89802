/* Resizing against Pillow (tests/golden/make-resize.py), the fast passes against the plain ones,
 * and rows against whole images. */
#include "base/err.h"
#include "image/jpeg.h"
#include "image/load.h"
#include "image/narrow.h"
#include "image/plain.h"
#include "image/png.h"
#include "image/resize.h"
#include "image/wide.h"
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

enum { ROWS = 3, SIZE = 71 };

/* What a pass of one kind reads and writes, and what the plain one writes. */
struct input {
	const struct rl_axis *axis;
	size_t pitch, to_pitch;
	uint8_t *rows, *out, *want;
};

static struct input input_new(const struct rl_axis *a, size_t pitch, size_t count)
{
	struct input i = {.axis = a,
			  .pitch = pitch,
			  .to_pitch = 3 * (size_t)a->to + RL_PASS_SLACK,
			  .rows = rl_malloc(count * pitch)};

	i.out = rl_calloc(ROWS, i.to_pitch + SIZE);
	i.want = rl_calloc(1, i.to_pitch + SIZE);
	extreme(i.rows, count * pitch);
	return i;
}

static void input_free(struct input *i)
{
	free(i->rows);
	free(i->out);
	free(i->want);
}

static bool across_agrees(const struct rl_axis *a, const struct rl_narrow *narrow,
			  const struct rl_wide *wide)
{
	struct input i = input_new(a, 3 * (size_t)a->from, ROWS);
	struct rl_plain *plain = rl_plain_new(a);
	bool same = true;

	if (narrow)
		rl_narrow_across(narrow, i.rows, i.pitch, ROWS, i.out, i.to_pitch);
	else
		rl_wide_across(wide, i.rows, i.pitch, ROWS, i.out, i.to_pitch);
	for (size_t y = 0; y < ROWS; y++) {
		rl_plain_across(plain, i.rows + y * i.pitch, i.want);
		same &= !memcmp(i.out + y * i.to_pitch, i.want, 3 * (size_t)a->to);
	}
	rl_plain_free(plain);
	input_free(&i);
	return same;
}

static bool down_agrees(const struct rl_axis *a, const struct rl_narrow *narrow,
			const struct rl_wide *wide)
{
	struct input i = input_new(a, SIZE, (size_t)a->from);
	const uint8_t **row = rl_calloc((size_t)a->taps, sizeof(*row));
	bool same = true;

	for (int y = 0; y < a->to; y++) {
		for (int k = 0; k < a->taps; k++)
			row[k] = i.rows + (size_t)(a->first[y] + k) * SIZE;
		if (narrow)
			rl_narrow_down(narrow, y, row, SIZE, i.out);
		else
			rl_wide_down(wide, y, row, SIZE, i.out);
		rl_plain_down(a, y, row, SIZE, i.want);
		same &= !memcmp(i.out, i.want, SIZE);
	}
	free(row);
	input_free(&i);
	return same;
}

struct tally {
	int narrow, wide, wrong;
};

static void try_axis(int from, int to, struct tally *t)
{
	struct rl_axis a = rl_axis_plan(from, to);
	struct rl_narrow *narrow = rl_narrow_new(&a, true);
	struct rl_wide *wide = rl_wide_new(&a, true);

	t->narrow += narrow != NULL;
	t->wide += wide != NULL;
	if ((narrow && !(across_agrees(&a, narrow, NULL) && down_agrees(&a, narrow, NULL))) ||
	    (wide && !(across_agrees(&a, NULL, wide) && down_agrees(&a, NULL, wide))))
		if (t->wrong++ < 5)
			diag("%d to %d differs", from, to);
	rl_narrow_free(narrow);
	rl_wide_free(wide);
	rl_axis_free(&a);
}

static void test_fast(void)
{
	static const int photos[][2] = {{375, 292},  {500, 389},  {333, 292},  {500, 438},
					{500, 256},  {640, 341},  {224, 292},  {480, 256},
					{100, 1000}, {2048, 584}, {1024, 292}, {1500, 9}};
	struct tally t = {0};
	int few = 0;

	for (int from = 1; from <= 48; from++)
		for (int to = 1; to <= 100; to++) {
			struct rl_axis a = rl_axis_plan(from, to);

			few += a.taps <= 4 && from >= 6;
			rl_axis_free(&a);
			try_axis(from, to, &t);
		}
	if (t.wide == 0) {
		skip("this processor has no AVX2", "the fast passes agree with the plain ones");
		return;
	}
	ok(t.narrow == few, "narrow passes take %d of %d axes with at most four taps", t.narrow,
	   few);
	ok(t.wide == 4800, "wide ones take all %d", t.wide);
	for (size_t i = 0; i < RL_LEN(photos); i++)
		try_axis(photos[i][0], photos[i][1], &t);
	ok(t.wrong == 0, "both agree with the plain ones");
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
	test_fast();
	test_rows(r);
	test_load(r);
	rl_resizer_free(r);
	return tap_done();
}
