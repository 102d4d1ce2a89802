/*
 * Lateral chromatic aberration: a lens that images green at another scale than red and blue, so
 * that along edges colour fringes point to the middle of the picture or away from it, the wider the
 * farther out.
 */
#ifndef RL_IMAGE_LENS_H
#define RL_IMAGE_LENS_H

#include "image/image.h"

/* The green of the image magnified by 1 + shift about its middle, bilinear; pixels whose green lies
 * outside get that of the border. */
void rl_lens_magnify_green(struct rl_image *im, double shift);

enum { RL_LENS_BINS = 8, RL_LENS_LEAST = 48 };

/*
 * What was measured of an image.  A radius is a share of the half diagonal, bin k those from
 * k / RL_LENS_BINS on.
 */
struct rl_lens {
	double shift; /* green is at 1 + shift times the radius of the mean of red and blue */
	/* How much there is to measure it by, on the scale of an inverse variance; 0: nothing. */
	double weight;
	struct {
		/* What is left when `shift` is taken out, as a share of the half diagonal, times
		 * its weight; and that. */
		double rest, weight;
	} bin[RL_LENS_BINS];
};

/*
 * Least squares of the displacement along the image's own gradients.  In each block of 16 x 16
 * pixels in which green is nearly a multiple of the mean of red and blue, that multiple and an
 * offset are fitted along with the displacement, so that colours are not taken for fringes; it is
 * repeated on the green moved back.  An image with a side below RL_LENS_LEAST has weight 0.
 */
struct rl_lens rl_lens_measure(const struct rl_image *im);

#endif
