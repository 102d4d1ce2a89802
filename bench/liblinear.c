/*
 * liblinear --train A --test B [--classes N]: the VOC07 SVM's fits of N classes, one after the
 * other.
 *
 * What rl-svm is measured against: LIBLINEAR's dual solver as the published numbers were made with,
 * for every fold and cost of a class and once more on all rows with the cost that is best.  With
 * --rotated it gets the rows as rl-svm --solver liblinear gives them to it, in the coordinates of
 * their Cholesky factor, where a pass over them is shorter than over the features.  The clock runs
 * while it fits, not while the rows are made.  The classes are spread evenly over all there are.
 * Prints one JSON object with the test AP of each, by its number.
 */
#include "base/err.h"
#include "base/progress.h"
#include "eval/ap.h"
#include "eval/features.h"
#include "eval/gram.h"
#include "eval/svm_cv.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "liblinear",
	.synopsis = "--train A --test B [options]",
	.summary = "Fit the VOC07 SVMs of some classes one by one.",
	.example = "liblinear --train trainval.tar --test test.tar --classes 2",
};

struct config {
	const char *train, *test;
	int64_t classes, threads;
	bool rotated;
};

/* The classes that are measured: their numbers, names and labels. */
struct chosen {
	size_t n, *number;
	const char **name;
	int8_t *label; /* [n][rows] */
};

static struct chosen choose(const struct rl_features *f, int64_t classes)
{
	struct chosen c = {.n = (size_t)classes < f->nclass ? (size_t)classes : f->nclass};

	c.number = rl_calloc(c.n, sizeof(*c.number));
	c.name = rl_calloc(c.n, sizeof(*c.name));
	c.label = rl_realloc(NULL, c.n, f->n);
	for (size_t i = 0; i < c.n; i++) {
		c.number[i] = (2 * i + 1) * f->nclass / (2 * c.n);
		c.name[i] = f->class_name[c.number[i]];
		memcpy(c.label + i * f->n, f->label + c.number[i] * f->n, f->n);
	}
	return c;
}

static json_t *test_ap(const struct rl_features *test, const struct chosen *c, const double *weight,
		       const double *bias, int threads)
{
	double *x = rl_features_rows(test, 0),
	       *score = rl_realloc(NULL, c->n * test->n, sizeof(*x));
	json_t *ap = json_object();

	rl_gram_cross(weight, c->n, x, test->n, test->layer[0].d, score, threads);
	for (size_t i = 0; i < c->n; i++) {
		for (size_t j = 0; j < test->n; j++)
			score[i * test->n + j] += bias[i];
		char *number = rl_asprintf("%zu", c->number[i]);
		json_object_set_new(ap, number,
				    json_real(100 * rl_ap_area(score + i * test->n,
							       test->label + c->number[i] * test->n,
							       test->n, 0)));
		free(number);
	}
	free(score);
	free(x);
	return ap;
}

int main(int argc, char **argv)
{
	struct config c = {.classes = 1, .threads = omp_get_num_procs()};
	const struct rl_opt opts[] = {
		RL_OPT_STR("train", &c.train, "A", "feature stream of one layer to fit on"),
		RL_OPT_STR("test", &c.test, "B", "feature stream to score on"),
		RL_OPT_INT("classes", &c.classes, 1, 1 << 20, "N", "how many classes"),
		RL_OPT_FLAG("rotated", &c.rotated, "rows in as few dimensions as they span"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "processes"),
		RL_OPT_END};
	size_t ncost, capped = 0;

	/* arguments */
	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand", argv[argc - 1]);
	if (!c.train || !c.test)
		rl_die_usage("--train and --test are needed");

	/* prepare */
	struct rl_features *train = rl_features_read(c.train, NULL);
	struct rl_features *test = rl_features_read_like(c.test, train);
	struct chosen chosen = choose(train, c.classes);
	double *cost = rl_svm_costs(NULL, &ncost), *x = rl_features_rows(train, 0);
	size_t d = train->layer[0].d;
	struct rl_svm_set *set = c.rotated ? rl_svm_set_new(x, train->n, d, (int)c.threads)
					   : rl_svm_set_plain(x, train->n, d);
	struct rl_svm_result *fit = rl_calloc(chosen.n, sizeof(*fit));
	double *weight = rl_realloc(NULL, chosen.n * d, sizeof(*weight));
	double *bias = rl_calloc(chosen.n, sizeof(*bias));
	const struct rl_workers workers = {(int)c.threads, "fits", true};

	/* fit */
	double start = rl_now();
	rl_svm_benchmark(set, train->n, d, chosen.label, chosen.n, chosen.name, cost, ncost, 0,
			 &workers, fit, weight, bias);
	double seconds = rl_now() - start;

	/* report */
	for (size_t i = 0; i < chosen.n; i++)
		capped += fit[i].unconverged + !fit[i].converged;
	rl_json_print(json_pack("{s:f, s:I, s:I, s:o}", "seconds", seconds, "items",
				(json_int_t)(chosen.n * (ncost * RL_SVM_FOLDS + 1)),
				"fits_at_iteration_cap", (json_int_t)capped, "ap",
				test_ap(test, &chosen, weight, bias, (int)c.threads)));
	free(bias);
	free(weight);
	free(fit);
	rl_svm_set_free(set);
	free(x);
	free(cost);
	free(chosen.label);
	free(chosen.name);
	free(chosen.number);
	rl_features_free(test);
	rl_features_free(train);
	return RL_EXIT_OK;
}
