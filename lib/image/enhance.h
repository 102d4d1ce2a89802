/*
 * What ColorJitter does to pixels, to the bit as torchvision does it on Pillow images: blends with
 * a black, a grey-mean and a grey image (Pillow's ImageEnhance), and a shift of Pillow's 8-bit hue.
 *
 * All take n RGB pixels and a number, and work in place.
 */
#ifndef RL_IMAGE_ENHANCE_H
#define RL_IMAGE_ENHANCE_H

#include <stddef.h>
#include <stdint.h>

/* factor >= 0; 1 leaves the image as it is */
void rl_enhance_brightness(uint8_t *rgb, size_t n, double factor);
void rl_enhance_contrast(uint8_t *rgb, size_t n, double factor); /* of all n pixels together */
void rl_enhance_saturation(uint8_t *rgb, size_t n, double factor);

/* -0.5 to 0.5 of the circle */
void rl_enhance_hue(uint8_t *rgb, size_t n, double shift);

#endif
