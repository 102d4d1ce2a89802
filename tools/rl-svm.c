/*
 * rl-svm: the VOC07 linear SVM benchmark on two feature streams.
 */
#include "base/err.h"
#include "base/utf8.h"
#include "eval/ap.h"
#include "eval/features.h"
#include "eval/gram.h"
#include "eval/svm_cv.h"
#include "eval/svm_path.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

static const struct rl_tool tool = {
	.name = "rl-svm",
	.synopsis = "--train A --test B [options] > result.json",
	.summary = "Fit a linear SVM per class on features A, with the cost from cross-validation, "
		   "and score it on B.",
	.example = "rl-svm --train trainval.tar --test test.tar | jq .metrics",
};

enum { GRAM, LIBLINEAR };
static const char *const solvers[] = {"gram", "liblinear", NULL};

struct config {
	const char *train, *test, *layers, *name, *costs, *solver_name;
	int solver;
	int64_t threads, seed;
	bool quiet;
};

/* The constants that make the number what it is. */
static json_t *protocol(const struct config *c, const struct rl_features *train, const double *cost,
			size_t ncost)
{
	json_t *costs = json_array(), *layers = json_array();
	bool gram = c->solver == GRAM;

	for (size_t i = 0; i < train->nlayer; i++)
		json_array_append_new(layers, json_string(train->layer[i].name));
	for (size_t i = 0; i < ncost; i++)
		json_array_append_new(costs, json_real(cost[i]));
	return json_pack(
		"{s:o, s:s, s:s, s:s, s:s, s:s, s:{s:i, s:i}, s:f, s:o, s:i, s:s, s:s}", "layers",
		layers, "features", "rows divided by (L2 norm + 1e-5), in double", "problem",
		"squared hinge, bias penalised as the weight of a constant feature 1", "solver",
		gram ? "Newton's method on the Gram matrix, all folds, classes and costs; a fit "
		       "ends when its duality gap is below duality_gap times half the squared norm "
		       "of its weights; largest_duality_gap is the worst of all fits, relative to "
		       "the objective"
		     : "LIBLINEAR L2R_L2LOSS_SVC_DUAL to tolerance eps; at most 1000 passes over "
		       "the rows, the library's own cap (the reference allows 2000): "
		       "fits_at_iteration_cap counts the fits that reach it",
		"training", "labels 0 and -1 (ignore) are negatives", "testing",
		"rows labelled -1 are dropped", "class_weight", "positive", RL_SVM_POSITIVE_WEIGHT,
		"negative", RL_SVM_NEGATIVE_WEIGHT, gram ? "duality_gap" : "eps",
		gram ? RL_SVM_GAP : RL_SVM_EPS, "costs", costs, "folds", RL_SVM_FOLDS, "selection",
		"per class: stratified folds without shuffling, step-wise AP, first of the best "
		"costs; best layer: highest test mAP",
		"metrics",
		"AP and mAP: area under the interpolated curve (VOC 2010 and later), as the "
		"benchmark; AP_11point and mAP_11point: VOC 2007's 11 recall levels; percent");
}

/* weight[nclass][d], bias[nclass] on the test set: one entry a class, and the means. */
static json_t *score(const struct rl_features *test, size_t layer, const double *weight,
		     const double *bias, const struct rl_svm_result *fit, int threads)
{
	size_t n = test->n;
	double *x = rl_features_rows(test, layer), map = 0, map11 = 0;
	double *value = rl_realloc(NULL, n, test->nclass * sizeof(*value));
	json_t *classes = json_object();
	size_t unconverged = 0;
	double gap = 0;

	rl_gram_cross(weight, test->nclass, x, n, test->layer[layer].d, value, threads);
	for (size_t c = 0; c < test->nclass; c++) {
		const int8_t *label = test->label + c * n;
		double *v = value + c * n;

		for (size_t i = 0; i < n; i++)
			v[i] += bias[c];
		double ap = 100 * rl_ap_area(v, label, n, 0);
		double ap11 = 100 * rl_ap_11point(v, label, n, 0);
		map += ap / (double)test->nclass;
		map11 += ap11 / (double)test->nclass;
		unconverged += fit[c].unconverged + !fit[c].converged;
		gap = fmax(gap, fit[c].gap);
		json_object_set_new(classes, test->class_name[c],
				    json_pack("{s:f, s:f, s:f, s:f, s:b}", "AP", ap, "AP_11point",
					      ap11, "cost", fit[c].cost, "cv_AP",
					      100 * fit[c].cv_ap, "converged", fit[c].converged));
	}
	free(value);
	free(x);
	json_t *result =
		json_pack("{s:f, s:f, s:I, s:o}", "mAP", map, "mAP_11point", map11,
			  "fits_at_iteration_cap", (json_int_t)unconverged, "per_class", classes);
	if (gap > 0)
		json_object_set_new(result, "largest_duality_gap", json_real(gap));
	return result;
}

