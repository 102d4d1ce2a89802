/*
 * Resizing, bit for bit as Pillow's Image.resize(..., BILINEAR) does it on RGB: a triangle filter,
 * as wide as the downscaling asks for (antialiasing), horizontal pass first, both passes in 8-bit
 * pixels and 22-bit fixed-point weights.
 */
#ifndef RL_IMAGE_RESIZE_H
#define RL_IMAGE_RESIZE_H

#include "image/image.h"

/* A new image; height and width at least 1, and no side above 2^29. */
struct rl_image rl_resize(const struct rl_image *im, int height, int width);

/* The size that torchvision's Resize(n) gives: the shorter side n, the longer int(n long / short).
 * 64-bit, because an image of one row and many columns becomes absurdly long: ask rl_image_fits().
 */
void rl_short_side(const struct rl_image *im, int n, int64_t *height, int64_t *width);

#endif
