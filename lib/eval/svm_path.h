/*
 * The SVM of svm.h along many paths of ascending cost at once, on inner products alone.
 *
 * The optimum is w = sum_i beta_i x_i with beta_i = 2 C_i y_i max(0, 1 - y_i f_i), f = K beta, so a
 * Newton step of the primal (Chapelle, "Training a support vector machine in the primal", 2007)
 * solves (K + D) beta = y on the active rows, those with y_i f_i < 1, where D_ii = 1/(2 C_i), and
 * looks along the line for the least objective.  Few active rows are solved by Cholesky; many by
 * conjugate gradients, preconditioned by the first columns of the pivoted Cholesky factor of K, or,
 * when these take as long, by Cholesky, too: then a thread needs 8 n^2 bytes more.
 *
 * All paths share K, and all that a path ever asks of it is a product with a vector: so they run
 * side by side, each at a step of its own, and their products are taken together, as one matrix
 * product.  The work is done in float; what ends a fit is its duality gap, computed in double with
 * K beta in double.  For a_i = y_i beta_i >= 0 it is a sum of terms that are none of them negative,
 *
 *	(a_i - 2 C_i xi_i)^2 / (4 C_i)                     where xi_i = 1 - y_i f_i > 0,
 *	a_i (y_i f_i - 1) + a_i^2 / (4 C_i)                elsewhere,
 *
 * and bounds how far the objective is from the optimum, whatever happened on the way.
 */
#ifndef RL_EVAL_SVM_PATH_H
#define RL_EVAL_SVM_PATH_H

#include "eval/kernel.h"

#include <stdbool.h>

/* A fit is done when its duality gap is at most this part of |(w, b)|^2 / 2, which is less than the
 * objective.  The distance to the optimum is then at most 1e-4 |(w, b)|. */
#define RL_SVM_GAP 1e-8

struct rl_svm_fit {
	size_t path, cost;      /* which; the cost is an index of the caller's list */
	const double *beta;     /* [n], zero where y is; sum_i beta_i is the bias */
	const double *decision; /* [n], of all rows of the kernel: K beta */
	double gap;             /* duality gap over objective */
	bool converged;         /* false: given up, the gap is too large */
};

struct rl_svm_paths {
	const struct rl_kernel *kernel;
	const int8_t *y; /* [count][n]: 1, -1, or 0 for rows that a path leaves out */
	size_t count;
	const double *cost; /* any order */
	size_t ncost;
	int threads;
	const char *unit; /* of the progress line; NULL for none */

	/* Called once for each path and cost, by several threads at once for different paths. */
	void (*fitted)(void *context, const struct rl_svm_fit *fit);
	void *context;
};

/* The same bits for any number of threads. */
void rl_svm_paths_run(const struct rl_svm_paths *s);

#endif
