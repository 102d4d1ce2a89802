/* Softmax regression against optima found elsewhere, its gradient against differences of its
 * objective, and the exact probe's choice of a weight decay. */
#include "eval/probe.h"
#include "tap.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { N = 150, D = 6, C = 4, SIZE = C * (D + 1), WIDE_N = 5000, WIDE_D = 300, WIDE_C = 7 };

static const double decays[] = {1, 1e-2, 1e-4};

/* A constant added to all biases changes nothing: take their mean away. */
static void centre_biases(double *w)
{
	double mean = 0;

	for (size_t c = 0; c < C; c++)
		mean += w[c * (D + 1) + D] / C;
	for (size_t c = 0; c < C; c++)
		w[c * (D + 1) + D] -= mean;
}

/* Along the path, and each decay from zero. */
static void test_optima(const struct rl_softmax_data *data)
{
	double *want = golden("softmax/weights.npy", NULL), g[SIZE];
	double *value = golden("softmax/objective.npy", NULL);
	struct rl_softmax *path = rl_softmax_new(C, D);

	for (size_t i = 0; i < RL_LEN(decays); i++) {
		struct rl_softmax *cold = rl_softmax_new(C, D);
		struct rl_softmax_fit fit = rl_softmax_fit(path, data, decays[i]);
		struct rl_softmax_fit alone = rl_softmax_fit(cold, data, decays[i]);
		double objective = rl_softmax_objective(path, data, decays[i], g);

		centre_biases(want + i * SIZE);
		centre_biases(rl_softmax_weights(path));
		centre_biases(rl_softmax_weights(cold));
		double error = rel_error(rl_softmax_weights(path), want + i * SIZE, SIZE);
		double other = rel_error(rl_softmax_weights(cold), want + i * SIZE, SIZE);
		ok(fit.converged && alone.converged && error < 2e-3 && other < 2e-3,
		   "decay %g: the optimum's weights, along the path to %.1e, from zero to %.1e",
		   decays[i], error, other);
		ok(fabs(objective - value[i]) < 1e-6 * value[i], "its objective");
		rl_softmax_free(cold);
	}
	rl_softmax_free(path);
	free(want);
	free(value);
}

static void test_gradient(const struct rl_softmax_data *data)
{
	struct rl_softmax *m = rl_softmax_new(C, D);
	struct rl_rng r = rl_rng_make(1, 0, 0, RL_RNG_SYNTH);
	double *w = rl_softmax_weights(m), g[SIZE], other[SIZE], worst = 0, h = 1e-3;

	for (size_t i = 0; i < SIZE; i++)
		w[i] = 0.3 * rl_rng_normal(&r);
	rl_softmax_objective(m, data, 0.1, g);
	for (size_t i = 0; i < SIZE; i++) {
		double at = w[i];

		w[i] = at + h;
		double above = rl_softmax_objective(m, data, 0.1, other);
		w[i] = at - h;
		double below = rl_softmax_objective(m, data, 0.1, other);
		w[i] = at;
		worst = fmax(worst, fabs((above - below) / (2 * h) - g[i]));
	}
	ok(worst < 1e-4, "the gradient is the objective's difference quotient: %.1e", worst);
	rl_softmax_free(m);
}

/* Rows that fill several slabs and tiles of every kind. */
static void make_wide(float *x, int32_t *label)
{
	struct rl_rng r = rl_rng_make(2, 0, 0, RL_RNG_SYNTH);

	for (size_t i = 0; i < WIDE_N; i++) {
		label[i] = (int32_t)rl_rng_below(&r, WIDE_C);
		for (size_t j = 0; j < WIDE_D; j++)
			x[i * WIDE_D + j] = (float)(rl_rng_normal(&r) +
						    (j % WIDE_C == (size_t)label[i]) * 0.25 + 2);
	}
}

static void test_threads(const float *x, const int32_t *label)
{
	struct rl_softmax_data data = {x, label, WIDE_N};
	size_t bytes = WIDE_C * (WIDE_D + 1) * sizeof(double);
	struct rl_softmax *first = rl_softmax_new(WIDE_C, WIDE_D);
	bool same = true;

	omp_set_num_threads(1);
	bool converged = rl_softmax_fit(first, &data, 1e-3).converged;
	const struct rl_topk k = rl_softmax_score(first, &data, NULL);
	for (int threads = 2; threads <= 3; threads++) {
		struct rl_softmax *m = rl_softmax_new(WIDE_C, WIDE_D);

		omp_set_num_threads(threads);
		rl_softmax_fit(m, &data, 1e-3);
		same = same && !memcmp(rl_softmax_weights(m), rl_softmax_weights(first), bytes);
		same = same && rl_softmax_score(m, &data, NULL).top1 == k.top1;
		rl_softmax_free(m);
	}
	ok(converged && same, "the same bits with 1, 2 and 3 threads");
	ok(k.top1 > WIDE_N / 2 && k.top5 >= k.top1, "it has learnt: %d of %d", (int)k.top1, WIDE_N);
	rl_softmax_free(first);
}

static void test_score(void)
{
	const float x[2] = {1, 1};
	const int32_t label[] = {0, 6};
	struct rl_softmax *m = rl_softmax_new(7, 1);

	struct rl_topk k = rl_softmax_score(m, &(struct rl_softmax_data){x, label, 2}, NULL);
	ok(k.top1 == 1 && k.top5 == 1, "equal scores: the lower class first");
	rl_softmax_free(m);
}

