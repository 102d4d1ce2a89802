/*
 * JPEG through libjpeg-turbo.
 *
 * Decoding is the slow exact integer DCT with fancy upsampling (the library's and Pillow's default)
 * at full size: no DCT scaling, so that a resize gives the numbers that Pillow gives.
 * Baseline, progressive and arithmetic-coded files; grey, YCbCr, RGB, CMYK and YCCK, all to RGB.
 */
#ifndef RL_IMAGE_JPEG_H
#define RL_IMAGE_JPEG_H

#include "image/image.h"

#include <stdio.h>

/* A progressive file may revisit every coefficient in each of its scans; ordinary ones have ten or
 * so.  More than this many is refused, because it is only a way to burn time. */
enum { RL_JPEG_MAX_SCANS = 100 };

/* Bytes of coefficients that libjpeg may hold for a file of several scans. */
#define RL_JPEG_MAX_MEMORY (1L << 30)

bool rl_is_jpeg(const uint8_t *data, size_t size);

/* As rl_image_decode().  Data that libjpeg repairs with a guess (premature end, corrupt codes,
 * extraneous bytes) is bad: the pixels would be wrong.  Its warnings about headers alone are not.
 */
bool rl_jpeg_decode(const uint8_t *data, size_t size, int64_t max_pixels, struct rl_image *out,
		    char why[RL_WHY]);

enum rl_subsampling { RL_444, RL_422, RL_420 };

/* Baseline JFIF, quality 1 to 100, Huffman tables of the standard: the same pixels give the same
 * bytes with the same libjpeg.  Dies when f cannot be written. */
void rl_jpeg_write(FILE *f, const struct rl_image *im, int quality, enum rl_subsampling s);

#endif
