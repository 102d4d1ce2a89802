/* The Gram-matrix SVM against LIBLINEAR at a tight tolerance, and the low-shot protocol's draws and
 * sums. */
#include "eval/ap.h"
#include "eval/gram.h"
#include "eval/gram_svm.h"
#include "eval/lowshot.h"
#include "eval/svm.h"
#include "tap.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 240, NTEST = 150, DIM = 60, NCLASS = 4 };

/* Non-negative features, as a ReLU leaves them; class c is stronger in a sixth of them. */
static void world(double *x, int8_t *label, size_t n, uint64_t id)
{
	struct rl_rng r = rl_rng_make(3, 0, id, RL_RNG_SYNTH);
	float *raw = rl_malloc(n * DIM * sizeof(*raw));

	for (size_t i = 0; i < n; i++) {
		size_t own = rl_rng_below(&r, NCLASS);

		for (size_t c = 0; c < NCLASS; c++)
			label[c * n + i] = c == own ? 1 : rl_rng_below(&r, 8) ? 0 : -1;
		for (size_t j = 0; j < DIM; j++)
			raw[i * DIM + j] =
				fmaxf(0, (float)(rl_rng_normal(&r) + 0.7 * (j / 10 == own)));
	}
	rl_rows_normalise(raw, n, DIM, x);
	free(raw);
}

struct fixture {
	double x[N * DIM], test[NTEST * DIM], gram[N * N], cross[N * NTEST];
	int8_t label[NCLASS * N], test_label[NCLASS * NTEST];
};

static const char *const names[NCLASS] = {"ant", "bee", "cat", "dog"};
static const int shots[] = {1, 2, 8};
static const double costs[] = {0.001, 0.1, 10};

static struct rl_lowshot protocol(const struct fixture *f)
{
	return (struct rl_lowshot){.shot = shots,
				   .nshot = RL_LEN(shots),
				   .samples = 3,
				   .cost = costs,
				   .ncost = RL_LEN(costs),
				   .seed = 5,
				   .nclass = NCLASS,
				   .name = names,
				   .train_label = f->label,
				   .test_label = f->test_label,
				   .ntrain = N,
				   .ntest = NTEST};
}

/* Test decision values of both solvers on m rows; LIBLINEAR's bias is the sum of coefficients. */
static double disagreement(const struct fixture *f, const int32_t *row, const int8_t *y, size_t m,
			   double cost, double eps, bool *converged)
{
	struct rl_svm_set *set = rl_svm_set_new(f->x, N, DIM, 1);
	struct rl_gram_svm *svm = rl_gram_svm_new(f->gram, N, row, m, y);
	double v[DIM + 1], coef[N], want[NTEST + 1], got[NTEST + 1] = {0}, bias = 0;

	*converged = rl_svm_fit(set, row, m, y, cost, 1e-9, 1, v);
	rl_gram_cross(f->test, NTEST, v, 1, DIM, want, 1);
	rl_gram_svm_fit(svm, cost, eps, coef);
	for (size_t j = 0; j < m; j++) {
		bias += coef[j];
		for (size_t t = 0; t < NTEST; t++)
			got[t] += coef[j] * (f->cross[(size_t)row[j] * NTEST + t] + 1);
	}
	for (size_t t = 0; t < NTEST; t++)
		want[t] += v[DIM];
	want[NTEST] = v[DIM];
	got[NTEST] = bias;
	rl_gram_svm_free(svm);
	rl_svm_set_free(set);
	return rel_error(got, want, NTEST + 1);
}

static void test_solver(const struct fixture *f)
{
	static const int ks[] = {1, 2, 4, 8, 16, 32};
	struct rl_lowshot l = protocol(f);
	int32_t row[N];
	int8_t y[N];
	double worst_tight = 0, worst = 0;
	int compared = 0;

	l.shot = ks;
	for (size_t shot = 0; shot < RL_LEN(ks); shot++)
		for (double cost = 1e-6; cost < 2000; cost *= 10) {
			bool converged;
			size_t c = (size_t)ks[shot] % NCLASS;
			size_t m = rl_lowshot_draw(&l, 0, shot, c, row, y);
			double tight = disagreement(f, row, y, m, cost, 1e-7, &converged);
			double usual =
				disagreement(f, row, y, m, cost, RL_GRAM_SVM_EPS, &converged);

			if (!converged)
				continue;
			compared++;
			worst_tight = fmax(worst_tight, tight);
			worst = fmax(worst, usual);
		}
	ok(worst_tight < 1e-5 && compared > 30, "LIBLINEAR's optimum, bias included: %d fits, %.1e",
	   compared, worst_tight);
	ok(worst < 1e-3, "and close to it at the benchmark's tolerance: %.1e", worst);
}

static void test_draws(const struct fixture *f)
{
	struct rl_lowshot l = protocol(f);
	int32_t row[N], other[N];
	int8_t y[N];
	bool right = true, distinct = true;

	for (size_t c = 0; c < NCLASS; c++) {
		size_t m = rl_lowshot_draw(&l, 1, 2, c, row, y);
		int used[N] = {0};

		right &= m == 8 * NCLASS;
		for (size_t i = 0; i < m; i++) {
			right &= f->label[c * N + (size_t)row[i]] == (i < 8) &&
				 y[i] == (i < 8 ? 1 : -1);
			distinct &= !used[row[i]]++;
		}
	}
	ok(right, "k positives and (C-1) k negatives, never an ignored row");
	ok(distinct, "without replacement");

	size_t m = rl_lowshot_draw(&l, 1, 2, 0, row, y);
	rl_lowshot_draw(&l, 1, 2, 0, other, y);
	ok(!memcmp(row, other, m * sizeof(*row)), "the same draw for the same seed");
	rl_lowshot_draw(&l, 2, 2, 0, other, y);
	ok(memcmp(row, other, m * sizeof(*row)), "another for another sample");
	l.seed++;
	rl_lowshot_draw(&l, 1, 2, 0, other, y);
	ok(memcmp(row, other, m * sizeof(*row)), "another for another seed");
}

