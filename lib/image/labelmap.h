/*
 * Numbers of pixels from files: a palette or grey PNG, or a class map of SBD, told apart by their
 * first bytes.
 */
#ifndef RL_IMAGE_LABELMAP_H
#define RL_IMAGE_LABELMAP_H

#include "image/image.h"

/* values [height,width] from such a file's bytes, which must be of this size.  False: why says why,
 * and the values are anything. */
bool rl_labelmap_values(const uint8_t *data, size_t size, int height, int width, uint16_t *values,
			char why[RL_WHY]);

#endif
