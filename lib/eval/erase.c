#include "eval/erase.h"

#include "base/err.h"
#include "eval/moments.h"
#include "eval/placed.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#define EPS 1e-6 /* of the mean variance, added to each, so that the covariance has an inverse */
#define ALL (1 - 10 * EPS) /* of the variance, but for that */

static struct rl_moments *read_all(struct rl_placed *p)
{
	struct rl_moments *m = NULL;
	double *z = NULL;

	while (rl_placed_next(p)) {
		if (!p->n)
			continue;
		if (!m)
			m = rl_moments_new(p->d, RL_ERASE_TARGETS);
		z = rl_realloc(z, p->n, RL_ERASE_TARGETS * sizeof(*z));
		for (size_t i = 0; i < p->n; i++) {
			double x = p->at[i][0] - 0.5, y = p->at[i][1] - 0.5;
			const double target[RL_ERASE_TARGETS] = {x, y, x * x, x * y, y * y};

			for (int t = 0; t < RL_ERASE_TARGETS; t++)
				z[i * RL_ERASE_TARGETS + (size_t)t] = target[t];
		}
		rl_moments_add(m, p->x, z, p->n);
	}
	if (!m)
		rl_die("%s: no patches", p->path);
	rl_moments_end(m);
	free(z);
	return m;
}

static double mean_variance(const struct rl_moments *m)
{
	double sum = 0, n = (double)m->n;

	for (size_t j = 0; j < m->d; j++)
		sum += m->xx[j * m->d + j] / n - m->x[j] / n * (m->x[j] / n);
	return sum / (double)m->d;
}

/* The rows of u[count,d] made orthonormal, those that hardly differ from sums of others left out.
 * Returns how many are left. */
static size_t orthonormal(double *u, size_t count, size_t d)
{
	size_t kept = 0;

	for (size_t t = 0; t < count; t++) {
		double *row = u + kept * d, before = cblas_dnrm2((int)d, u + t * d, 1);

		cblas_dcopy((int)d, u + t * d, 1, row, 1);
		for (int twice = 0; twice < 2; twice++)
			for (size_t i = 0; i < kept; i++)
				cblas_daxpy((int)d, -cblas_ddot((int)d, u + i * d, 1, row, 1),
					    u + i * d, 1, row, 1);
		double norm = cblas_dnrm2((int)d, row, 1);
		if (!(norm > 1e-8 * before))
			continue;
		cblas_dscal((int)d, 1 / norm, row, 1);
		kept++;
	}
	return kept;
}

struct rl_erase rl_erase_fit(const char *path, const char *layer)
{
	struct rl_placed *p = rl_placed_open(path, layer);
	struct rl_moments *m = read_all(p);
	size_t d = m->d;
	struct rl_erase e = {.d = d, .provenance = rl_placed_provenance(p)};
	double *l = rl_moments_factor(m, NULL, EPS * mean_variance(m), p->path);
	double *cross = rl_moments_cross(m);
	int saved = omp_get_max_threads();

	omp_set_num_threads(1);
	/* u = orthonormal(L^-1 cross); out = L u, in = L^-T u. */
	e.in = rl_malloc(RL_ERASE_TARGETS * d * sizeof(*e.in));
	for (size_t t = 0; t < RL_ERASE_TARGETS; t++) {
		bool varies = rl_moments_varies(m, t);

		for (size_t j = 0; j < d; j++)
			e.in[t * d + j] = !varies ? 0 : cross[j * RL_ERASE_TARGETS + t];
		cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)d, l,
			    (int)d, e.in + t * d, 1);
	}
	e.directions = orthonormal(e.in, RL_ERASE_TARGETS, d);
	e.out = rl_malloc(RL_ERASE_TARGETS * d * sizeof(*e.out));
	for (size_t t = 0; t < e.directions; t++) {
		cblas_dcopy((int)d, e.in + t * d, 1, e.out + t * d, 1);
		cblas_dtrmv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)d, l,
			    (int)d, e.out + t * d, 1);
		cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)d, l, (int)d,
			    e.in + t * d, 1);
	}
	omp_set_num_threads(saved);
	/* Of the covariance L L^T, out^T out goes. */
	e.share = pow(cblas_dnrm2((int)(e.directions * d), e.out, 1), 2) /
		  pow(cblas_dnrm2((int)(d * d), l, 1), 2);
	if (!e.directions)
		rl_die("%s: all patches are at one place: there is nothing to take out", p->path);
	if (e.share > ALL)
		rl_die("%s: the %zu features vary in no more than the %zu directions that place "
		       "takes: nothing would be left",
		       p->path, d, e.directions);
	e.mean = rl_malloc(d * sizeof(*e.mean));
	for (size_t j = 0; j < d; j++)
		e.mean[j] = m->x[j] / (double)m->n;
	free(l);
	free(cross);
	rl_moments_free(m);
	rl_placed_close(p);
	return e;
}

void rl_erase_apply(const struct rl_erase *e, float *x, size_t n)
{
	size_t d = e->d;

#pragma omp parallel for schedule(static)
	for (size_t i = 0; i < n; i++) {
		double amount[RL_ERASE_TARGETS] = {0};
		float *row = x + i * d;

		for (size_t t = 0; t < e->directions; t++)
			for (size_t j = 0; j < d; j++)
				amount[t] += e->in[t * d + j] * ((double)row[j] - e->mean[j]);
		for (size_t t = 0; t < e->directions; t++)
			for (size_t j = 0; j < d; j++)
				row[j] = (float)((double)row[j] - amount[t] * e->out[t * d + j]);
	}
}

void rl_erase_free(struct rl_erase *e)
{
	free(e->mean);
	free(e->in);
	free(e->out);
	json_decref(e->provenance);
}
