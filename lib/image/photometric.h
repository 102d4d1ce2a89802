/*
 * Photometric distortion as mmsegmentation does it to 8-bit images: brightness and contrast in
 * single precision, truncated; saturation and hue by way of OpenCV's 8-bit HSV (hue in 180 steps),
 * there and back again for each.  The way back is rounded, as in OpenCV's plain code; its vector
 * code truncates, and comes out one lower in places.
 *
 * All take n RGB pixels and a number, and work in place.
 */
#ifndef RL_IMAGE_PHOTOMETRIC_H
#define RL_IMAGE_PHOTOMETRIC_H

#include <stddef.h>
#include <stdint.h>

void rl_photometric_brightness(uint8_t *rgb, size_t n, double add); /* of 255 */
void rl_photometric_contrast(uint8_t *rgb, size_t n, double factor);
void rl_photometric_saturation(uint8_t *rgb, size_t n, double factor);
void rl_photometric_hue(uint8_t *rgb, size_t n, double steps); /* whole, -180 to 180 */

#endif
