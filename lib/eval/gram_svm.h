/*
 * The SVM of svm.h for few rows, fitted by LIBSVM on inner products alone.
 *
 * LIBSVM solves another problem: a hinge that is not squared, and a bias that costs nothing.  Two
 * changes of the kernel matrix K (K_ij = x_i.x_j) turn its dual into ours.
 *
 * Squared hinge.  The dual of cost C_i times a squared hinge has no upper bound on a_i, and a term
 * a_i^2 / (4 C_i) instead, that is, half a quadratic form with 1 / (2 C_i) added to K_ii.
 *
 * Penalised bias.  Penalising b like a weight adds 1 to every K_ij and drops the constraint
 * sum_i y_i a_i = 0, and then b = s = sum_i y_i a_i.  LIBSVM always keeps the constraint.  So give
 * it two more points, p of class +1 and m of class -1, whose kernel is kappa with themselves and 0
 * with all else.  The constraint now reads a_m - a_p = s and leaves a_p + a_m free; the terms
 * kappa/2 (a_p^2 + a_m^2) - a_p - a_m are least at a_p = 1/kappa - s/2, a_m = 1/kappa + s/2, where
 * they come to kappa/4 s^2 and a constant.  With beta added to all K_ij, beta + kappa/2 = 1, what
 * is left for s is s^2/2: exactly the penalty of the bias.
 *
 * This needs a_p and a_m to be positive, |s| < 2/kappa.  The optimum of the primal is no worse than
 * w = 0, b = 0, so b^2 / 2 <= sum_i C_i, and kappa = min(1, 1 / sqrt(2 sum_i C_i)) keeps twice that
 * distance whatever the cost.
 *
 * The decision value of x is sum_i a_i y_i (x_i.x + 1).
 */
#ifndef RL_EVAL_GRAM_SVM_H
#define RL_EVAL_GRAM_SVM_H

#include <stddef.h>
#include <stdint.h>

/* LIBSVM's stopping tolerance, in units of the margin. */
#define RL_GRAM_SVM_EPS 1e-4

struct rl_gram_svm; /* one set of rows with their signs, for fits at several costs */

/* gram[n,n] are inner products; row[m] picks points, y[m] is 1 or -1 and both occur. */
struct rl_gram_svm *rl_gram_svm_new(const double *gram, size_t n, const int32_t *row, size_t m,
				    const int8_t *y);
void rl_gram_svm_free(struct rl_gram_svm *s);

/* coef[m] = y_i a_i at the optimum for this cost, class weights as in svm.h. */
void rl_gram_svm_fit(struct rl_gram_svm *s, double cost, double eps, double *coef);

#endif
