/*
 * How sure a mean is: the bootstrap's percentile interval (Efron, 1979).
 *
 * Of two sets of features scored on the same images, the differences image by image are what is
 * drawn from, so that what is hard for both does not blur the comparison: a paired bootstrap.
 */
#ifndef RL_EVAL_BOOTSTRAP_H
#define RL_EVAL_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

enum { RL_BOOTSTRAP_RESAMPLES = 10000 };

struct rl_interval {
	double mean, low, high;
};

/* The mean of d[n], n at least 2, as one says nothing of how sure it is, and between which means
 * lie `level` of those of `resamples` sets of n, drawn from d with replacement; as much is below as
 * above.  The same bits for any number of threads. */
struct rl_interval rl_bootstrap(const double *d, size_t n, size_t resamples, double level,
				uint64_t seed);

/* 1: above zero, -1: below it, 0: the interval holds zero. */
int rl_interval_sign(const struct rl_interval *i);

#endif
