/*
 * The loops of batch normalisation over maps in any layout of channels, in float or bfloat16.
 *
 * Sums are kept in double: a float sum over a batch loses enough to send training another way
 * within steps.  Pixels are summed in RL_BN_SLICES runs of images, whatever the number of threads,
 * so that the sums do not depend on it.
 */
#ifndef RL_NN_BNKERNEL_H
#define RL_NN_BNKERNEL_H

#include "nn/onednn.h"

enum { RL_BN_SLICES = 16 };

/* One sweep over some images.  x, dy and out begin at the first of them and have one layout;
 * vectors are indexed by channel, sums by slice and channel.  What a kernel does not use may be
 * NULL. */
struct rl_bn_sweep {
	struct rl_channels at;
	int64_t images, pixels, channels;
	bool bf16, relu;
	const void *x, *dy;
	void *out;
	const float *mean, *scale, *bias, *slope, *shift;
	double *sum, *product; /* [RL_BN_SLICES][channels], added to */
};

void rl_bn_sum_x(const struct rl_bn_sweep *s);     /* x and x^2 */
void rl_bn_normalise(const struct rl_bn_sweep *s); /* out = (x - mean) scale + bias, ReLU */
/* g and g (x - mean), where g is dy, but 0 where ReLU cut: the sign is recomputed from x. */
void rl_bn_sum_gradient(const struct rl_bn_sweep *s);
void rl_bn_differentiate(
	const struct rl_bn_sweep *s); /* out = scale g - slope (x - mean) - shift */

#endif
