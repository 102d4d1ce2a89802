/*
 * PNG through libpng.
 */
#ifndef RL_IMAGE_PNG_H
#define RL_IMAGE_PNG_H

#include "image/image.h"

#include <stdio.h>

bool rl_is_png(const uint8_t *data, size_t size);

/* As rl_load().  Grey, palette and RGB of up to 8 bits become RGB; alpha is dropped and
 * gamma ignored, as Pillow's convert("RGB") does.  16-bit files are refused. */
bool rl_png_decode(const uint8_t *data, size_t size, int64_t max_pixels, struct rl_image *out,
		   char why[RL_WHY]);

/* The numbers of a palette or grey PNG of up to 16 bits, as they stand in the file: an index, not
 * its colour.  It must be height x width; values is [height,width]. */
bool rl_png_values(const uint8_t *data, size_t size, int height, int width, uint16_t *values,
		   char why[RL_WHY]);

/* What its head says; not that the rest is there. */
bool rl_png_size(const uint8_t *data, size_t size, int *height, int *width, char why[RL_WHY]);

/* Dies when f cannot be written. */
void rl_png_write(FILE *f, const struct rl_image *im);

/* An 8-bit palette image: index [height,width], each below ncolours (1 to 256); palette
 * [ncolours,3] RGB. */
void rl_png_write_palette(FILE *f, const uint8_t *index, int height, int width,
			  const uint8_t *palette, int ncolours);

#endif
