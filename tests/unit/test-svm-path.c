/* The Newton solver on a Gram matrix against exact optima, against LIBLINEAR, and on data that
 * solvers stumble over. */
#include "eval/gram.h"
#include "eval/svm_cv.h"
#include "eval/svm_path.h"
#include "tap.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct rl_kernel *kernel_of(const double *x, size_t n, size_t d, int threads)
{
	double *gram = rl_realloc(NULL, n, n * sizeof(*gram));

	rl_gram(x, n, d, gram, threads);
	return rl_kernel_new(gram, n, threads);
}

static double objective(const double *x, const int8_t *y, size_t n, size_t d, double cost,
			const double *w)
{
	double sum = 0;

	for (size_t j = 0; j <= d; j++)
		sum += w[j] * w[j] / 2;
	for (size_t i = 0; i < n; i++) {
		double f = w[d];

		for (size_t j = 0; j < d; j++)
			f += w[j] * x[i * d + j];
		double xi = fmax(0, 1 - y[i] * f);
		if (y[i])
			sum += cost * (y[i] > 0 ? 2 : 1) * xi * xi;
	}
	return sum;
}

/* What a run left behind, all fits of all paths. */
struct kept {
	size_t n, ncost;
	double *beta, *gap; /* [path][ncost][n], [path][ncost] */
	int fits;
	bool converged;
};

static void keep(void *context, const struct rl_svm_fit *fit)
{
	struct kept *k = context;
	size_t at = fit->path * k->ncost + fit->cost;

	memcpy(k->beta + at * k->n, fit->beta, k->n * sizeof(*k->beta));
	k->gap[at] = fit->gap;
#pragma omp critical
	{
		k->fits++;
		k->converged &= fit->converged;
	}
}

static struct kept run(const struct rl_kernel *kernel, const int8_t *y, size_t count,
		       const double *cost, size_t ncost, int threads)
{
	struct kept k = {.n = kernel->n, .ncost = ncost, .converged = true};

	k.beta = rl_realloc(NULL, count * ncost, k.n * sizeof(*k.beta));
	k.gap = rl_calloc(count * ncost, sizeof(*k.gap));
	rl_svm_paths_run(&(struct rl_svm_paths){.kernel = kernel,
						.y = y,
						.count = count,
						.cost = cost,
						.ncost = ncost,
						.threads = threads,
						.fitted = keep,
						.context = &k});
	return k;
}

static void release(struct kept *k)
{
	free(k->beta);
	free(k->gap);
}

static void weights(const double *x, size_t n, size_t d, const double *beta, double *w)
{
	memset(w, 0, (d + 1) * sizeof(*w));
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < d; j++)
			w[j] += beta[i] * x[i * d + j];
		w[d] += beta[i];
	}
}

enum { N = 420, DIM = 900 };

/* Non-negative features, more of them than rows; some rows twice, a few of those with the other
 * sign, some zero. */
static void awkward(double *x, int8_t *y, uint64_t seed)
{
	struct rl_rng r = rl_rng_make(seed, 0, 0, RL_RNG_SYNTH);
	float *raw = rl_calloc(N * DIM, sizeof(*raw));

	for (int i = 0; i < N; i++) {
		y[i] = i % 11 == 0 ? 1 : -1;
		for (int j = 0; j < DIM; j++)
			raw[i * DIM + j] =
				i % 50 == 7  ? 0
				: i % 9 == 8 ? raw[(i - 4) * DIM + j]
					     : fmaxf(0, (float)(rl_rng_normal(&r) +
								(y[i] > 0 && j < 90) + j % 3));
	}
	rl_rows_normalise(raw, N, DIM, x);
	free(raw);
}

static const double costs[] = {1, 10, 100, 0.0625, 0.001, 1.9e-6, 1000, 1e-8};

