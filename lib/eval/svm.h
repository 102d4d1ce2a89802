/*
 * The linear SVM of the VOC07 benchmark, fitted by LIBLINEAR:
 *
 *	min over (w, b)  1/2 |(w, b)|^2 + cost * sum_i c_i max(0, 1 - y_i (w.x_i + b))^2
 *
 * with c_i = 2 for positives and 1 for negatives; the bias is the weight of a constant feature 1
 * and is penalised like the others.  The problem is strictly convex, so its optimum is one point.
 *
 * Features are long and images few (8192 against 5011), so a training set with more features than
 * rows is first expressed in the coordinates of its pivoted Cholesky factor (gram.h): the same
 * inner products, hence the same optimum, in at most n dimensions, and half of those are zeros that
 * LIBLINEAR's sparse rows never touch.  Fits live in these coordinates; rl_svm_weights() takes one
 * back to feature space, where test rows need no rotation.
 */
#ifndef RL_EVAL_SVM_H
#define RL_EVAL_SVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LIBLINEAR stops when the projected gradient of its dual is within this; scikit-learn's default,
 * which the benchmark uses.  At costs above about 10 its cap of 1000 passes comes first; the fit
 * is then a good answer but not the optimum, and rl_svm_fit() says so. */
#define RL_SVM_EPS 1e-4
#define RL_SVM_POSITIVE_WEIGHT 2
#define RL_SVM_NEGATIVE_WEIGHT 1

struct rl_svm_set; /* training rows as LIBLINEAR reads them, shared by all fits */

/* x[n,d] is kept, not copied: it must outlive the set.  Dies when LIBLINEAR's int indices do not
 * suffice. */
struct rl_svm_set *rl_svm_set_new(const double *x, size_t n, size_t d, int threads);

/* The same in feature space whatever the sizes, as others use LIBLINEAR: to compare with. */
struct rl_svm_set *rl_svm_set_plain(const double *x, size_t n, size_t d);

void rl_svm_set_free(struct rl_svm_set *s);
size_t rl_svm_set_dim(const struct rl_svm_set *s); /* coordinates: d, or the rank of x if d > n */

/*
 * Fit to rows row[0..m) of the set with y[m] in {1, -1}; both must occur.  v[dim + 1] gets the
 * weights, the bias last.  Returns false when LIBLINEAR reached its cap.
 *
 * LIBLINEAR visits the rows in an order drawn from rand(), which is seeded with `seed` here: no
 * two fits may run at once in one process (workers.h).
 */
bool rl_svm_fit(const struct rl_svm_set *s, const int32_t *row, size_t m, const int8_t *y,
		double cost, double eps, uint32_t seed, double *v);

/* score[m] = decision values of rows row[0..m) of the set. */
void rl_svm_decide(const struct rl_svm_set *s, const double *v, const int32_t *row, size_t m,
		   double *score);

/* w[d] in feature space, for new rows: w.x + v[dim]. */
void rl_svm_weights(const struct rl_svm_set *s, const double *v, double *w);

#endif
