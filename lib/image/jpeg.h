/*
 * JPEG through libjpeg-turbo.
 *
 * Decoding is the slow exact integer DCT with fancy upsampling (the library's and Pillow's default)
 * at full size, so that a resize gives the numbers that Pillow gives.  The library could leave out
 * frequencies of a photo that becomes much smaller, but of its scales only half the size and less
 * are faster than the whole (1.3 to 1.8 times), photos of 500 x 375 never shrink so far, and the
 * resized pixels differ: of 2048 x 1024 to 584 x 292 by 0.3 on average and 13 at most, of 640 x 480
 * to 171 x 128 by 1.4 and 77.
 *
 * Nor is only the part decoded that a random crop keeps: what lies outside must be parsed all the
 * same, to know that the file is good, and so photos of 500 x 375 would gain 13 % of their decoding
 * and those of 224 x 224 9 %, progressive ones less.
 *
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

/* A file in memory that is decoded row by row.  Data that libjpeg repairs with a guess (premature
 * end, corrupt codes, extraneous bytes) is bad: the pixels would be wrong.  Its warnings about
 * headers alone are not. */
struct rl_jpeg;

/* As rl_load(), up to the first row; the data must outlive it.  NULL, or false from the
 * functions below: `why`, which is kept, says what is wrong. */
struct rl_jpeg *rl_jpeg_open(const uint8_t *data, size_t size, int64_t max_pixels,
			     char why[RL_WHY]);
void rl_jpeg_close(struct rl_jpeg *d);

int rl_jpeg_height(const struct rl_jpeg *d);
int rl_jpeg_width(const struct rl_jpeg *d);
int rl_jpeg_orientation(const struct rl_jpeg *d); /* of the rows, 1 to 8; 1: upright */

/* The next rows, at most RL_JPEG_ROWS and no more than there are, packed. */
enum { RL_JPEG_ROWS = 64 };
bool rl_jpeg_read(struct rl_jpeg *d, uint8_t *rgb, int count);

/* After the last row: is the rest of the file as it should be? */
bool rl_jpeg_finish(struct rl_jpeg *d);

/* All of it instead, upright. */
bool rl_jpeg_image(struct rl_jpeg *d, struct rl_image *out);

enum rl_subsampling { RL_444, RL_422, RL_420 };

/* Baseline JFIF, quality 1 to 100, Huffman tables of the standard: the same pixels give the same
 * bytes with the same libjpeg.  Dies when f cannot be written. */
void rl_jpeg_write(FILE *f, const struct rl_image *im, int quality, enum rl_subsampling s);

#endif