/* Whose gradient at zero is rounding alone. */
static void test_flat(void)
{
	const float x[10] = {0};
	const int32_t label[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct rl_softmax *m = rl_softmax_new(10, 1);
	struct rl_softmax_fit fit = rl_softmax_fit(m, &(struct rl_softmax_data){x, label, 10}, 10);

	ok(fit.converged && fit.steps == 0, "equal classes whose features do not vary: no step");
	rl_softmax_free(m);
}

static struct rl_probe wide_probe(float *x, int32_t *label)
{
	return (struct rl_probe){.nclass = WIDE_C,
				 .d = WIDE_D,
				 .train = x,
				 .test = x + 4000 * WIDE_D,
				 .train_label = label,
				 .test_label = label + 4000,
				 .ntrain = 4000,
				 .ntest = 1000,
				 .seed = 3};
}

static void test_probe(float *x, int32_t *label)
{
	struct rl_probe p = wide_probe(x, label);
	struct rl_probe_point point[] = {
		{.weight_decay = 1e4}, {.weight_decay = 0.1}, {.weight_decay = 1e-4}};
	struct rl_progress quiet = rl_progress_start("fits", 0, true);
	double mean = 0, square = 0;
	size_t before[WIDE_C] = {0}, after[WIDE_C] = {0};

	for (size_t i = 0; i < p.ntrain; i++)
		x[i * WIDE_D + 5] = 0.1f; /* rounding alone would make it vary */
	rl_probe_standardise(&p);
	for (size_t i = 0; i < p.ntrain; i++) {
		double v = (double)x[i * WIDE_D + 9];

		mean += v / (double)p.ntrain;
		square += v * v / (double)p.ntrain;
		before[label[i]]++;
	}
	ok(fabs(mean) < 1e-6 && fabs(square - 1) < 1e-5, "standardised: mean 0, variance 1");
	ok(x[5] == 0 && x[17 * WIDE_D + 5] == 0, "a feature that does not vary becomes 0");
	double sum = 0, same = 0;
	for (size_t i = 0; i < p.ntrain * WIDE_D; i++)
		sum += (double)x[i];
	bool *right = p.right = rl_calloc(p.ntest, sizeof(*right));
	size_t best = rl_probe_run(&p, point, 3, &quiet), count = 0;
	for (size_t i = 0; i < p.ntest; i++)
		count += right[i];
	ok((double)count == round(point[best].top1 * (double)p.ntest),
	   "which test rows are right, of the chosen decay");
	free(right);
	p.right = NULL;
	for (size_t i = 0; i < p.ntrain; i++)
		after[label[i]]++;
	for (size_t i = 0; i < p.ntrain * WIDE_D; i++)
		same += (double)x[i];
	ok(!memcmp(before, after, sizeof(before)) && fabs(sum - same) < 1e-6,
	   "holding rows out reorders them and loses none");
	size_t first = 0;
	for (size_t i = 1; i < 3; i++)
		first = point[i].held_out > point[first].held_out ? i : first;
	ok(best == first && point[best].held_out > 0.5,
	   "the first of the best on the rows held out: %.3f %.3f %.3f", point[0].held_out,
	   point[1].held_out, point[2].held_out);

	struct rl_probe_point alone = {.weight_decay = 0.1};
	rl_probe_run(&p, &alone, 1, &quiet);
	ok(isnan(alone.held_out) && fabs(alone.top1 - point[1].top1) < 0.003,
	   "one decay: nothing is held out, and the same is found from zero");
}

static void lack_a_class(void *arg)
{
	float x[3] = {1, 2, 3};
	int32_t label[3] = {0, 2, 0};
	struct rl_probe p = {.nclass = 3, .d = 1, .train = x, .train_label = label, .ntrain = 3};

	(void)arg;
	rl_probe_need_classes(&p, "a.tar");
}

static void lack_rows(void *arg)
{
	float x[2] = {1, 2};
	int32_t label[2] = {0, 1};
	struct rl_probe p = {.nclass = 2,
			     .d = 1,
			     .train = x,
			     .test = x,
			     .train_label = label,
			     .test_label = label,
			     .ntrain = 2,
			     .ntest = 2};
	struct rl_probe_point point[2] = {{.weight_decay = 1}, {.weight_decay = 0.1}};
	struct rl_progress quiet = rl_progress_start("fits", 0, true);

	(void)arg;
	rl_probe_run(&p, point, 2, &quiet);
}

int main(void)
{
	float *x = golden_floats("softmax/x.npy"),
	      *wide = rl_malloc(WIDE_N * WIDE_D * sizeof(*wide));
	int32_t *label = golden_ints("softmax/label.npy"),
		*classes = rl_malloc(WIDE_N * sizeof(*classes));
	struct rl_softmax_data data = {x, label, N};

	/* First: threads do not survive a fork. */
	ok(dies(lack_a_class, NULL, 1, "a.tar: no row of class 1"), "a class without rows");
	ok(dies(lack_rows, NULL, 1, "one row a class: none can be held out"),
	   "nothing to hold out");
	test_optima(&data);
	test_gradient(&data);
	test_score();
	test_flat();
	make_wide(wide, classes);
	test_threads(wide, classes);
	test_probe(wide, classes);
	free(x);
	free(wide);
	free(label);
	free(classes);
	return tap_done();
}
