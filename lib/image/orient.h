/*
 * EXIF orientation: tag 0x0112 of the first image file directory, values 1 to 8 (TIFF 6.0, EXIF 2.3
 * §4.6.4).
 */
#ifndef RL_IMAGE_ORIENT_H
#define RL_IMAGE_ORIENT_H

#include "image/image.h"

/* The orientation that the payload of an APP1 marker states; 1, upright, when it states none or is
 * not well-formed EXIF. */
int rl_exif_orientation(const uint8_t *app1, size_t size);

/* Turn and mirror *im from this orientation to upright; 1 does nothing. */
void rl_orient(struct rl_image *im, int orientation);

#endif
