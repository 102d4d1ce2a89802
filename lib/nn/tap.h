/*
 * Maps of another size, one row or column at a time, in PyTorch's conventions.
 *
 * Output row o lies at i = o (H - 1)/(h - 1) where corners are aligned, else at (o + 1/2) H/h -
 * 1/2, not below 0; nearest takes row floor(o H/h).
 */
#ifndef RL_NN_TAP_H
#define RL_NN_TAP_H

#include "nn/net.h"

#include <stdint.h>

/* An output row or column is (1 - part) of one input row and part of the next. */
struct rl_tap {
	int32_t first, second;
	float part;
};

/* Of `out` rows made from `in`. */
void rl_taps(enum rl_interpolation how, int64_t in, int64_t out, struct rl_tap *tap);

#endif
