/* The bootstrap's interval: against theory where there is one, how often it is right, and the same
 * bits whoever computes. */
#include "eval/bootstrap.h"
#include "tap.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { N = 2000, TRIALS = 1000, IMAGES = 200, FEW = 400 };

/* Whether one of two is right where the other is not: +1 and -1 with these chances, else 0. */
static void draw(double *d, size_t n, double plus, double minus, uint64_t trial)
{
	struct rl_rng r = rl_rng_make(7, 0, trial, RL_RNG_SYNTH);

	for (size_t i = 0; i < n; i++) {
		double u = rl_rng_uniform(&r);

		d[i] = u < plus ? 1 : u < plus + minus ? -1 : 0;
	}
}

static void test_normal(void)
{
	double *d = rl_malloc(N * sizeof(*d)), sum = 0, square = 0;

	draw(d, N, 0.3, 0.2, 0);
	for (size_t i = 0; i < N; i++) {
		sum += d[i];
		square += d[i] * d[i];
	}
	double mean = sum / N, error = sqrt((square / N - mean * mean) / N);
	struct rl_interval a = rl_bootstrap(d, N, RL_BOOTSTRAP_RESAMPLES, 0.95, 1);
	struct rl_interval b = rl_bootstrap(d, N, RL_BOOTSTRAP_RESAMPLES, 0.99, 1);
	ok(a.mean == mean, "the mean");
	ok(fabs(a.low - (mean - 1.96 * error)) < 0.06 * error &&
		   fabs(a.high - (mean + 1.96 * error)) < 0.06 * error,
	   "95 %%: as the normal distribution has it for many: %.4f to %.4f", a.low, a.high);
	ok(fabs(b.low - (mean - 2.576 * error)) < 0.12 * error &&
		   fabs(b.high - (mean + 2.576 * error)) < 0.12 * error,
	   "99 %%");
	struct rl_interval other = rl_bootstrap(d, N, RL_BOOTSTRAP_RESAMPLES, 0.95, 2);
	ok(other.low != a.low || other.high != a.high, "another seed, other resamples");
	omp_set_num_threads(1);
	struct rl_interval one = rl_bootstrap(d, N, RL_BOOTSTRAP_RESAMPLES, 0.95, 1);
	omp_set_num_threads(3);
	struct rl_interval three = rl_bootstrap(d, N, RL_BOOTSTRAP_RESAMPLES, 0.95, 1);
	ok(one.low == three.low && one.high == three.high && one.low == a.low && one.high == a.high,
	   "the same bits for any number of threads");
	free(d);
}

/* Shares of trials that say so. */
static void shares(double plus, double minus, double *better, double *worse)
{
	double d[IMAGES];
	int above = 0, below = 0;

	for (size_t t = 0; t < TRIALS; t++) {
		draw(d, IMAGES, plus, minus, t + 1);
		struct rl_interval i = rl_bootstrap(d, IMAGES, FEW, 0.95, t);

		above += rl_interval_sign(&i) > 0;
		below += rl_interval_sign(&i) < 0;
	}
	*better = (double)above / TRIALS;
	*worse = (double)below / TRIALS;
}

/* 2.1 % is three standard errors of a share of 5 % in so many trials. */
static void test_coverage(void)
{
	double better, worse;

	shares(0.2, 0.2, &better, &worse);
	ok(fabs(better + worse - 0.05) < 0.021,
	   "of two that are equally good, the same %.1f %% of the time",
	   100 * (1 - better - worse));
	ok(fabs(better - worse) < 0.021, "and wrong to either side alike");
	shares(0.02, 0.02, &better, &worse);
	ok(better + worse < 0.071, "the same where they rarely differ: %.1f %%",
	   100 * (1 - better - worse));
	shares(0.3, 0.1, &better, &worse);
	ok(better > 0.98 && worse == 0, "better, where one is by 20 points: %.1f %%", 100 * better);
	shares(0.1, 0.3, &better, &worse);
	ok(worse > 0.98 && better == 0, "worse, the other way round: %.1f %%", 100 * worse);
}

int main(void)
{
	const double none[3] = {0};
	struct rl_interval zero = rl_bootstrap(none, 3, 100, 0.95, 1);

	ok(rl_interval_sign(&zero) == 0 && zero.low == 0 && zero.high == 0, "no difference");
	test_normal();
	test_coverage();
	return tap_done();
}
