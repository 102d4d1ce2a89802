/*
 * What a resize does along one axis, in Pillow's numbers: a triangle filter, as wide as the
 * downscaling asks for, in 22-bit fixed point.  Private to lib/image.
 */
#ifndef RL_IMAGE_AXIS_H
#define RL_IMAGE_AXIS_H

#include <stdint.h>

/* Weights carry 22 bits: 32 less 8 of the pixel and 2 of room for the sum. */
enum { RL_AXIS_BITS = 32 - 8 - 2, RL_AXIS_HALF = 1 << (RL_AXIS_BITS - 1) };

/* Output i is the sum over k < taps of weight[i * taps + k] times input first[i] + k, plus
 * RL_AXIS_HALF, shifted down by RL_AXIS_BITS and at most 255.  Every output has the same number of
 * taps, some of weight 0, and none of them lies outside the input.  No weight is negative. */
struct rl_axis {
	int from, to, taps;
	int *first;
	int32_t *weight;
};

/* The passes with AVX2 may overwrite so many bytes behind a row of output (horizontally), and take
 * no shorter rows (vertically). */
enum { RL_PASS_SLACK = 16, RL_PASS_STEP = 32 };

struct rl_axis rl_axis_plan(int from, int to); /* both at least 1 */
void rl_axis_free(struct rl_axis *a);          /* safe on a zeroed one */

#endif
