/*
 * Numbers of pixels from files: a palette or grey PNG, or a class map of SBD, told apart by their
 * first bytes.
 */
#ifndef RL_IMAGE_LABELMAP_H
#define RL_IMAGE_LABELMAP_H

#include "image/load.h"

/* values [height,width] from a regular file, which must have this size.  False: why says why, and
 * the values are anything. */
bool rl_labelmap_load(struct rl_loader *l, const char *path, int height, int width,
		      uint16_t *values, char why[RL_WHY]);

#endif
