/*
 * Colour, pixel by pixel, in Pillow's integer arithmetic.
 */
#ifndef RL_IMAGE_COLOUR_H
#define RL_IMAGE_COLOUR_H

#include <stddef.h>
#include <stdint.h>

/* ITU-R 601-2 luma in 16-bit fixed point, Pillow's mode "L". */
static inline uint8_t rl_luma(const uint8_t rgb[3])
{
	return (uint8_t)((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16);
}

/* Within the levels, truncated. */
static inline int32_t rl_level(float v)
{
	v = v > 0 ? v : 0;
	v = v < 255 ? v : 255;
	return (int32_t)v;
}

/* Replace each of n RGB pixels by its luma in all three channels. */
void rl_grey(uint8_t *rgb, size_t n);

/* Take from each of n RGB pixels what it has along green - magenta, a = [-1, 2, -1]: the projection
 * I - a^T a / (a a^T) of Doersch, Gupta and Efros, ICCV 2015, rounded, within the levels. */
void rl_project(uint8_t *rgb, size_t n);

/* n pixels of CMYK as Adobe's programs store it in JPEG, inverted (255 is no ink). */
void rl_inverted_cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t n);

#endif
