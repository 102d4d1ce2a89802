/*
 * Paint on images: frames, fills, masks and text.  Whatever lies outside is left out.
 */
#ifndef RL_IMAGE_PAINT_H
#define RL_IMAGE_PAINT_H

#include "image/image.h"

/* Columns left to right - 1, rows top to bottom - 1. */
struct rl_rect {
	int left, top, right, bottom;
};

/* How much of what was there shows through: 0 all, 256 nothing. */
enum { RL_OPAQUE = 256 };

void rl_paint_fill(struct rl_image *im, struct rl_rect r, const uint8_t rgb[3], int opacity);

/* A frame of lines so thick, inside the rectangle; or dashes. */
void rl_paint_frame(struct rl_image *im, struct rl_rect r, int thickness, bool dashed,
		    const uint8_t rgb[3]);

/* Where the mask, [height,width] as the image, is not 0; its edge in full. */
void rl_paint_mask(struct rl_image *im, const uint8_t *mask, const uint8_t rgb[3], int opacity);

/* Each pixel in the colour of its class; where that is black, and where the class is 255, it is
 * left as it is. */
void rl_paint_classes(struct rl_image *im, const uint8_t *classes, const uint8_t palette[256 * 3],
		      int opacity);

/* An image onto this one. */
void rl_paint_image(struct rl_image *im, int left, int top, const struct rl_image *other);

/* One line of UTF-8, every pixel of the font `scale` pixels large, from its corner. */
void rl_paint_text(struct rl_image *im, int left, int top, int scale, const char *text,
		   const uint8_t rgb[3]);
int rl_paint_text_width(const char *text, int scale);
int rl_paint_text_height(int scale);

#endif
