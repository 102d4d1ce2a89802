/*
 * A legend: swatches of colours and what they stand for, in rows.
 */
#ifndef RL_IMAGE_LEGEND_H
#define RL_IMAGE_LEGEND_H

#include "image/image.h"

#include <stddef.h>

struct rl_legend_entry {
	const char *name; /* UTF-8 */
	uint8_t rgb[3];
};

/* Paint the legend on a white image from row `top` on, in rows as wide as the image and with every
 * pixel of the font `scale` pixels large.  An entry that is wider than the image is cut off. */
void rl_legend_paint(struct rl_image *im, int top, int scale, const struct rl_legend_entry *all,
		     size_t n);

/* The rows of pixels that it takes on an image so wide. */
int rl_legend_height(int width, int scale, const struct rl_legend_entry *all, size_t n);

#endif
