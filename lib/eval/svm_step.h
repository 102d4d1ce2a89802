/*
 * One path of svm_path.h: the Newton steps of a fit, from one product with K to the next.
 *
 * rl_svm_begin() runs until the path needs K times its vector `asked`.  Whoever has multiplied
 * writes the product to `given` and calls rl_svm_proceed(), until that says that the fit is done.
 */
#ifndef RL_EVAL_SVM_STEP_H
#define RL_EVAL_SVM_STEP_H

#include "eval/kernel.h"

#include <stdbool.h>

/* Newton steps of a fit before it is given up; 2 to 20 are usual. */
enum { RL_SVM_STEPS = 200 };

/* What a path waits for: the product of K with its vector `asked`. */
enum rl_svm_wait {
	RL_SVM_DROP,  /* what the rows that became inactive took away */
	RL_SVM_CYCLE, /* a search direction of conjugate gradients */
	RL_SVM_STEP,  /* a step from Cholesky */
	RL_SVM_SURE,  /* beta and the step, in double */
	RL_SVM_EXACT, /* beta itself, in double */
	RL_SVM_NOTHING
};

struct rl_svm_gap {
	double value; /* of max(0, a_i) in the place of a_i = y_i beta_i */
	double wrong; /* about what rows with a_i < 0 add when these become 0 */
	double half;  /* |(w, b)|^2 / 2 */
	double loss;  /* objective less half */
};

struct rl_svm_path {
	const int8_t *y;
	double cost;
	enum rl_svm_wait wait;
	bool last; /* the exact product may end the fit */
	int steps;
	size_t rows, cycles;   /* of the step: active rows, cycles of conjugate gradients so far */
	int effort;            /* of which steps have turned out to need */
	double strict;         /* how much smaller than usual the gap of a step must be */
	double *beta, *f;      /* f = K beta */
	double *delta, *g;     /* the step, g = K delta */
	double *residual;      /* of the step's equations */
	double *asked, *given; /* given = K asked */
	double *d;             /* 1/(2 C_i), 0 for rows that are left out */
	uint8_t *active;       /* the rows that the step is about */
	bool again;            /* the search direction has a predecessor */
	double rz, target;
	size_t rank; /* of the preconditioner */
	double *factor;
	struct rl_svm_gap gap; /* of a fit that is done */
};

/* y[n] as in svm_path.h, kept. */
struct rl_svm_path *rl_svm_path_new(const int8_t *y, size_t n);
void rl_svm_path_free(struct rl_svm_path *p);

/* A fit at this cost, from where the last one ended. */
void rl_svm_begin(struct rl_svm_path *p, const struct rl_kernel *k, double cost);

/* Returns true when the fit is done: beta, f and gap are its result. */
bool rl_svm_proceed(struct rl_svm_path *p, const struct rl_kernel *k);

#endif
