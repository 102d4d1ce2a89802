#include "eval/bootstrap.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

static double mean_of(const double *d, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += d[i];
	return sum / (double)n;
}

static double resample(const double *d, size_t n, uint64_t seed, size_t which)
{
	struct rl_rng r = rl_rng_make(seed, 0, which, RL_RNG_BOOTSTRAP);
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += d[rl_rng_below(&r, (uint32_t)n)];
	return sum / (double)n;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct rl_interval rl_bootstrap(const double *d, size_t n, size_t resamples, double level,
				uint64_t seed)
{
	double *mean = rl_malloc(resamples * sizeof(*mean));
	struct rl_interval out = {.mean = mean_of(d, n)};

	if (n > UINT32_MAX)
		rl_die("bootstrap: %zu samples: too many", n);
#pragma omp parallel for schedule(static)
	for (size_t i = 0; i < resamples; i++)
		mean[i] = resample(d, n, seed, i);
	qsort(mean, resamples, sizeof(*mean), ascending);
	size_t cut = (size_t)floor((1 - level) / 2 * (double)resamples);
	out.low = mean[cut];
	out.high = mean[resamples - 1 - cut];
	free(mean);
	return out;
}

int rl_interval_sign(const struct rl_interval *i)
{
	return (i->low > 0) - (i->high < 0);
}
