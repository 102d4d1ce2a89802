#include "eval/spectrum.h"

#include "base/err.h"
#include "eval/gram.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

enum { FIRST = 4, LAST = 100 }; /* ranks of alpha-ReQ's fit */

/* LAPACK, which OpenBLAS carries. */
void dsyev_(const char *job, const char *uplo, const int *n, double *a, const int *lda, double *w,
	    double *work, const int *lwork, int *info, size_t job_length, size_t uplo_length);

/* Ascending; a[n,n] is lost. */
static double *eigenvalues(double *a, size_t n)
{
	double *w = rl_malloc(n * sizeof(*w)), size, *work;
	int order = (int)n, ask = -1, info, saved = omp_get_max_threads();

	omp_set_num_threads(1);
	dsyev_("N", "U", &order, a, &order, w, &size, &ask, &info, 1, 1);
	ask = (int)size;
	work = rl_malloc((size_t)ask * sizeof(*work));
	dsyev_("N", "U", &order, a, &order, w, work, &ask, &info, 1, 1);
	omp_set_num_threads(saved);
	if (info)
		rl_die("eigenvalues: no convergence");
	free(work);
	return w;
}

/* Squared singular values of the rows, descending, [least of n and d]: eigenvalues of the smaller
 * of the products of the matrix with itself. */
static double *squares(const float *x, size_t n, size_t step, size_t d, const double *mean,
		       int threads)
{
	bool wide = d > n;
	size_t m = wide ? n : d, k = wide ? d : n;
	double *a = rl_realloc(NULL, m, k * sizeof(*a)),
	       *gram = rl_realloc(NULL, m, m * sizeof(*a));

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++)
			a[wide ? i * d + j : j * n + i] =
				(double)x[i * step * d + j] - (mean ? mean[j] : 0);
	rl_gram(a, m, k, gram, threads);
	double *w = eigenvalues(gram, m);
	for (size_t i = 0; i < m / 2; i++) {
		double t = w[i];

		w[i] = w[m - 1 - i];
		w[m - 1 - i] = t;
	}
	free(a);
	free(gram);
	return w;
}

static double rankme(const double *square, size_t m)
{
	double sum = 0, entropy = 0;

	for (size_t i = 0; i < m; i++)
		sum += sqrt(fmax(square[i], 0));
	for (size_t i = 0; i < m; i++) {
		double p = sum > 0 ? sqrt(fmax(square[i], 0)) / sum : 0;

		entropy -= p > 0 ? p * log(p) : 0;
	}
	return exp(entropy);
}

static double alpha(const double *value, size_t m)
{
	double w = 0, x = 0, y = 0, xx = 0, xy = 0;
	int count = 0;

	/* What rounding leaves of a zero is none. */
	for (size_t rank = FIRST; rank <= LAST && rank <= m; rank++) {
		double weight = 1 / (double)rank, lx = log((double)rank);

		if (!(value[rank - 1] > 1e-12 * value[0]))
			break;
		double ly = log(value[rank - 1]);
		w += weight;
		x += weight * lx;
		y += weight * ly;
		xx += weight * lx * lx;
		xy += weight * lx * ly;
		count++;
	}
	return count < 2 ? NAN : -(w * xy - x * y) / (w * xx - x * x);
}

/* Rows evenly apart. */
static size_t step_of(size_t n)
{
	return (n + RL_SPECTRUM_ROWS - 1) / RL_SPECTRUM_ROWS;
}

double rl_rankme(const float *x, size_t n, size_t d, int threads)
{
	const size_t step = step_of(n), rows = (n + step - 1) / step;
	double *raw = squares(x, rows, step, d, NULL, threads);
	const double rank = rankme(raw, rows < d ? rows : d);

	free(raw);
	return rank;
}

struct rl_spectrum rl_spectrum(const float *x, size_t n, size_t d, int threads)
{
	const size_t step = step_of(n), rows = (n + step - 1) / step;
	double *mean = rl_calloc(d, sizeof(*mean));
	struct rl_spectrum s = {.rankme = rl_rankme(x, n, d, threads)};

	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < d; j++)
			mean[j] += (double)x[i * step * d + j] / (double)rows;
	double *centred = squares(x, rows, step, d, mean, threads);
	s.alpha = alpha(centred, rows < d ? rows : d);
	free(mean);
	free(centred);
	return s;
}
