/*
 * The low-shot SVM benchmark of VOC07: fits on k positives and (C-1) k negatives of each class.
 *
 * Protocol of FAIR's self-supervision benchmark as OpenSelfSup and MMSelfSup run it.  For each of
 * several independent samples, each k and each class, the rows are drawn without replacement and a
 * fit is made at each cost.  A (sample, k, cost) scores the mean over classes of the test AP
 * (area); a (k, cost) the mean, least, greatest and standard deviation over samples; and k gets the
 * cost with the best mean, one for all classes.  That cost is chosen on the test set: the published
 * numbers are, so these must be.
 */
#ifndef RL_EVAL_LOWSHOT_H
#define RL_EVAL_LOWSHOT_H

#include "eval/workers.h"

#include <stddef.h>
#include <stdint.h>

struct rl_lowshot {
	const int *shot; /* k, ascending */
	size_t nshot;
	size_t samples;
	const double *cost;
	size_t ncost;
	uint64_t seed;

	size_t nclass;
	const char *const *name;
	const int8_t *train_label, *test_label; /* [nclass][ntrain], [nclass][ntest]: 1, 0, -1 */
	size_t ntrain, ntest;
};

/* Over the samples; AP in 0..1. */
struct rl_lowshot_stat {
	double mean, min, max, std; /* std is the population's */
};

/* Dies, naming class and k, when a class has too few positives or negatives for some k.  Rows
 * labelled -1 are never drawn. */
void rl_lowshot_check(const struct rl_lowshot *l);

/* The rows of one draw: k positives, then (C-1) k negatives, with y = 1 and -1.  row and y have
 * room for C k.  A pure function of (seed, sample, k, class). */
size_t rl_lowshot_draw(const struct rl_lowshot *l, size_t sample, int k, size_t c, int32_t *row,
		       int8_t *y);

/* gram[ntrain,ntrain] and cross[ntrain,ntest] are inner products.  stat[nshot][ncost]. */
void rl_lowshot_run(const struct rl_lowshot *l, const double *gram, const double *cross,
		    const struct rl_workers *workers, struct rl_lowshot_stat *stat);

/* The index of the cost with the best mean; the first on ties. */
size_t rl_lowshot_best(const struct rl_lowshot_stat *stat, size_t ncost);

#endif
