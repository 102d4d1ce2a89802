/*
 * The paper's view of an image (Doersch, Gupta, Efros, ICCV 2015, and their code, deepcontext):
 * grids of patches with gaps between them, each patch shaken, and all pairs of neighbours in both
 * orders.
 *
 *	the image resized to 150,000 to 450,000 pixels, uniform, its aspect kept
 *	patches of 96 at a pitch of 144, from an origin of 0 to 143, each moved by -7 to 7
 *	four grids an image
 *	with probability 1/3 a patch is shrunk to 10 to 94 pixels a side, uniform in area, and back
 *	colour dropping: of a random channel what differs from its mean, noise of -0.5 to 0.5 in the
 *	others, and all divided by its root mean square and multiplied by 50 (the code's form)
 *	or projection: less ImageNet's means, without the component along green - magenta,
 *	[-1, 2, -1]
 *
 * What shows where in the photo a patch is from, chromatic aberration above all, is to be gone.
 */
#ifndef RL_IMAGE_GRIDS_H
#define RL_IMAGE_GRIDS_H

#include "image/image.h"
#include "image/resize.h"

enum { RL_GRID_PATCH = 96, RL_GRID_PITCH = 144, RL_GRID_JITTER = 7, RL_GRID_LEAST = 248 };

enum rl_grid_colour { RL_COLOUR_DROPPING, RL_COLOUR_PROJECTION, RL_COLOUR_NONE };

struct rl_grid_recipe {
	enum rl_grid_colour colour;
	int grids;       /* 4 */
	double resample; /* probability: 0.33 */
	double mirror;   /* probability that a grid is seen in a mirror, its labels with it: 0 */
	bool turn;       /* each grid by a random number of quarter turns */
	uint64_t seed;
};

struct rl_grids {
	int patches, pairs;
	float *pixels;      /* [patches,96,96,3] */
	int32_t (*pair)[3]; /* first, second, label: where the second is, seen from the first */
};

/* Every draw is a function of (seed, epoch, key).  False, and why says why: a side of the resized
 * image is below 248.  Where none of the grids has two patches more are drawn. */
bool rl_grids_cut(const struct rl_grid_recipe *recipe, struct rl_resizer *r,
		  const struct rl_image *im, uint32_t epoch, const char *key, struct rl_grids *out,
		  char why[RL_WHY]);
void rl_grids_free(struct rl_grids *g);

/* Labels are places around a patch, row by row: 0 1 2 / 3 . 4 / 5 6 7.  What they become when the
 * pair is swapped, in a mirror (left to right), and turned clockwise by so many quarters. */
int rl_label_swapped(int label);
int rl_label_mirrored(int label);
int rl_label_turned(int label, int quarters);

#endif
