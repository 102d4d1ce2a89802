/*
 * A rectangle of an image.
 */
#ifndef RL_IMAGE_CROP_H
#define RL_IMAGE_CROP_H

#include "image/image.h"

/* Copy the height x width pixels at (top, left) into out, [height,width,3].  The rectangle must lie
 * inside the image: that is the caller's to see to. */
void rl_crop(const struct rl_image *im, int top, int left, int height, int width, uint8_t *out);

#endif
