/* The SVM benchmark, by both solvers, against exact optima and scikit-learn's folds; the rotation
 * against LIBLINEAR called bare on the features as they are. */
#include "eval/ap.h"
#include "eval/gram.h"
#include "eval/svm_cv.h"
#include "tap.h"

#include "base/err.h"
#include "base/rng.h"

#include <linear.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NTRAIN = 180, NTEST = 120, DIM = 24, NCLASS = 4, NCOST = 32 };

static const double grid[NCOST] = {1e-07,
				   1e-06,
				   1.9073486328125e-06,
				   3.814697265625e-06,
				   7.62939453125e-06,
				   1e-05,
				   1.52587890625e-05,
				   3.0517578125e-05,
				   6.103515625e-05,
				   0.0001,
				   0.0001220703125,
				   0.000244140625,
				   0.00048828125,
				   0.0009765625,
				   0.001,
				   0.001953125,
				   0.00390625,
				   0.0078125,
				   0.01,
				   0.015625,
				   0.03125,
				   0.0625,
				   0.1,
				   1,
				   2,
				   5,
				   10,
				   15,
				   20,
				   50,
				   100,
				   1000};

static double *rows(const char *path, size_t n)
{
	size_t count;
	double *wide = golden(path, &count);
	float *x = rl_malloc(count * sizeof(*x));

	for (size_t i = 0; i < count; i++)
		x[i] = (float)wide[i];
	rl_rows_normalise(x, n, count / n, wide);
	free(x);
	return wide;
}

/* The files are [n][class], the library wants [class][n]. */
static int8_t *labels(const char *path, size_t n)
{
	double *wide = golden(path, NULL);
	int8_t *label = rl_malloc(n * NCLASS);

	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < NCLASS; c++)
			label[c * n + i] = (int8_t)wide[i * NCLASS + c];
	free(wide);
	return label;
}

static void signs(const int8_t *label, size_t n, int8_t *y)
{
	for (size_t i = 0; i < n; i++)
		y[i] = label[i] == 1 ? 1 : -1;
}

static void test_folds(const int8_t *label)
{
	double *want = golden("svm_ap/svm.folds.npy", NULL);
	int8_t fold[NTRAIN], y[NTRAIN];
	size_t wrong = 0;

	for (size_t c = 0; c < NCLASS; c++) {
		signs(label + c * NTRAIN, NTRAIN, y);
		rl_svm_folds(y, NTRAIN, 3, fold);
		for (size_t i = 0; i < NTRAIN; i++)
			wrong += fold[i] != (int8_t)want[c * NTRAIN + i];
	}
	ok(wrong == 0, "folds are scikit-learn's");
	free(want);
}

static void test_optimum(const double *x, const int8_t *label)
{
	double *want = golden("svm_ap/svm.w_exact.npy", NULL), v[DIM + 1], worst = 0;
	struct rl_svm_set *set = rl_svm_set_new(x, NTRAIN, DIM, 1);
	int32_t row[NTRAIN];
	int8_t y[NTRAIN];
	int fits = 0, capped = 0;

	for (int i = 0; i < NTRAIN; i++)
		row[i] = i;
	for (size_t c = 0; c < NCLASS; c++) {
		signs(label + c * NTRAIN, NTRAIN, y);
		for (size_t k = 0; k < NCOST; k++) {
			bool done = rl_svm_fit(set, row, NTRAIN, y, grid[k], 1e-8, 1, v);

			capped += !done;
			if (!done)
				continue;
			fits++;
			worst = fmax(worst,
				     rel_error(v, want + (c * NCOST + k) * (DIM + 1), DIM + 1));
		}
	}
	ok(worst < 1e-6 && fits > 80, "exact optimum wherever LIBLINEAR converges: %d fits, %.1e",
	   fits, worst);
	ok(capped > 0, "a fit that reached the cap says so: %d of them", capped);
	rl_svm_set_free(set);
	free(want);
}

static const char *const names[NCLASS] = {"ant", "bee", "cat", "dog"};

static void run(const double *x, const int8_t *label, const double *cost, size_t ncost,
		int processes, struct rl_svm_result *result, double *weight, double *bias)
{
	struct rl_svm_set *set = rl_svm_set_new(x, NTRAIN, DIM, processes);

	rl_svm_benchmark(set, NTRAIN, DIM, label, NCLASS, names, cost, ncost, 7,
			 &(struct rl_workers){processes, "fits", true}, result, weight, bias);
	rl_svm_set_free(set);
}