/* Objectives can be compared where LIBLINEAR converges. */
static void test_liblinear(const double *x, const int8_t *y, const struct rl_kernel *kernel)
{
	struct kept k = run(kernel, y, 1, costs, RL_LEN(costs), 2);
	struct rl_svm_set *set = rl_svm_set_new(x, N, DIM, 1);
	double *v = rl_malloc((N + 1) * sizeof(*v)), w[DIM + 1], best[DIM + 1], worst = 0, gap = 0;
	double worst_w = 0;
	int32_t row[N];
	int compared = 0;

	for (int i = 0; i < N; i++)
		row[i] = i;
	for (size_t c = 0; c < RL_LEN(costs); c++) {
		gap = fmax(gap, k.gap[c]);
		if (!rl_svm_fit(set, row, N, y, costs[c], 1e-9, 1, v))
			continue;
		rl_svm_weights(set, v, best);
		best[DIM] = v[rl_svm_set_dim(set)];
		weights(x, N, DIM, k.beta + c * N, w);
		double theirs = objective(x, y, N, DIM, costs[c], best);
		worst = fmax(worst, objective(x, y, N, DIM, costs[c], w) / theirs - 1);
		worst_w = fmax(worst_w, rel_error(w, best, DIM + 1));
		compared++;
	}
	ok(compared >= 4 && worst < 1e-6, "LIBLINEAR's objective: %d fits, %.1e over it", compared,
	   worst);
	ok(worst_w < 1e-3, "and its weights: %.1e", worst_w);
	ok(k.converged && k.fits == RL_LEN(costs) && gap < RL_SVM_GAP,
	   "every fit has its certificate: largest gap %.1e", gap);
	rl_svm_set_free(set);
	free(v);
	release(&k);
}

/* The gap is what it says: no objective of another vector is below objective - gap. */
static void test_gap(const double *x, const int8_t *y, const struct rl_kernel *kernel)
{
	struct kept k = run(kernel, y, 1, costs, RL_LEN(costs), 1);
	double w[DIM + 1], least = INFINITY;

	for (size_t c = 0; c < RL_LEN(costs); c++) {
		weights(x, N, DIM, k.beta + c * N, w);
		double here = objective(x, y, N, DIM, costs[c], w), dual = 0;
		for (int j = 0; j <= DIM; j++)
			dual -= w[j] * w[j] / 2;
		for (int i = 0; i < N; i++) {
			double a = y[i] * k.beta[c * N + i];

			dual += a - a * a / (4 * costs[c] * (y[i] > 0 ? 2 : 1));
			least = fmin(least, a);
		}
		if (fabs((here - dual) / here - k.gap[c]) > 1e-9)
			diag("cost %g: gap %g, primal less dual %g", costs[c], k.gap[c],
			     (here - dual) / here);
		least = fabs((here - dual) / here - k.gap[c]) > 1e-9 ? -1 : least;
	}
	ok(least >= 0, "the gap is primal less dual, of a point that the dual allows");
	release(&k);
}

