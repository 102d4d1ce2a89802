#include "eval/kernel.h"

#include "base/err.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 128 };

/* What is left of a point is noise below this. */
static const double DEPLETED = 1e-7;

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void center(struct rl_kernel *k)
{
	size_t entries = k->n * k->n;

	k->mean = 0;
	for (size_t i = 0; i < entries; i++)
		k->mean += k->exact[i] / (double)entries;
	k->fast = rl_malloc((entries + 1) * sizeof(*k->fast));
	for (size_t i = 0; i < entries; i++)
		k->fast[i] = (float)(k->exact[i] - k->mean);
}

/* Pivoted Cholesky, a column at a time, until its columns or the points are used up. */
static void factorise(struct rl_kernel *k, int threads)
{
	size_t n = k->n, most = n < RL_KERNEL_RANK ? n : RL_KERNEL_RANK;
	double *left = rl_malloc((n + 1) * sizeof(*left));
	double *l = k->factor = rl_calloc(n + 1, most * sizeof(*l));

	k->stride = most;
	k->rest = rl_malloc((most + 1) * sizeof(*k->rest));
	for (size_t i = 0; i < n; i++)
		left[i] = k->exact[i * n + i];
	for (k->rank = 0; k->rank < most; k->rank++) {
		size_t r = k->rank, pivot = 0;

		for (size_t i = 0; i < n; i++)
			if (left[i] > left[pivot])
				pivot = i;
		k->rest[r] = left[pivot];
		if (left[pivot] < DEPLETED)
			break;
		double root = sqrt(left[pivot]);
		const double *of = l + pivot * most;
#pragma omp parallel for num_threads(threads)
		for (size_t i = 0; i < n; i++) {
			double *row = l + i * most, value = k->exact[pivot * n + i];

			if (i == pivot)
				continue;
			for (size_t j = 0; j < r; j++)
				value -= row[j] * of[j];
			row[r] = value / root;
			left[i] -= row[r] * row[r];
		}
		l[pivot * most + r] = root;
		left[pivot] = 0;
	}
	free(left);
}

struct rl_kernel *rl_kernel_new(double *gram, size_t n, int threads)
{
	struct rl_kernel *k = rl_calloc(1, sizeof(*k));

	if (n > INT_MAX)
		rl_die("SVM: %zu rows: too many for BLAS", n);
	k->n = n;
	k->exact = gram;
	for (size_t i = 0; i < n * n; i++)
		k->exact[i] += 1;
	center(k);
	factorise(k, threads);
	return k;
}

/* A part of the factor is a factor of the part, and what it leaves over is no larger. */
struct rl_kernel *rl_kernel_part(const struct rl_kernel *k, const int32_t *row, size_t m)
{
	struct rl_kernel *part = rl_calloc(1, sizeof(*part));
	size_t columns = k->rank;

	*part = (struct rl_kernel){.n = m, .mean = k->mean, .rank = columns, .stride = columns};
	part->exact = rl_malloc((m * m + 1) * sizeof(*part->exact));
	part->fast = rl_malloc((m * m + 1) * sizeof(*part->fast));
	part->factor = rl_malloc((m * columns + 1) * sizeof(*part->factor));
	part->rest = rl_malloc((columns + 1) * sizeof(*part->rest));
	memcpy(part->rest, k->rest, columns * sizeof(*part->rest));
	for (size_t i = 0; i < m; i++) {
		size_t from = (size_t)row[i];

		for (size_t j = 0; j < m; j++) {
			part->exact[i * m + j] = k->exact[from * k->n + (size_t)row[j]];
			part->fast[i * m + j] = k->fast[from * k->n + (size_t)row[j]];
		}
		memcpy(part->factor + i * columns, k->factor + from * k->stride,
		       columns * sizeof(*part->factor));
	}
	return part;
}

void rl_kernel_free(struct rl_kernel *k)
{
	if (!k)
		return;
	free(k->exact);
	free(k->fast);
	free(k->factor);
	free(k->rest);
	free(k);
}

/* As in gram.c: fixed tiles, each one single-threaded call, so that the bits do not depend on the
 * threads. */
void rl_kernel_times_fast(const struct rl_kernel *k, const float *v, const double *sum,
			  size_t count, float *out, int threads)
{
	int n = (int)k->n, saved = omp_get_max_threads();

	omp_set_num_threads(threads);
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < k->n; i += TILE) {
		size_t width = smaller(TILE, k->n - i);

		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)width, n, 1,
			    v, n, k->fast + i * k->n, n, 0, out + i, n);
		for (size_t c = 0; c < count; c++)
			for (size_t j = i; j < i + width; j++)
				out[c * k->n + j] += (float)(k->mean * sum[c]);
	}
	omp_set_num_threads(saved);
}
