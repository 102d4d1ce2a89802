/*
 * Inner products of feature rows, on OpenBLAS.
 *
 * The work is cut into fixed tiles and each tile is one single-threaded BLAS call, so the result
 * has the same bits for any number of threads.
 */
#ifndef RL_EVAL_GRAM_H
#define RL_EVAL_GRAM_H

#include <stddef.h>

/* out[n,d] = each row of x[n,d] divided by (its L2 norm + 1e-5), in double. */
void rl_rows_normalise(const float *x, size_t n, size_t d, double *out);

/* out[na,nb] = a[na,d] b[nb,d]^T. */
void rl_gram_cross(const double *a, size_t na, const double *b, size_t nb, size_t d, double *out,
		   int threads);

/* k[n,n] = x[n,d] x^T, both triangles. */
void rl_gram(const double *x, size_t n, size_t d, double *k, int threads);

/* The lower triangle of k[d,d] += x[n,d]^T x; in tiles, some of which reach above it. */
void rl_gram_add(double *k, const double *x, size_t n, size_t d);

/* out[count][d] = coef[count][n] times the normalised rows of x[n,d], a block of them at a time. */
void rl_rows_combine(const float *x, size_t n, size_t d, const double *coef, size_t count,
		     double *out);

/*
 * Pivoted Cholesky of a Gram matrix: coordinates of the same points, with the same inner products,
 * in as few dimensions as they span.
 *
 * k[n,n] is overwritten: row i of its lower triangle, cut at `rank` columns, becomes the
 * coordinates of point pivot[i].  Returns the rank (up to rounding: what is left of a point is
 * below n * 2^-52 of the largest squared norm).
 */
size_t rl_gram_factor(double *k, size_t n, int *pivot);

#endif
