#include "eval/whiten.h"

#include "base/err.h"
#include "eval/gram.h"

#include <cblas.h>
#include <omp.h>
#include <stdlib.h>

enum { ROWS = 64 };

/* LAPACK, which OpenBLAS carries. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
	     size_t uplo_length);

struct rl_whiten {
	size_t n, d;
	double *mean;   /* [d]; the sum until it is fitted */
	double *factor; /* [d,d], lower: the sum of squares, then L */
	double *wide;   /* rows in double */
	size_t room;
};

struct rl_whiten *rl_whiten_new(size_t d)
{
	struct rl_whiten *w = rl_calloc(1, sizeof(*w));

	if (d > 32768)
		rl_die("whitening: %zu features: too many", d);
	w->d = d;
	w->mean = rl_calloc(d, sizeof(double));
	w->factor = rl_calloc(d * d, sizeof(double));
	return w;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void rl_whiten_add(struct rl_whiten *w, const float *x, size_t n)
{
	if (n > w->room)
		w->wide = rl_realloc(w->wide, (w->room = n) * w->d, sizeof(*w->wide));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < w->d; j++) {
			double v = (double)x[i * w->d + j];

			w->wide[i * w->d + j] = v;
			w->mean[j] += v;
		}
	rl_gram_add(w->factor, w->wide, n, w->d);
	w->n += n;
}

void rl_whiten_fit(struct rl_whiten *w, const char *where)
{
	size_t d = w->d;
	double trace = 0;
	int order = (int)d, info, saved = omp_get_max_threads();

	for (size_t j = 0; j < d; j++)
		w->mean[j] /= (double)w->n;
	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j <= i; j++)
			w->factor[i * d + j] =
				w->factor[i * d + j] / (double)w->n - w->mean[i] * w->mean[j];
		trace += w->factor[i * d + i];
	}
	for (size_t i = 0; i < d; i++)
		w->factor[i * d + i] += RL_WHITEN_EPS * trace / (double)d;
	omp_set_num_threads(1);
	/* Row-major lower is column-major upper. */
	dpotrf_("U", &order, w->factor, &order, &info, 1);
	omp_set_num_threads(saved);
	if (info)
		rl_die("%s: whitening: the rows do not vary", where);
}

void rl_whiten_apply(const struct rl_whiten *w, float *x, size_t n)
{
	size_t d = w->d;

#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < n; i += ROWS) {
		size_t m = smaller(ROWS, n - i);
		double *wide = rl_realloc(NULL, m * d, sizeof(*wide));

		for (size_t k = 0; k < m * d; k++)
			wide[k] = (double)x[i * d + k] - w->mean[k % d];
		cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, (int)m,
			    (int)d, 1, w->factor, (int)d, wide, (int)d);
		for (size_t k = 0; k < m * d; k++)
			x[i * d + k] = (float)wide[k];
		free(wide);
	}
}

void rl_whiten_free(struct rl_whiten *w)
{
	if (!w)
		return;
	free(w->mean);
	free(w->factor);
	free(w->wide);
	free(w);
}