/* One cell of the table by hand, with LIBLINEAR. */
static double by_hand(const struct fixture *f, const struct rl_lowshot *l, size_t sample,
		      size_t shot, double cost)
{
	struct rl_svm_set *set = rl_svm_set_new(f->x, N, DIM, 1);
	double v[DIM + 1], score[NTEST], sum = 0;
	int32_t row[N];
	int8_t y[N];

	for (size_t c = 0; c < NCLASS; c++) {
		size_t m = rl_lowshot_draw(l, sample, shot, c, row, y);

		rl_svm_fit(set, row, m, y, cost, 1e-10, 1, v);
		rl_gram_cross(f->test, NTEST, v, 1, DIM, score, 1);
		sum += rl_ap_area(score, f->test_label + c * NTEST, NTEST, 0) / NCLASS;
	}
	rl_svm_set_free(set);
	return sum;
}

static void test_protocol(const struct fixture *f)
{
	const struct rl_lowshot l = protocol(f);
	struct rl_lowshot_stat a[RL_LEN(shots) * RL_LEN(costs)], b[RL_LEN(a)], svm[RL_LEN(a)];
	double worst = 0, apart = 0, *gram = rl_malloc(sizeof(f->gram));
	bool order = true;

	memcpy(gram, f->gram, sizeof(f->gram));
	struct rl_kernel *kernel = rl_kernel_new(gram, N, 2);
	struct rl_lowshot_fits fits = rl_lowshot_run(&l, kernel, NULL, f->cross, 1, NULL, a);
	rl_lowshot_run(&l, kernel, NULL, f->cross, 3, NULL, b);
	ok(!memcmp(a, b, sizeof(a)), "same bits with 1 and 3 threads");
	ok(fits.unconverged == 0 && fits.gap < 1e-6, "every fit has a small duality gap: %.1e",
	   fits.gap);
	rl_lowshot_run(&l, NULL, f->gram, f->cross, 1, NULL, svm);
	rl_lowshot_run(&l, NULL, f->gram, f->cross, 3, NULL, b);
	ok(!memcmp(svm, b, sizeof(svm)), "LIBSVM: same bits with 1 and 3 threads");
	for (size_t i = 0; i < RL_LEN(a); i++)
		apart = fmax(apart, fabs(a[i].mean - svm[i].mean));
	ok(apart < 1e-4, "and the same AP as ours: %.1e", apart);
	rl_kernel_free(kernel);
	for (size_t i = 0; i < RL_LEN(shots); i++)
		for (size_t j = 0; j < RL_LEN(costs); j++) {
			const struct rl_lowshot_stat *s = &a[i * RL_LEN(costs) + j];
			double v[3], mean = 0, var = 0;

			for (size_t n = 0; n < 3; n++)
				mean += (v[n] = by_hand(f, &l, n, i, costs[j])) / 3;
			for (size_t n = 0; n < 3; n++)
				var += (v[n] - mean) * (v[n] - mean) / 3;
			worst = fmax(worst, fabs(s->mean - mean));
			worst = fmax(worst, fabs(s->std - sqrt(var)));
			worst = fmax(worst, fabs(s->min - fmin(v[0], fmin(v[1], v[2]))));
			worst = fmax(worst, fabs(s->max - fmax(v[0], fmax(v[1], v[2]))));
			order &= s->min <= s->mean && s->mean <= s->max;
		}
	ok(worst < 1e-4 && order, "mean, least, greatest and deviation over samples: %.1e", worst);

	const struct rl_lowshot_stat three[] = {{.mean = 1}, {.mean = 2}, {.mean = 2}};
	ok(rl_lowshot_best(three, 3) == 1, "the first of the best costs");
}

static void check(void *l)
{
	rl_lowshot_check(l);
}

static void one_sided(void *gram)
{
	rl_gram_svm_new(gram, N, (int32_t[]){1, 2}, 2, (int8_t[]){-1, -1});
}

static void test_errors(struct fixture *f)
{
	struct rl_lowshot l = protocol(f);
	static int8_t label[NCLASS * N];

	memcpy(label, f->label, sizeof(label));
	l.train_label = label;
	memset(label + 2 * N, 0, N);
	label[2 * N] = label[2 * N + 1] = 1;
	ok(dies(check, &l, 1, "class cat: 2 positives in the training set, k = 8 needs 8"),
	   "too few positives: class and k are named");
	memset(label + 2 * N, -1, N);
	memset(label + 2 * N, 1, 20);
	memset(label + 2 * N + 20, 0, 23);
	ok(dies(check, &l, 1, "class cat: 23 negatives in the training set, k = 8 needs 24"),
	   "too few negatives");
	ok(dies(one_sided, f->gram, 1, "nothing to separate"), "a fit needs both signs");
}

int main(void)
{
	struct fixture *f = rl_calloc(1, sizeof(*f));

	world(f->x, f->label, N, 0);
	world(f->test, f->test_label, NTEST, 1);
	rl_gram(f->x, N, DIM, f->gram, 2);
	rl_gram_cross(f->x, N, f->test, NTEST, DIM, f->cross, 2);
	test_solver(f);
	test_draws(f);
	test_protocol(f);
	test_errors(f);
	free(f);
	return tap_done();
}
