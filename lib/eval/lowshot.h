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

#include "eval/kernel.h"

#include <stddef.h>
#include <stdint.h>

struct rl_lowshot {
	const int *shot; /* k, ascending */
	size_t nshot;
	size_t samples;
	const double *cost;
	size_t ncost;
	uint64_t seed;
	const int8_t *target; /* [nshot][samples][nclass][ntrain]: samples that are given (see
				 samples.h), NULL to draw them from the seed */

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

/* The rows of one sample of shot[shot] = k: k positives, then (C-1) k negatives, with y = 1 and -1.
 * row and y have room for C k.  A pure function of (seed, sample, k, class), or what is given. */
size_t rl_lowshot_draw(const struct rl_lowshot *l, size_t sample, size_t shot, size_t c,
		       int32_t *row, int8_t *y);

struct rl_lowshot_fits {
	size_t unconverged;
	double gap; /* the largest duality gap over objective; 0 from LIBSVM */
};

/*
 * Every fit and its test AP.  Inner products of the training rows are those of `kernel`, for the
 * solver of svm_path.h, or with NULL gram[ntrain,ntrain] for LIBSVM; cross[ntrain,ntest] are those
 * with the test rows.  stat[nshot][ncost].  `unit` is for the progress line, NULL for none.  The
 * same bits for any number of threads.
 */
struct rl_lowshot_fits rl_lowshot_run(const struct rl_lowshot *l, const struct rl_kernel *kernel,
				      const double *gram, const double *cross, int threads,
				      const char *unit, struct rl_lowshot_stat *stat);

/* The index of the cost with the best mean; the first on ties. */
size_t rl_lowshot_best(const struct rl_lowshot_stat *stat, size_t ncost);

#endif
