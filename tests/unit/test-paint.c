/* Paint: the font, the colours, and that nothing outside an image is touched. */
#include "base/err.h"
#include "image/font.h"
#include "image/legend.h"
#include "image/paint.h"
#include "image/palette.h"
#include "image/sheet.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t white[3] = {255, 255, 255};

static struct rl_image black(int height, int width)
{
	struct rl_image im = rl_image_new(height, width);

	memset(im.data, 0, 3 * (size_t)height * (size_t)width);
	return im;
}

static int painted(const struct rl_image *im)
{
	int n = 0;

	for (int i = 0; i < 3 * im->height * im->width; i++)
		n += im->data[i] != 0;
	return n / 3;
}

/* ---- the font ---------------------------------------------------------------------------------
 */

static uint64_t shape(int c)
{
	uint64_t bits = 0;

	for (int y = 0; y < RL_FONT_HEIGHT; y++)
		for (int x = 0; x < RL_FONT_WIDTH; x++)
			bits = bits << 1 | rl_font_ink((unsigned char)c, x, y);
	return bits;
}

static void test_font(void)
{
	int none = 0, same = 0;

	for (int a = '!'; a <= '~'; a++) {
		none += shape(a) == 0 || shape(a) == shape(1);
		for (int b = '!'; b < a; b++)
			same += shape(a) == shape(b);
	}
	ok(!none && !same, "every character of ASCII has a shape of its own");
	ok(shape(' ') == 0, "but for space");
	ok(shape(0xc3) == shape(1) && shape(1) == shape(127), "what it has not is one frame");
	ok(rl_font_ink('L', 0, 0) && rl_font_ink('L', 0, 6) && rl_font_ink('L', 4, 6) &&
		   !rl_font_ink('L', 1, 5) && !rl_font_ink('L', 0, 7),
	   "L stands on its line");
	ok(rl_font_ink('g', 0, 5) && rl_font_ink('g', 2, 8), "g goes below it");
}

static void test_text(void)
{
	struct rl_image im = black(30, 100), part = black(30, 100);

	ok(rl_paint_text_width("", 3) == 0 && rl_paint_text_width("ab", 3) == 33 &&
		   rl_paint_text_width("\xc3\xa9t\xc3\xa9", 1) == 17,
	   "a width is that of characters, not of bytes");
	rl_paint_text(&im, 2, 1, 2, "L\xc3\xa9", white);
	ok(painted(&im) == 4 * (11 + 20), "every pixel of the font is a square: %d", painted(&im));
	ok(im.data[3 * (100 * 1 + 2)] && im.data[3 * (100 * 14 + 11)] &&
		   !im.data[3 * (100 * 15 + 2)] && im.data[3 * (100 * 1 + 14)],
	   "at its place");
	rl_paint_text(&part, -6, -9, 4, "Mg", white);
	rl_paint_text(&part, 90, 20, 4, "Mg", white);
	ok(painted(&part) > 50, "and may be cut by the image's borders");
	rl_image_free(&im);
	rl_image_free(&part);
}

/* ---- colours ----------------------------------------------------------------------------------
 */

static void test_palettes(void)
{
	static const struct {
		int index;
		uint8_t rgb[3];
	} known[] = {{0, {0, 0, 0}},
		     {1, {128, 0, 0}},
		     {15, {192, 128, 128}},
		     {20, {0, 64, 128}},
		     {255, {224, 224, 192}}};
	uint8_t voc[256 * 3], rgb[80][3];
	int nearest = 1000, darkest = 1000;
	bool right = true;

	rl_palette_voc(voc);
	for (size_t i = 0; i < RL_LEN(known); i++)
		right &= !memcmp(voc + 3 * known[i].index, known[i].rgb, 3);
	ok(right, "VOC's palette");
	for (int a = 0; a < 80; a++) {
		rl_palette_bright((size_t)a, rgb[a]);
		int luma = (299 * rgb[a][0] + 587 * rgb[a][1] + 114 * rgb[a][2]) / 1000;

		darkest = luma < darkest ? luma : darkest;
		for (int b = 0; b < a && a < 20; b++) {
			int apart = abs(rgb[a][0] - rgb[b][0]) + abs(rgb[a][1] - rgb[b][1]) +
				    abs(rgb[a][2] - rgb[b][2]);

			nearest = apart < nearest ? apart : nearest;
		}
	}
	ok(nearest > 60, "the colours of twenty classes are at least %d apart", nearest);
	ok(darkest > 50, "and none is darker than %d", darkest);
	rl_palette_bright(12345678901234, rgb[0]);
	ok(rgb[0][0] + rgb[0][1] + rgb[0][2] > 0, "whatever the number");
}

/* ---- places -----------------------------------------------------------------------------------
 */