static void fit_gram(const struct config *c, const struct rl_features *train, size_t layer,
		     const double *cost, size_t ncost, struct rl_svm_result *fit, double *weight,
		     double *bias)
{
	const struct rl_layer *l = &train->layer[layer];
	size_t n = train->n;
	double *x = rl_features_rows(train, layer);
	double *k = rl_realloc(NULL, n, n * sizeof(*k));
	double *coef = rl_realloc(NULL, train->nclass, n * sizeof(*coef));

	rl_gram(x, n, l->d, k, (int)c->threads);
	free(x);
	struct rl_kernel *kernel = rl_kernel_new(k, n, (int)c->threads);
	rl_svm_benchmark_gram(kernel, train->label, train->nclass,
			      (const char *const *)train->class_name, cost, ncost, (int)c->threads,
			      c->quiet ? NULL : l->name, fit, coef);
	rl_kernel_free(kernel);
	rl_rows_combine(l->x, n, l->d, coef, train->nclass, weight);
	for (size_t i = 0; i < train->nclass * n; i++)
		bias[i / n] += coef[i];
	free(coef);
}

static void fit_liblinear(const struct config *c, const struct rl_features *train, size_t layer,
			  const double *cost, size_t ncost, struct rl_svm_result *fit,
			  double *weight, double *bias)
{
	const struct rl_workers workers = {(int)c->threads, train->layer[layer].name, c->quiet};
	size_t d = train->layer[layer].d;
	double *x = rl_features_rows(train, layer);
	struct rl_svm_set *set = rl_svm_set_new(x, train->n, d, (int)c->threads);

	rl_svm_benchmark(set, train->n, d, train->label, train->nclass,
			 (const char *const *)train->class_name, cost, ncost, (uint64_t)c->seed,
			 &workers, fit, weight, bias);
	rl_svm_set_free(set);
	free(x);
}

static json_t *run_layer(const struct config *c, const struct rl_features *train,
			 const struct rl_features *test, size_t layer, const double *cost,
			 size_t ncost)
{
	double *weight = rl_realloc(NULL, train->nclass, train->layer[layer].d * sizeof(*weight));
	double *bias = rl_calloc(train->nclass, sizeof(*bias));
	struct rl_svm_result *fit = rl_calloc(train->nclass, sizeof(*fit));

	(c->solver == GRAM ? fit_gram : fit_liblinear)(c, train, layer, cost, ncost, fit, weight,
						       bias);
	json_t *result = score(test, layer, weight, bias, fit, (int)c->threads);
	free(fit);
	free(bias);
	free(weight);
	return result;
}

int main(int argc, char **argv)
{
	struct config c = {.name = "",
			   .solver_name = solvers[GRAM],
			   .threads = omp_get_num_procs(),
			   .seed = -1};
	const struct rl_opt opts[] = {
		RL_OPT_STR("train", &c.train, "A", "feature stream to fit on"),
		RL_OPT_STR("test", &c.test, "B", "feature stream to score on"),
		RL_OPT_STR("layers", &c.layers, "a,b,...", "which layers; all of A if not given"),
		RL_OPT_STR("name", &c.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_STR("costs", &c.costs, "x,y,...",
			   "costs to choose from; 1,10,100 and 0.5^4 ... 0.5^19 if not given"),
		RL_OPT_STR("solver", &c.solver_name, "NAME",
			   "gram: all fits at once on the Gram matrix; liblinear: one by one"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N",
			   "threads, or liblinear's processes"),
		RL_OPT_INT("seed", &c.seed, 0, INT64_MAX, "S",
			   "of the order in which liblinear visits rows; 0 if not given"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END};
	size_t ncost;

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("no operands: the streams are named by --train and --test");
	if (!c.train || !c.test)
		rl_die_usage("--train and --test are needed");
	c.solver = rl_parse_choice(c.solver_name, solvers, "--solver");
	if (c.seed >= 0 && c.solver != LIBLINEAR)
		rl_die_usage("--seed is for --solver liblinear");
	if (c.seed < 0)
		c.seed = 0;
	double *cost = rl_svm_costs(c.costs, &ncost);
	struct rl_features *train = rl_features_read(c.train, c.layers);
	struct rl_features *test = rl_features_read_like(c.test, train);
	rl_features_need_positives(test);

	json_t *layers = json_object();
	const char *best = NULL;
	double best_map = -1;
	for (size_t i = 0; i < train->nlayer; i++) {
		json_t *result = run_layer(&c, train, test, i, cost, ncost);
		double map = json_real_value(json_object_get(result, "mAP"));

		json_object_set_new(layers, train->layer[i].name, result);
		if (map > best_map) {
			best_map = map;
			best = train->layer[i].name;
		}
	}

	char *name = rl_utf8_clean(c.name);
	json_t *self = rl_head_new("result");
	json_t *entry = rl_head_history(self, &tool, argc, argv);
	rl_json_print(json_pack(
		"{s:s, s:s, s:{s:f}, s:s, s:o, s:o, s:o, s:{s:o, s:o, s:o*, s:O}}", "benchmark",
		"voc07-svm", "name", name, "metrics", "mAP", best_map, "layer", best, "layers",
		layers, "setup", rl_features_setup(train, test), "protocol",
		protocol(&c, train, cost, ncost), "provenance", "train",
		rl_features_provenance(train), "test", rl_features_provenance(test), "seed",
		c.solver == LIBLINEAR ? json_integer(c.seed) : NULL, "command", entry));
	json_decref(self);
	free(name);
	rl_features_free(test);
	rl_features_free(train);
	free(cost);
	return RL_EXIT_OK;
}