static void run_gram(const double *x, const int8_t *label, const double *cost, size_t ncost,
		     int threads, struct rl_svm_result *result, double *weight, double *bias)
{
	double *gram = rl_malloc(NTRAIN * NTRAIN * sizeof(*gram)), *coef;

	rl_gram(x, NTRAIN, DIM, gram, threads);
	struct rl_kernel *kernel = rl_kernel_new(gram, NTRAIN, threads);
	coef = rl_malloc(NCLASS * NTRAIN * sizeof(*coef));
	rl_svm_benchmark_gram(kernel, label, NCLASS, names, cost, ncost, threads, NULL, result,
			      coef);
	rl_kernel_free(kernel);
	memset(weight, 0, NCLASS * DIM * sizeof(*weight));
	memset(bias, 0, NCLASS * sizeof(*bias));
	for (size_t i = 0; i < NCLASS * NTRAIN; i++) {
		bias[i / NTRAIN] += coef[i];
		for (size_t j = 0; j < DIM; j++)
			weight[i / NTRAIN * DIM + j] += coef[i] * x[i % NTRAIN * DIM + j];
	}
	free(coef);
}

/* One cost at a time the benchmark's numbers are those of the whole grid. */
static void test_scores(const char *solver, double most, const double *x, const int8_t *label,
			const double *test, const int8_t *test_label)
{
	bool gram = !strcmp(solver, "gram");
	double *cv = golden("svm_ap/svm.cv_ap_exact.npy", NULL);
	double *ap = golden("svm_ap/svm.test_ap_exact.npy", NULL);
	double worst_cv = 0, worst_ap = 0;

	for (size_t k = 0; k < NCOST; k++) {
		struct rl_svm_result result[NCLASS];
		double weight[NCLASS * DIM], bias[NCLASS], score[NTEST];

		if (grid[k] > most)
			continue;
		(gram ? run_gram : run)(x, label, &grid[k], 1, 2, result, weight, bias);
		for (size_t c = 0; c < NCLASS; c++) {
			rl_gram_cross(test, NTEST, weight + c * DIM, 1, DIM, score, 1);
			for (size_t i = 0; i < NTEST; i++)
				score[i] += bias[c];
			double got = rl_ap_area(score, test_label + c * NTEST, NTEST, 0);

			worst_cv = fmax(worst_cv, fabs(result[c].cv_ap - cv[c * NCOST + k]));
			worst_ap = fmax(worst_ap, fabs(got - ap[c * NCOST + k]));
		}
	}
	ok(worst_cv < 1e-4, "%s: cross-validated AP is that of the exact optimum: %.1e", solver,
	   worst_cv);
	ok(worst_ap < 1e-4, "%s: test AP is that of the exact optimum: %.1e", solver, worst_ap);
	free(cv);
	free(ap);
}

static void test_choice(const double *x, const int8_t *label)
{
	const double cost[] = {1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 0.0625},
		     want[NCLASS] = {10, 10, 1, 1};
	struct rl_svm_result a[NCLASS], b[NCLASS];
	double wa[NCLASS * DIM], wb[NCLASS * DIM], ba[NCLASS], bb[NCLASS];
	bool right = true;

	run(x, label, cost, RL_LEN(cost), 1, a, wa, ba);
	run(x, label, cost, RL_LEN(cost), 3, b, wb, bb);
	for (size_t c = 0; c < NCLASS; c++)
		right &= a[c].cost == want[c];
	ok(right, "the costs scikit-learn chooses");
	ok(!memcmp(wa, wb, sizeof(wa)) && !memcmp(ba, bb, sizeof(ba)),
	   "same bits with 1 and 3 processes");

	const double twice[] = {5, 5.0000000001};
	run(x, label, twice, 2, 2, a, wa, ba);
	ok(a[0].cost == 5, "the first cost wins a tie");
}

/* Warm-started along the grid, each class ends where scikit-learn does. */
static void test_grid(const double *x, const int8_t *label)
{
	double *cv = golden("svm_ap/svm.cv_ap_exact.npy", NULL), worst = 0, worst_w = 0;
	double *want = golden("svm_ap/svm.w_exact.npy", NULL), w[DIM + 1];
	struct rl_svm_result a[NCLASS], b[NCLASS];
	double wa[NCLASS * DIM], wb[NCLASS * DIM], ba[NCLASS], bb[NCLASS], gap = 0;
	size_t unconverged = 0;

	run_gram(x, label, grid, NCOST, 1, a, wa, ba);
	run_gram(x, label, grid, NCOST, 3, b, wb, bb);
	for (size_t c = 0; c < NCLASS; c++) {
		double best = 0;

		for (size_t k = 0; k < NCOST; k++) {
			best = fmax(best, cv[c * NCOST + k]);
			if (grid[k] != a[c].cost)
				continue;
			memcpy(w, wa + c * DIM, DIM * sizeof(*w));
			w[DIM] = ba[c];
			worst_w = fmax(worst_w,
				       rel_error(w, want + (c * NCOST + k) * (DIM + 1), DIM + 1));
		}
		worst = fmax(worst, fabs(best - a[c].cv_ap));
		unconverged += a[c].unconverged + !a[c].converged;
		gap = fmax(gap, a[c].gap);
	}
	ok(worst < 1e-4, "gram: the best cross-validated AP of the grid: %.1e", worst);
	ok(worst_w < 1e-3, "gram: and the weights at its cost: %.1e", worst_w);
	ok(unconverged == 0 && gap < 1e-6, "gram: all fits have a small duality gap: %.1e", gap);
	ok(!memcmp(wa, wb, sizeof(wa)) && !memcmp(ba, bb, sizeof(ba)),
	   "gram: same bits with 1 and 3 threads");
	free(cv);
	free(want);
}

