/*
 * Whitening: after it the rows it was fitted to have mean 0 and covariance I.
 *
 * Rows become L^-1 (x - mean), where L L^T is their covariance plus RL_WHITEN_EPS times its mean
 * diagonal.  That differs from PCA whitening, onto principal axes, by a rotation alone, so
 * distances and inner products are the same, and needs no eigenvalues.  The same bits for any
 * number of threads.  Memory is two matrices of d x d in double.
 */
#ifndef RL_EVAL_WHITEN_H
#define RL_EVAL_WHITEN_H

#include <stddef.h>

#define RL_WHITEN_EPS 1e-5

struct rl_whiten;

struct rl_whiten *rl_whiten_new(size_t d);
void rl_whiten_add(struct rl_whiten *w, const float *x, size_t n); /* x[n,d] */
/* After all were added.  Dies, naming `where`, when they do not vary. */
void rl_whiten_fit(struct rl_whiten *w, const char *where);
void rl_whiten_apply(const struct rl_whiten *w, float *x, size_t n);
void rl_whiten_free(struct rl_whiten *w);

#endif
