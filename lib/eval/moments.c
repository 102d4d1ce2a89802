#include "eval/moments.h"

#include "base/err.h"
#include "eval/gram.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024, MOST = 32768 };

/* LAPACK, which OpenBLAS carries. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
	     size_t uplo_length);

struct rl_moments *rl_moments_new(size_t d, size_t k)
{
	struct rl_moments *m = rl_calloc(1, sizeof(*m));

	if (d > MOST)
		rl_die("least squares: %zu features: too many", d);
	*m = (struct rl_moments){.d = d, .k = k};
	m->x = rl_calloc(d, sizeof(double));
	m->z = rl_calloc(k, sizeof(double));
	m->xx = rl_calloc(d * d, sizeof(double));
	m->zz = rl_calloc(k, sizeof(double));
	m->xz = rl_calloc(d * k, sizeof(double));
	m->wide = rl_malloc(ROOM * d * sizeof(double));
	return m;
}

void rl_moments_end(struct rl_moments *m)
{
	if (m->waiting)
		rl_gram_add(m->xx, m->wide, m->waiting, m->d);
	m->waiting = 0;
}

void rl_moments_add(struct rl_moments *m, const float *x, const double *z, size_t n)
{
	size_t d = m->d, k = m->k;

	for (size_t i = 0; i < n; i++) {
		double *row = m->wide + m->waiting * d;

		for (size_t j = 0; j < d; j++) {
			row[j] = (double)x[i * d + j];
			m->x[j] += row[j];
			for (size_t t = 0; t < k; t++)
				m->xz[j * k + t] += row[j] * z[i * k + t];
		}
		for (size_t t = 0; t < k; t++) {
			m->z[t] += z[i * k + t];
			m->zz[t] += z[i * k + t] * z[i * k + t];
		}
		m->n++;
		if (++m->waiting == ROOM)
			rl_moments_end(m);
	}
}

static void add(double *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] += from[i];
}

void rl_moments_merge(struct rl_moments *m, const struct rl_moments *other)
{
	size_t d = m->d, k = m->k;

	m->n += other->n;
	add(m->x, other->x, d);
	add(m->z, other->z, k);
	add(m->xx, other->xx, d * d);
	add(m->zz, other->zz, k);
	add(m->xz, other->xz, d * k);
}

void rl_moments_free(struct rl_moments *m)
{
	if (!m)
		return;
	free(m->x);
	free(m->z);
	free(m->xx);
	free(m->zz);
	free(m->xz);
	free(m->wide);
	free(m);
}

/* One thread, whose sums have one order; returns how many there were. */
static int alone(void)
{
	int saved = omp_get_max_threads();

	omp_set_num_threads(1);
	return saved;
}

double *rl_moments_factor(const struct rl_moments *m, const double *scale, double ridge,
			  const char *where)
{
	size_t d = m->d;
	double *a = rl_calloc(d * d, sizeof(*a)), n = (double)m->n;
	int order = (int)d, info;

	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j <= i; j++) {
			double c = m->xx[i * d + j] / n - m->x[i] / n * (m->x[j] / n);

			a[i * d + j] = scale ? c / scale[i] / scale[j] : c;
		}
		a[i * d + i] += ridge;
	}
	int saved = alone();
	/* Row-major lower is column-major upper. */
	dpotrf_("U", &order, a, &order, &info, 1);
	omp_set_num_threads(saved);
	if (info)
		rl_die("%s: the features do not vary", where);
	return a;
}

bool rl_moments_varies(const struct rl_moments *m, size_t target)
{
	double mean = m->z[target] / (double)m->n, square = m->zz[target] / (double)m->n;

	return square - mean * mean > 1e-12 * square;
}

double *rl_moments_cross(const struct rl_moments *m)
{
	size_t d = m->d, k = m->k;
	double *c = rl_realloc(NULL, d, k * sizeof(*c)), n = (double)m->n;

	for (size_t j = 0; j < d; j++)
		for (size_t t = 0; t < k; t++)
			c[j * k + t] = m->xz[j * k + t] / n - m->x[j] / n * (m->z[t] / n);
	return c;
}

/* Standard deviations; those that rounding alone can have left are infinite, which leaves their
 * features out. */
static double *scales(const struct rl_moments *m)
{
	double *s = rl_malloc(m->d * sizeof(*s)), n = (double)m->n;

	for (size_t j = 0; j < m->d; j++) {
		double mean = m->x[j] / n, square = m->xx[j * m->d + j] / n;
		double variance = square - mean * mean;

		s[j] = variance > 1e-12 * square ? sqrt(variance) : INFINITY;
	}
	return s;
}

struct rl_ridge rl_ridge_fit(const struct rl_moments *m, double lambda, const char *where)
{
	size_t d = m->d, k = m->k;
	struct rl_ridge r = {d, k, rl_moments_cross(m), rl_calloc(k, sizeof(double))};
	double *scale = scales(m), *l = rl_moments_factor(m, scale, lambda, where);
	double n = (double)m->n;

	for (size_t j = 0; j < d * k; j++)
		r.w[j] /= scale[j / k];
	int saved = alone();
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, (int)d,
		    (int)k, 1, l, (int)d, r.w, (int)k);
	cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, (int)d, (int)k,
		    1, l, (int)d, r.w, (int)k);
	omp_set_num_threads(saved);
	for (size_t j = 0; j < d * k; j++)
		r.w[j] /= scale[j / k];
	for (size_t t = 0; t < k; t++) {
		r.intercept[t] = m->z[t] / n;
		for (size_t j = 0; j < d; j++)
			r.intercept[t] -= r.w[j * k + t] * m->x[j] / n;
	}
	free(scale);
	free(l);
	return r;
}

double rl_ridge_error(const struct rl_ridge *r, const struct rl_moments *m)
{
	size_t d = r->d, k = r->k;
	double *w = rl_malloc(d * sizeof(*w)), *xw = rl_malloc(d * sizeof(*xw));
	double n = (double)m->n, error = 0;
	int saved = alone();

	for (size_t t = 0; t < k; t++) {
		double a = r->intercept[t];

		for (size_t j = 0; j < d; j++)
			w[j] = r->w[j * k + t];
		cblas_dsymv(CblasRowMajor, CblasLower, (int)d, 1, m->xx, (int)d, w, 1, 0, xw, 1);
		error += m->zz[t] - 2 * a * m->z[t] + n * a * a;
		for (size_t j = 0; j < d; j++)
			error += w[j] * (xw[j] - 2 * m->xz[j * k + t] + 2 * a * m->x[j]);
	}
	omp_set_num_threads(saved);
	free(w);
	free(xw);
	return error / n;
}

void rl_ridge_predict(const struct rl_ridge *r, const float *x, double *z)
{
	memcpy(z, r->intercept, r->k * sizeof(*z));
	for (size_t j = 0; j < r->d; j++)
		for (size_t t = 0; t < r->k; t++)
			z[t] += r->w[j * r->k + t] * (double)x[j];
}

void rl_ridge_free(struct rl_ridge *r)
{
	free(r->w);
	free(r->intercept);
	*r = (struct rl_ridge){0};
}
