#include "eval/gram.h"

#include "base/err.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

enum { TILE = 256 };

/* Pivoted Cholesky of LAPACK, which OpenBLAS carries; Debian has no header for it there. */
void dpstrf_(const char *uplo, const int *n, double *a, const int *lda, int *pivot, int *rank,
	     const double *tolerance, double *work, int *info, size_t uplo_length);

static const double NORM_FLOOR = 1e-5; /* the benchmark's, added to the norm */

void rl_rows_normalise(const float *x, size_t n, size_t d, double *out)
{
	for (size_t i = 0; i < n; i++, x += d, out += d) {
		double sum = 0;

		for (size_t j = 0; j < d; j++)
			sum += (double)x[j] * (double)x[j];
		double scale = sqrt(sum) + NORM_FLOOR;
		for (size_t j = 0; j < d; j++)
			out[j] = (double)x[j] / scale;
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void check(size_t a, size_t b, size_t d)
{
	if (a > INT_MAX || b > INT_MAX || d > INT_MAX)
		rl_die("Gram matrix: %zu x %zu of %zu features: too large for BLAS", a, b, d);
}

/* Inside a parallel region OpenBLAS runs each call on the calling thread alone.  A region of one
 * thread does not count as parallel, but then OpenBLAS asks for one thread as well. */
static void tiles(const double *a, size_t na, const double *b, size_t nb, size_t d, double *out,
		  int threads, bool lower)
{
	size_t rows = (na + TILE - 1) / TILE, columns = (nb + TILE - 1) / TILE;
	int saved = omp_get_max_threads();

	check(na, nb, d);
	omp_set_num_threads(threads);
#pragma omp parallel for schedule(dynamic)
	for (size_t t = 0; t < rows * columns; t++) {
		size_t i = t / columns * TILE, j = t % columns * TILE;

		if (lower && j > i)
			continue;
		cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)smaller(TILE, na - i),
			    (int)smaller(TILE, nb - j), (int)d, 1, a + i * d, (int)d, b + j * d,
			    (int)d, 0, out + i * nb + j, (int)nb);
	}
	omp_set_num_threads(saved);
}

void rl_gram_cross(const double *a, size_t na, const double *b, size_t nb, size_t d, double *out,
		   int threads)
{
	tiles(a, na, b, nb, d, out, threads, false);
}

void rl_gram(const double *x, size_t n, size_t d, double *k, int threads)
{
	tiles(x, n, x, n, d, k, threads, true);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			k[j * n + i] = k[i * n + j];
}

void rl_gram_add(double *k, const double *x, size_t n, size_t d)
{
	size_t side = (d + TILE - 1) / TILE;

	check(d, n, d);
#pragma omp parallel for schedule(dynamic)
	for (size_t t = 0; t < side * side; t++) {
		size_t i = t / side * TILE, j = t % side * TILE;

		if (j > i)
			continue;
		cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)smaller(TILE, d - i),
			    (int)smaller(TILE, d - j), (int)n, 1, x + i, (int)d, x + j, (int)d, 1,
			    k + i * d + j, (int)d);
	}
}

void rl_rows_combine(const float *x, size_t n, size_t d, const double *coef, size_t count,
		     double *out)
{
	double *block = rl_realloc(NULL, TILE * d, sizeof(*block));

	check(n, count, d);
	for (size_t i = 0; i < n; i += TILE) {
		size_t rows = smaller(TILE, n - i);

		rl_rows_normalise(x + i * d, rows, d, block);
		cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)count, (int)d,
			    (int)rows, 1, coef + i, (int)n, block, (int)d, i > 0, out, (int)d);
	}
	free(block);
}

size_t rl_gram_factor(double *k, size_t n, int *pivot)
{
	int order = (int)n, rank, info, saved = omp_get_max_threads();
	double tolerance = -1; /* LAPACK's default */
	double *work = rl_malloc((2 * n + 1) * sizeof(*work));

	check(n, n, n);
	omp_set_num_threads(1);
	/* Row-major lower is column-major upper. */
	dpstrf_("U", &order, k, &order, pivot, &rank, &tolerance, work, &info, 1);
	omp_set_num_threads(saved);
	free(work);
	if (info < 0)
		rl_die("Gram matrix: dpstrf refuses argument %d", -info);
	for (size_t i = 0; i < n; i++)
		pivot[i]--;
	return (size_t)rank;
}
