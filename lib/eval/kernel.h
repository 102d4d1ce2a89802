/*
 * The Gram matrix that the SVM fits of one layer share, prepared for the solver of svm_path.h.
 *
 * It holds K_ij = x_i.x_j + 1 (the 1 is the bias: a constant feature that is penalised like the
 * others) three times: in double, where a fit is judged; in float without its mean, where the work
 * is done; and as the first columns of its pivoted Cholesky factor, which precondition that work.
 * 12 n^2 bytes and at most 8 n RL_KERNEL_RANK more.
 */
#ifndef RL_EVAL_KERNEL_H
#define RL_EVAL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { RL_KERNEL_RANK = 640 };

struct rl_kernel {
	size_t n;
	double *exact; /* [n,n], both triangles */
	float *fast;   /* [n,n], exact - mean */
	double mean;
	size_t rank, stride; /* columns of the factor; its rows are `stride` apart */
	double *factor;
	double *rest; /* [rank]: the largest diagonal element that the columns before leave over */
};

/* gram[n,n] as rl_gram() makes it; taken, not copied. */
struct rl_kernel *rl_kernel_new(double *gram, size_t n, int threads);

/* That of rows row[0..m) alone. */
struct rl_kernel *rl_kernel_part(const struct rl_kernel *k, const int32_t *row, size_t m);

void rl_kernel_free(struct rl_kernel *k);

/* out[count][n] = K v[count][n] in float, of vectors that sum[count] sums up in double; `count` in
 * one go are much cheaper than one by one.  In double rl_gram_cross() does it: K is symmetric. */
void rl_kernel_times_fast(const struct rl_kernel *k, const float *v, const double *sum,
			  size_t count, float *out, int threads);

#endif