/* LIBLINEAR on the features themselves. */
static void bare(const double *x, size_t n, size_t d, const int8_t *y, double cost, double *score)
{
	struct feature_node *node = rl_malloc(n * (d + 2) * sizeof(*node)), **row;
	double *sign = rl_malloc(n * sizeof(*sign));

	row = rl_malloc(n * sizeof(struct feature_node *));
	for (size_t i = 0; i < n; i++) {
		row[i] = node + i * (d + 2);
		sign[i] = y[i];
		for (size_t j = 0; j < d; j++)
			row[i][j] = (struct feature_node){(int)j + 1, x[i * d + j]};
		row[i][d] = (struct feature_node){(int)d + 1, 1};
		row[i][d + 1].index = -1;
	}
	struct problem problem = {(int)n, (int)d + 1, sign, row, 1};
	struct parameter parameter = {.solver_type = L2R_L2LOSS_SVC_DUAL,
				      .eps = 1e-10,
				      .C = cost,
				      .nr_weight = 2,
				      .weight_label = (int[]){1, -1},
				      .weight = (double[]){2, 1}};
	struct model *m = train(&problem, &parameter);
	for (size_t i = 0; i < n; i++)
		predict_values(m, row[i], &score[i]);
	if (m->label[0] < 0)
		for (size_t i = 0; i < n; i++)
			score[i] = -score[i];
	free_and_destroy_model(&m);
	free(row);
	free(node);
	free(sign);
}

/* More features than rows, some rows twice, so that the rank is short too. */
static void test_rotation(void)
{
	enum { N = 90, D = 400 };
	float raw[N * D];
	double x[N * D], want[N], got[N], v[D + 1], w[D], mapped[N];
	double worst = 0, worst_mapped = 0, worst_plain = 0;
	int8_t y[N];
	int32_t row[N];
	struct rl_rng r = rl_rng_make(1, 0, 0, RL_RNG_SYNTH);

	for (int i = 0; i < N; i++) {
		for (int j = 0; j < D; j++)
			raw[i * D + j] = i % 9 == 8 ? raw[(i - 4) * D + j]
						    : fmaxf(0, (float)(rl_rng_normal(&r) +
								       (i % 3 == 0 && j < 40)));
		y[i] = i % 3 == 0 ? 1 : -1;
		row[i] = i;
	}
	rl_rows_normalise(raw, N, D, x);
	struct rl_svm_set *set = rl_svm_set_new(x, N, D, 2), *plain = rl_svm_set_plain(x, N, D);
	size_t dim = rl_svm_set_dim(set);
	ok(dim == 80, "as many coordinates as the rows span: %zu", dim);
	for (double cost = 1e-5; cost < 20; cost *= 10) {
		bare(x, N, D, y, cost, want);
		rl_svm_fit(set, row, N, y, cost, 1e-10, 3, v);
		rl_svm_decide(set, v, row, N, got);
		rl_svm_weights(set, v, w);
		rl_gram_cross(x, N, w, 1, D, mapped, 1);
		for (int i = 0; i < N; i++)
			mapped[i] += v[dim];
		worst = fmax(worst, rel_error(got, want, N));
		worst_mapped = fmax(worst_mapped, rel_error(mapped, want, N));
		rl_svm_fit(plain, row, N, y, cost, 1e-10, 3, v);
		rl_svm_decide(plain, v, row, N, got);
		worst_plain = fmax(worst_plain, rel_error(got, want, N));
	}
	ok(worst < 1e-6, "rotated decision values are the unrotated ones: %.1e", worst);
	ok(worst_mapped < 1e-6, "and so are those of the weights in feature space: %.1e",
	   worst_mapped);
	ok(worst_plain < 1e-6 && rl_svm_set_dim(plain) == D, "and those without rotation: %.1e",
	   worst_plain);
	rl_svm_set_free(plain);
	rl_svm_set_free(set);
}

