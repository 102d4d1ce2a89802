/*
 * Pixels from a formula, so that golden images need not store their inputs (make-resize.py draws
 * the same): noise, because it shows every weight.
 */
#ifndef RL_TESTS_PICTURE_H
#define RL_TESTS_PICTURE_H

#include "image/image.h"

void draw(uint8_t *data, size_t n);
struct rl_image drawn(int height, int width);

/* The largest difference of n bytes from golden ones. */
int worst(const uint8_t *got, const double *want, size_t n);

#endif
