/*
 * Multinomial logistic regression to its optimum: the linear probe without a recipe.
 *
 *	minimise over W[C,D], b[C]:  mean over rows of -log softmax(W x + b)[label] + wd/2 |W|^2
 *
 * The bias is not decayed.  The problem is convex and, up to a constant added to all of b, has one
 * solution, whatever it is started from; starting near it is only faster.
 *
 * Truncated Newton: the step solves the Newton equations by conjugate gradients, each a product
 * with the Hessian of two matrix products over the data, and is halved until the objective falls
 * enough (Nocedal and Wright, Numerical Optimization, 7.1).  Matrix products are of floats, over at
 * most 2048 rows at a time; the loss and everything that is summed over rows, in double.  Work is
 * cut into fixed tiles, so the result has the same bits for any number of threads.
 */
#ifndef RL_EVAL_SOFTMAX_H
#define RL_EVAL_SOFTMAX_H

#include "eval/topk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_softmax; /* a classifier */

struct rl_softmax_data {
	const float *x; /* [n,d], finite */
	const int32_t *label;
	size_t n;
};

struct rl_softmax_fit {
	bool converged;
	int steps;       /* of Newton's method */
	int products;    /* with the Hessian, in all steps */
	double loss;     /* the mean over rows, without decay */
	double gradient; /* norm of the objective's, over its norm at W = 0, b = 0, or over 0.012
			  * if that is more: products of floats tell no less than 1e-7 of 1 */
};

#define RL_SOFTMAX_TOLERANCE 1e-5 /* converged: gradient is no larger */

/* W = 0, b = 0. */
struct rl_softmax *rl_softmax_new(size_t nclass, size_t d);
void rl_softmax_free(struct rl_softmax *m);

/* From where it stands to the optimum.  Every class must have a row and wd be above 0, or there is
 * none.  Memory is 4 C bytes a row besides the data, and seven times W in double. */
struct rl_softmax_fit rl_softmax_fit(struct rl_softmax *m, const struct rl_softmax_data *data,
				     double wd);

/* The rows whose label has the highest score, and one of the five highest; equal scores in the
 * order of classes.  right[n], unless NULL, gets which rows are the former. */
struct rl_topk rl_softmax_score(const struct rl_softmax *m, const struct rl_softmax_data *data,
				bool *right);

/* [C][D+1], the bias last; may be written to. */
double *rl_softmax_weights(struct rl_softmax *m);

/* The objective, and its gradient [C][D+1]; for tests. */
double rl_softmax_objective(const struct rl_softmax *m, const struct rl_softmax_data *data,
			    double wd, double *gradient);

#endif