/* Three paths that differ: all rows, rows left out, one positive; and one class alone. */
static void test_paths(const double *x, const int8_t *y, const struct rl_kernel *kernel)
{
	enum { PATHS = 4 };
	static int8_t signs[PATHS * N];
	double w[DIM + 1], alone[DIM + 1], worst = 0;

	for (int i = 0; i < N; i++) {
		signs[i] = y[i];
		signs[N + i] = i % 3 ? y[i] : 0;
		signs[2 * N + i] = i == 22 ? 1 : i % 20 == 1 ? -1 : 0;
		signs[3 * N + i] = y[i] < 0 ? -1 : 0;
	}
	struct kept a = run(kernel, signs, PATHS, costs, RL_LEN(costs), 1);
	struct kept b = run(kernel, signs, PATHS, costs, RL_LEN(costs), 3);
	ok(!memcmp(a.beta, b.beta, PATHS * RL_LEN(costs) * N * sizeof(double)),
	   "the same bits with 1 and 3 threads");
	ok(a.converged && a.fits == PATHS * RL_LEN(costs), "all paths end, also with one class");

	/* the second path on a kernel of its rows alone */
	int32_t row[N];
	int8_t own[N];
	size_t m = 0;
	for (int i = 0; i < N; i++)
		if (signs[N + i]) {
			own[m] = signs[N + i];
			row[m++] = i;
		}
	struct rl_kernel *part = rl_kernel_part(kernel, row, m);
	struct kept p = run(part, own, 1, costs, RL_LEN(costs), 1);
	double *xs = rl_malloc(m * DIM * sizeof(*xs));
	for (size_t i = 0; i < m; i++)
		memcpy(xs + i * DIM, x + (size_t)row[i] * DIM, DIM * sizeof(*xs));
	for (size_t c = 0; c < RL_LEN(costs); c++) {
		weights(x, N, DIM, a.beta + (RL_LEN(costs) + c) * N, w);
		weights(xs, m, DIM, p.beta + c * m, alone);
		worst = fmax(worst, rel_error(alone, w, DIM + 1));
	}
	ok(worst < 1e-3, "left-out rows do not matter; part of a kernel: %.1e", worst);
	free(xs);
	rl_kernel_free(part);
	release(&p);
	release(&a);
	release(&b);
}

/* Enough rows for conjugate gradients at every cost, and noise that no plane separates.  The more
 * features and the more alike the rows, the less do the kernel's first columns say of it. */
static void test_many(size_t d, float alike, double most)
{
	enum { M = 2300 };
	float *raw = rl_malloc(M * d * sizeof(*raw));
	double *x = rl_malloc(M * d * sizeof(*x)), *w = rl_malloc((d + 1) * sizeof(*w));
	const double cost[] = {most / 1e5, most / 100, most};
	int8_t y[M];
	struct rl_rng r = rl_rng_make(9, 0, 0, RL_RNG_SYNTH);

	for (size_t i = 0; i < M; i++) {
		y[i] = rl_rng_below(&r, 3) ? -1 : 1;
		for (size_t j = 0; j < d; j++)
			raw[i * d + j] = fmaxf(0, (float)rl_rng_normal(&r) + alike);
	}
	rl_rows_normalise(raw, M, d, x);
	struct rl_kernel *kernel = kernel_of(x, M, d, 2);
	struct kept k = run(kernel, y, 1, cost, RL_LEN(cost), 2);
	double dual = 0;
	weights(x, M, d, k.beta + 2 * M, w);
	double primal = objective(x, y, M, d, most, w);
	for (size_t j = 0; j <= d; j++)
		dual -= w[j] * w[j] / 2;
	for (size_t i = 0; i < M; i++) {
		double a = y[i] * k.beta[2 * M + i];

		dual += a - a * a / (4 * most * (y[i] > 0 ? 2 : 1));
	}
	ok(k.converged && (primal - dual) / primal < RL_SVM_GAP,
	   "2300 rows of %zu features that cannot be separated: duality gap %.1e", d,
	   (primal - dual) / primal);
	release(&k);
	rl_kernel_free(kernel);
	free(w);
	free(x);
	free(raw);
}

static void hopeless(void *arg)
{
	(void)arg;
	const double x[] = {0, 0}; /* two rows that are the same */
	struct rl_kernel *kernel = kernel_of(x, 2, 1, 1);
	struct kept k = run(kernel, (int8_t[]){1, -1}, 1, (double[]){1e300}, 1, 1);
	release(&k);
}

int main(void)
{
	double *x = rl_malloc(N * DIM * sizeof(*x));
	int8_t y[N];

	awkward(x, y, 1);
	struct rl_kernel *kernel = kernel_of(x, N, DIM, 2);
	test_liblinear(x, y, kernel);
	test_gap(x, y, kernel);
	test_paths(x, y, kernel);
	test_many(300, 1, 10);
	test_many(1200, 8, 1000);
	ok(dies(hopeless, NULL, 1, "is too large for these features"), "a cost beyond arithmetic");
	rl_kernel_free(kernel);
	free(x);
	return tap_done();
}
