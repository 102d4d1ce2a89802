/*
 * Resizing, bit for bit as Pillow's Image.resize(..., BILINEAR) does it on RGB: a triangle filter,
 * as wide as the downscaling asks for (antialiasing), horizontal pass first, both passes in 8-bit
 * pixels and 22-bit fixed-point weights.
 */
#ifndef RL_IMAGE_RESIZE_H
#define RL_IMAGE_RESIZE_H

#include "image/image.h"

/* A resizer takes an image row by row, as a decoder makes them, and holds no more of it than the
 * output's next row needs.  It is meant to be kept: between images of the same size nothing is
 * computed anew. */
struct rl_resizer;

struct rl_resizer *rl_resizer_new(void);
void rl_resizer_free(struct rl_resizer *r);

/* Begin with an image of height x width pixels, to become to_height x to_width; all of them at
 * least 1 and at most 2^29.  `out` is [to_height,to_width,3]. */
void rl_resizer_begin(struct rl_resizer *r, int height, int width, int to_height, int to_width,
		      uint8_t *out);

/* The next rows, packed.  After the last one all of `out` is there. */
void rl_resizer_rows(struct rl_resizer *r, const uint8_t *rows, int count);

/* A whole image to a new one. */
struct rl_image rl_resize(struct rl_resizer *r, const struct rl_image *im, int height, int width);

/* The size that torchvision's Resize(n) gives: the shorter side n, the longer int(n long / short).
 * 64-bit, because an image of one row and many columns becomes absurdly long: ask rl_image_fits().
 */
void rl_short_side(int64_t height, int64_t width, int n, int64_t *to_height, int64_t *to_width);
/* The size that MMDetection's Resize with keep_ratio gives: as large as it can be with the shorter
 * side at most n and the longer at most `longest`, each int(side f + 0.5).  Ask, as above. */
void rl_fit(int64_t height, int64_t width, int n, int longest, int64_t *to_height,
	    int64_t *to_width);
/* The same of what is to be had however thin it is: at least a pixel a side. */
void rl_fit_pixels(int height, int width, int n, int longest, int *to_height, int *to_width);

#endif