static void test_outside(void)
{
	static const struct rl_rect far[] = {
		{-1000000, -1000000, -5, 7}, {20, 3, 1000000, 9}, {3, 12, 9, 10}, {9, 2, 3, 8}};
	struct rl_image im = black(10, 20), small = black(4, 4);
	uint8_t mask[200], classes[200], voc[256 * 3];

	for (size_t i = 0; i < RL_LEN(far); i++) {
		rl_paint_fill(&im, far[i], white, RL_OPAQUE);
		rl_paint_frame(&im, far[i], 2, i % 2, white);
	}
	ok(painted(&im) == 0, "what lies outside or is empty leaves no trace");
	rl_paint_fill(&im, (struct rl_rect){-5, -5, 2, 3}, white, RL_OPAQUE);
	rl_paint_frame(&im, (struct rl_rect){15, 5, 40, 40}, 2, false, white);
	ok(painted(&im) == 6 + 2 * 5 + 2 * 3, "what is half outside is cut: %d", painted(&im));
	memset(small.data, 7, 48);
	rl_paint_image(&im, -2, 8, &small);
	rl_paint_image(&im, 18, -3, &small);
	rl_paint_image(&im, 20, 0, &small);
	rl_paint_image(&im, -4, -4, &small);
	ok(painted(&im) == 22 + 4 + 2, "images, too: %d", painted(&im));

	memset(im.data, 0, 600);
	memset(mask, 1, sizeof(mask));
	rl_paint_mask(&im, mask, white, 0);
	ok(painted(&im) == 2 * 20 + 2 * 8, "the edge of a mask runs along the image's: %d",
	   painted(&im));
	memset(im.data, 0, 600);
	for (int i = 0; i < 200; i++)
		classes[i] = (uint8_t)(i < 100 ? 0 : i < 150 ? 255 : 7);
	rl_palette_voc(voc);
	rl_paint_classes(&im, classes, voc, RL_OPAQUE);
	ok(painted(&im) == 50 && im.data[599] == 128, "neither 0 nor 255 is painted");
	rl_image_free(&im);
	rl_image_free(&small);
}

static void add_too_many(void *unused)
{
	struct rl_sheet *s = rl_sheet_new(16384);

	(void)unused;
	rl_sheet_add(s, (struct rl_image){16384, 10922, NULL}, "fits");
	rl_sheet_add(s, (struct rl_image){1, 12000, NULL}, "does not");
	_exit(0);
}

static void test_sheet(void)
{
	struct rl_sheet *s = rl_sheet_new(50);
	struct rl_image out;
	char why[RL_WHY];

	rl_sheet_add(s, black(10, 50), "a caption that is far too long for it");
	rl_sheet_add(s, black(30, 20), "");
	ok(rl_sheet_image(s, 1, &out, why) && out.width == 62 && out.height == 6 + 25 + 45,
	   "rows are as high as they must be: %d x %d", out.width, out.height);
	bool inside = true;
	for (int y = 0; y < out.height; y++)
		inside &= out.data[3 * (62 * y + 5)] == 255 && out.data[3 * (62 * y + 56)] == 255;
	ok(inside, "and captions no wider than their images");
	rl_image_free(&out);
	rl_sheet_free(s);
	ok(dies(add_too_many, NULL, 1, "the sheet: more than 178956970 pixels after 1 images"),
	   "too many are refused");
}

static int last_painted_row(const struct rl_image *im)
{
	for (int i = 3 * im->height * im->width - 1; i >= 0; i--)
		if (im->data[i] != 255)
			return i / 3 / im->width;
	return -1;
}

static void test_legend(void)
{
	const struct rl_legend_entry all[] = {
		{"cat", {200, 0, 0}}, {"diningtable", {0, 200, 0}}, {"g", {0, 0, 200}}};
	const int widths[] = {400, 250, 60}, rows[] = {1, 2, 3};
	bool fits = true;

	for (size_t i = 0; i < 3; i++) {
		struct rl_image im = rl_image_new(100, widths[i]);
		int height = rl_legend_height(widths[i], 2, all, 3);

		memset(im.data, 255, 3 * (size_t)im.height * (size_t)im.width);
		rl_legend_paint(&im, 10, 2, all, 3);
		int last = last_painted_row(&im);
		fits = fits && last < 10 + height && last > 10 + height - 12;
		ok(height == 6 + rows[i] * 24, "a legend %d pixels wide has %d rows", widths[i],
		   rows[i]);
		rl_image_free(&im);
	}
	ok(fits, "it takes the rows that it says");
	ok(rl_legend_height(100, 1, all, 0) == 0, "a legend of nothing takes none");
}

int main(void)
{
	test_font();
	test_text();
	test_palettes();
	test_outside();
	test_sheet();
	test_legend();
	return tap_done();
}
