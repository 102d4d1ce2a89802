/*
 * What can be said of an image without having learned anything: baselines for features.
 */
#ifndef RL_IMAGE_SUMMARY_H
#define RL_IMAGE_SUMMARY_H

#include "image/resize.h"

enum {
	RL_PIXELS_SIDE = 16,
	RL_PIXELS = RL_PIXELS_SIDE * RL_PIXELS_SIDE * 3,
	RL_COLOUR_BINS = 8, /* of a channel */
	RL_COLOURS = RL_COLOUR_BINS * RL_COLOUR_BINS * RL_COLOUR_BINS,
};

/* [16,16,3]: the image squashed to 16 x 16 pixels, 0 to 1. */
void rl_pixels(const struct rl_image *im, struct rl_resizer *r, float out[RL_PIXELS]);

/* [8,8,8]: the square root of the share of pixels that fall into each bin of R, G and B: the inner
 * product of two is their Bhattacharyya coefficient. */
void rl_colours(const struct rl_image *im, float out[RL_COLOURS]);

#endif