static void test_gram(void)
{
	enum { N = 700, D = 33 };
	static double x[N * D], a[N * N], b[N * N], c[N * N];
	struct rl_rng r = rl_rng_make(2, 0, 0, RL_RNG_SYNTH);
	double worst = 0;

	for (size_t i = 0; i < N * D; i++)
		x[i] = rl_rng_normal(&r);
	rl_gram(x, N, D, a, 1);
	rl_gram(x, N, D, b, 3);
	rl_gram_cross(x, N, x, N, D, c, 2);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++) {
			double sum = 0;

			for (size_t k = 0; k < D; k++)
				sum += x[i * D + k] * x[j * D + k];
			worst = fmax(worst, fabs(sum - a[i * N + j]));
		}
	ok(worst < 1e-12, "Gram matrix: %.1e", worst);
	ok(!memcmp(a, b, sizeof(a)), "same bits with 1 and 3 threads");
	ok(rel_error(c, a, N * N) < 1e-14, "cross products");
}

struct problem_case {
	const double *x;
	int8_t *label;
};

static void few_positives(void *arg)
{
	struct problem_case *p = arg;
	struct rl_svm_result result[NCLASS];
	double weight[NCLASS * DIM], bias[NCLASS];

	memset(p->label + 2 * NTRAIN, 0, NTRAIN);
	p->label[2 * NTRAIN + 5] = p->label[2 * NTRAIN + 9] = 1;
	run(p->x, p->label, grid, 1, 1, result, weight, bias);
}

static void one_sided(void *arg)
{
	struct problem_case *p = arg;
	double v[DIM + 1];

	rl_svm_fit(rl_svm_set_new(p->x, NTRAIN, DIM, 1), (int32_t[]){0, 1}, 2, (int8_t[]){1, 1}, 1,
		   1e-4, 1, v);
}

static void crash(size_t i, const void *context, void *result)
{
	(void)context, (void)result;
	if (i == 3)
		abort();
}

static void complain(size_t i, const void *context, void *result)
{
	(void)context, (void)result;
	if (i == 3)
		rl_die("task %zu is unhappy", i);
}

static void run_workers(void *task)
{
	int slot[8];
	void (*const *fn)(size_t, const void *, void *) = task;

	rl_workers_run(&(struct rl_workers){2, "tasks", true}, 8, *fn, NULL, slot, sizeof(*slot));
}

static void bad_costs(void *list)
{
	size_t n;

	rl_svm_costs(list, &n);
}

static void test_errors(const double *x, int8_t *label)
{
	struct problem_case p = {x, label};
	void (*task)(size_t, const void *, void *) = crash;

	ok(dies(few_positives, &p, 1, "class cat: 2 positives and 178 negatives"),
	   "fewer positives than folds: the class is named");
	ok(dies(one_sided, &p, 1, "nothing to separate"), "a fit needs both signs");
	ok(dies(run_workers, &task, 1, "a worker process died: Aborted"), "a worker that crashes");
	task = complain;
	ok(dies(run_workers, &task, 1, "task 3 is unhappy"), "a worker that gives up");
	ok(dies(bad_costs, "1,-2", 2, "--costs"), "a negative cost");
	ok(dies(bad_costs, "1,,2", 2, "--costs"), "an empty cost");
}

static void test_costs(void)
{
	size_t n;
	double *cost = rl_svm_costs(NULL, &n);

	ok(n == 19 && cost[0] == 1 && cost[2] == 100 && cost[3] == 0.0625 &&
		   cost[18] == 1.9073486328125e-06,
	   "the benchmark's 19 costs");
	free(cost);
	cost = rl_svm_costs("2,0.5", &n);
	ok(n == 2 && cost[0] == 2 && cost[1] == 0.5, "costs from a list");
	free(cost);
}

int main(void)
{
	double *x = rows("svm_ap/svm.Xtr.npy", NTRAIN), *test = rows("svm_ap/svm.Xte.npy", NTEST);
	int8_t *label = labels("svm_ap/svm.Ytr.npy", NTRAIN),
	       *test_label = labels("svm_ap/svm.Yte.npy", NTEST);

	test_costs();
	test_gram();
	test_folds(label);
	test_optimum(x, label);
	test_scores("liblinear", 10, x, label, test, test_label); /* beyond, it stops at its cap */
	test_scores("gram", 1000, x, label, test, test_label);
	test_grid(x, label);
	test_choice(x, label);
	test_rotation();
	test_errors(x, label);
	free(x);
	free(test);
	free(label);
	free(test_label);
	return tap_done();
}
