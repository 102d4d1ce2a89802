#include "image/paint.h"

#include "image/font.h"

#include <string.h>

static uint8_t *at(const struct rl_image *im, int x, int y)
{
	return im->data + 3 * ((size_t)y * (size_t)im->width + (size_t)x);
}

static void blend(uint8_t *pixel, const uint8_t rgb[3], int opacity)
{
	for (int i = 0; i < 3; i++)
		pixel[i] = (uint8_t)((pixel[i] * (RL_OPAQUE - opacity) + rgb[i] * opacity +
				      RL_OPAQUE / 2) /
				     RL_OPAQUE);
}

static int within(int x, int end)
{
	return x < 0 ? 0 : x > end ? end : x;
}

static struct rl_rect clipped(const struct rl_image *im, struct rl_rect r)
{
	return (struct rl_rect){within(r.left, im->width), within(r.top, im->height),
				within(r.right, im->width), within(r.bottom, im->height)};
}

void rl_paint_fill(struct rl_image *im, struct rl_rect r, const uint8_t rgb[3], int opacity)
{
	r = clipped(im, r);
	for (int y = r.top; y < r.bottom; y++)
		for (int x = r.left; x < r.right; x++)
			blend(at(im, x, y), rgb, opacity);
}

void rl_paint_frame(struct rl_image *im, struct rl_rect r, int thickness, bool dashed,
		    const uint8_t rgb[3])
{
	struct rl_rect seen = clipped(im, r);
	int dash = 4 * thickness;

	for (int y = seen.top; y < seen.bottom; y++)
		for (int x = seen.left; x < seen.right; x++) {
			bool rows = y - r.top < thickness || r.bottom - y <= thickness;
			bool columns = x - r.left < thickness || r.right - x <= thickness;
			int along = rows ? x - r.left : y - r.top;

			if ((rows || columns) && !(dashed && along / dash % 2))
				blend(at(im, x, y), rgb, RL_OPAQUE);
		}
}

/* Is one of its four neighbours outside? */
static bool is_edge(const struct rl_image *im, const uint8_t *mask, int x, int y)
{
	const uint8_t *m = mask + (size_t)y * (size_t)im->width + x;

	return x == 0 || y == 0 || x == im->width - 1 || y == im->height - 1 || !m[-1] || !m[1] ||
	       !m[-im->width] || !m[im->width];
}

void rl_paint_mask(struct rl_image *im, const uint8_t *mask, const uint8_t rgb[3], int opacity)
{
	for (int y = 0; y < im->height; y++)
		for (int x = 0; x < im->width; x++)
			if (mask[(size_t)y * (size_t)im->width + (size_t)x])
				blend(at(im, x, y), rgb,
				      is_edge(im, mask, x, y) ? RL_OPAQUE : opacity);
}

void rl_paint_classes(struct rl_image *im, const uint8_t *classes, const uint8_t palette[256 * 3],
		      int opacity)
{
	size_t n = (size_t)im->height * (size_t)im->width;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *rgb = palette + 3 * classes[i];

		if (classes[i] != 255 && (rgb[0] || rgb[1] || rgb[2]))
			blend(im->data + 3 * i, rgb, opacity);
	}
}

void rl_paint_image(struct rl_image *im, int left, int top, const struct rl_image *other)
{
	struct rl_rect r =
		clipped(im, (struct rl_rect){left, top, left + other->width, top + other->height});

	for (int y = r.top; y < r.bottom && r.left < r.right; y++)
		memcpy(at(im, r.left, y), at(other, r.left - left, y - top),
		       3 * (size_t)(r.right - r.left));
}

/* The next character; what is longer than a byte is one that the font has not. */
static unsigned char next(const char **text)
{
	unsigned char c = (unsigned char)*(*text)++;

	while (c >= 0x80 && ((unsigned char)**text & 0xc0) == 0x80)
		(*text)++;
	return c;
}

void rl_paint_text(struct rl_image *im, int left, int top, int scale, const char *text,
		   const uint8_t rgb[3])
{
	for (; *text; left += (RL_FONT_WIDTH + 1) * scale) {
		unsigned char c = next(&text);

		for (int y = 0; y < RL_FONT_HEIGHT; y++)
			for (int x = 0; x < RL_FONT_WIDTH; x++) {
				int l = left + x * scale, t = top + y * scale;

				if (rl_font_ink(c, x, y))
					rl_paint_fill(im,
						      (struct rl_rect){l, t, l + scale, t + scale},
						      rgb, RL_OPAQUE);
			}
	}
}

int rl_paint_text_width(const char *text, int scale)
{
	int n = 0;

	while (*text) {
		next(&text);
		n++;
	}
	return n ? (n * (RL_FONT_WIDTH + 1) - 1) * scale : 0;
}

int rl_paint_text_height(int scale)
{
	return RL_FONT_HEIGHT * scale;
}
