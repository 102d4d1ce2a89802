/*
 * The full SVM benchmark of VOC07: for each class pick the cost by cross-validation, then fit all
 * training rows with it.
 *
 * Protocol of FAIR's self-supervision benchmark as OpenSelfSup and MMSelfSup run it: 3 stratified
 * folds without shuffling, each cost scored by the mean over folds of the step-wise average
 * precision, the first cost of the list on ties.
 */
#ifndef RL_EVAL_SVM_CV_H
#define RL_EVAL_SVM_CV_H

#include "eval/kernel.h"
#include "eval/svm.h"
#include "eval/workers.h"

enum { RL_SVM_FOLDS = 3 };

/* Costs from "1,10,0.5", in that order; NULL gives the benchmark's 19: 1, 10, 100 and 0.5^4 ...
 * 0.5^19.  free() it.  Misuse is a usage error. */
double *rl_svm_costs(const char *list, size_t *n);

/* fold[n] in 0..nfold-1, as scikit-learn's StratifiedKFold(nfold, shuffle=False) deals the rows
 * with y in {1, -1}. */
void rl_svm_folds(const int8_t *y, size_t n, int nfold, int8_t *fold);

struct rl_svm_result {
	double cost;        /* the chosen one */
	double cv_ap;       /* its mean over the folds, 0..1 */
	bool converged;     /* the final fit */
	size_t unconverged; /* how many of the others did not */
	double gap;         /* the largest duality gap over objective; 0 from LIBLINEAR */
};

/*
 * On the kernel of all n training rows, by svm_path.h: 3 folds and all rows, every class and cost.
 * label[nclass][n]: 1 is a positive, everything else trains as a negative (the benchmark's rule,
 * also for "ignore").  result[nclass]; coef[nclass][n] are the chosen fits' beta.  A class with
 * fewer positives or negatives than folds dies by its name.  `unit` is for the progress line, NULL
 * for none.  The same bits for any number of threads.
 */
void rl_svm_benchmark_gram(const struct rl_kernel *k, const int8_t *label, size_t nclass,
			   const char *const *name, const double *cost, size_t ncost, int threads,
			   const char *unit, struct rl_svm_result *result, double *coef);

/*
 * The same fit by fit with LIBLINEAR, on all rows only at the chosen cost.  weight[nclass][d] and
 * bias[nclass] are in feature space.  The same seed gives the same bits for any number of
 * processes.
 */
void rl_svm_benchmark(const struct rl_svm_set *s, size_t n, size_t d, const int8_t *label,
		      size_t nclass, const char *const *name, const double *cost, size_t ncost,
		      uint64_t seed, const struct rl_workers *workers, struct rl_svm_result *result,
		      double *weight, double *bias);

#endif
