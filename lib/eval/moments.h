/*
 * Sums over rows of features and of a few targets: all that least squares needs, whatever the
 * number of rows.  In double; the same bits for any number of threads.  Memory is d^2 doubles.
 */
#ifndef RL_EVAL_MOMENTS_H
#define RL_EVAL_MOMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct rl_moments {
	size_t n, d, k;
	double *x, *z;   /* [d], [k]: sums */
	double *xx, *zz; /* [d,d], the lower triangle; [k]: of squares */
	double *xz;      /* [d,k]: of products */

	double *wide; /* rows that wait to be added together */
	size_t waiting;
};

struct rl_moments *rl_moments_new(size_t d, size_t k);
void rl_moments_add(struct rl_moments *m, const float *x, const double *z, size_t n);
/* Add the sums of `other`, which no more rows may be added to; and end those of m likewise. */
void rl_moments_end(struct rl_moments *m);
void rl_moments_merge(struct rl_moments *m, const struct rl_moments *other);
void rl_moments_free(struct rl_moments *m);

/* The covariance matrix as a Cholesky factor, [d,d] row by row, lower, of the features divided by
 * scale[d] (NULL: as they are), `ridge` added to its diagonal; zeros above.  Dies, naming `where`,
 * when it is not positive.  free() it. */
double *rl_moments_factor(const struct rl_moments *m, const double *scale, double ridge,
			  const char *where);
/* Whether a target does, by more than rounding. */
bool rl_moments_varies(const struct rl_moments *m, size_t target);
/* [d,k]: covariances of features and targets. */
double *rl_moments_cross(const struct rl_moments *m);

/*
 * Ridge regression: the targets are w^T x + intercept, w[d,k].  Features are standardised for it,
 * those that do not vary left out, so that `lambda` compares with variances of 1:
 *
 *	minimise  mean |z - w^T x - intercept|^2 + lambda |scale w|^2
 */
struct rl_ridge {
	size_t d, k;
	double *w, *intercept;
};

struct rl_ridge rl_ridge_fit(const struct rl_moments *m, double lambda, const char *where);
/* The mean squared error, summed over the targets, on the rows that the moments are of. */
double rl_ridge_error(const struct rl_ridge *r, const struct rl_moments *m);
void rl_ridge_predict(const struct rl_ridge *r, const float *x, double *z);
void rl_ridge_free(struct rl_ridge *r);

#endif
