/*
 * Relative location's view of an image: nine patches of a 3 x 3 grid, each shaken within its cell.
 *
 * The constants and their order are the published recipe's (MMSelfSup 0.x, after Kolesnikov et al.
 * 2019): of an image whose shorter side is 292, a random crop of 255; grey, as a whole, with
 * probability 0.66; cells of 85; in each cell a random crop of 64, so offsets of 0 to 21.
 */
#ifndef RL_IMAGE_PATCHES_H
#define RL_IMAGE_PATCHES_H

#include "image/image.h"

enum { RL_PATCH_GRID = 3, RL_PATCHES = RL_PATCH_GRID * RL_PATCH_GRID };

struct rl_patch_recipe {
	int crop;    /* 255: side of the square that the grid divides; a remainder is left off */
	int patch;   /* 64: side of a patch, at most crop / 3 */
	double grey; /* 0.66 */
	bool eval;   /* crop from the centre and never grey; the cells' shake stays */
	uint64_t seed;
};

/* Cut out [9,patch,patch,3], row by row of the grid.  Every draw is a function of (seed, epoch,
 * key) and of what it is for.  The image must be at least crop x crop: the caller's to see to. */
void rl_patches(const struct rl_patch_recipe *recipe, const struct rl_image *im, uint32_t epoch,
		const char *key, uint8_t *out);

/* Each of n patches of `numbers` levels to mean 0 and variance 1, as Kolesnikov et al. do; one
 * whose levels hardly differ is divided by 1 / sqrt(numbers), TensorFlow's bound. */
void rl_patches_standardise(const uint8_t *levels, size_t n, size_t numbers, float *out);

#endif
