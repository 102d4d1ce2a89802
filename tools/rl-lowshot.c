/*
 * rl-lowshot: the VOC07 low-shot SVM benchmark on two feature streams.
 */
#include "base/err.h"
#include "base/utf8.h"
#include "eval/features.h"
#include "eval/gram.h"
#include "eval/gram_svm.h"
#include "eval/lowshot.h"
#include "eval/samples.h"
#include "eval/svm.h"
#include "eval/svm_cv.h"
#include "eval/svm_path.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-lowshot",
	.synopsis = "--train A --test B [options] > result.json",
	.summary = "Fit linear SVMs on k positives and (C-1) k negatives a class, drawn from "
		   "features A, and score them on B.",
	.example = "rl-lowshot --train trainval.tar --test test.tar --layers feat4 | jq .metrics",
};

enum { MAXSHOTS = 64, GRAM = 0, LIBSVM };
static const char *const solvers[] = {"gram", "libsvm", NULL};

struct config {
	const char *train, *test, *layers, *name, *costs, *shots, *given, *solver_name;
	int64_t samples, threads, seed;
	int solver;
	bool quiet;
};

static size_t parse_shots(const char *list, int *shot)
{
	char *copy = rl_strdup(list), *rest = copy;
	size_t n = 0;

	for (char *item; (item = strsep(&rest, ","));) {
		if (n == MAXSHOTS)
			rl_die_usage("--shots: more than %d", MAXSHOTS);
		shot[n] = (int)rl_parse_int(item, 1, 1 << 20, "--shots");
		if (n && shot[n] <= shot[n - 1])
			rl_die_usage("--shots: %s: must be ascending", list);
		n++;
	}
	free(copy);
	return n;
}

/* The constants that make the number what it is. */
static json_t *protocol(const struct config *c, const struct rl_lowshot *l)
{
	bool gram = c->solver == GRAM;
	json_t *costs = json_array(), *shots = json_array();

	for (size_t i = 0; i < l->ncost; i++)
		json_array_append_new(costs, json_real(l->cost[i]));
	for (size_t i = 0; i < l->nshot; i++)
		json_array_append_new(shots, json_integer(l->shot[i]));
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:{s:i, s:i}, s:f, s:o, s:o, s:I, s:s, s:s}", "features",
		"rows divided by (L2 norm + 1e-5), in double", "problem",
		"squared hinge, bias penalised as the weight of a constant feature 1", "solver",
		gram ? "Newton's method on the Gram matrix; a fit ends when its duality gap is "
		       "below duality_gap times half the squared norm of its weights; "
		       "largest_duality_gap is the worst of all fits, relative to the objective"
		     : "LIBSVM on the Gram matrix, posed so that its optimum is the same",
		"training",
		c->given
			? "per sample, k and class: the k positives and (classes-1) k negatives of "
			  "the given files"
			: "per sample, k and class: k positives and (classes-1) k negatives drawn "
			  "without replacement from the seed, independently; rows labelled -1 are "
			  "never drawn",
		"testing", "rows labelled -1 are dropped", "class_weight", "positive",
		RL_SVM_POSITIVE_WEIGHT, "negative", RL_SVM_NEGATIVE_WEIGHT,
		gram ? "duality_gap" : "eps", gram ? RL_SVM_GAP : RL_GRAM_SVM_EPS, "costs", costs,
		"shots", shots, "samples", (json_int_t)l->samples, "selection",
		"per k: the cost with the best mean test mAP over the samples, one for all "
		"classes, "
		"chosen on the test set as in the published benchmark; best layer: highest mean of "
		"these over k",
		"metrics",
		"mean over samples of the mAP over classes; AP is the area under the interpolated "
		"curve (VOC 2010 and later); std is the population's; percent");
}

/* Statistics of each k at its cost; *mean gets their mean over k. */
static json_t *summarise(const struct rl_lowshot *l, const struct rl_lowshot_stat *stat,
			 double *mean)
{
	json_t *result = json_object();

	*mean = 0;
	for (size_t i = 0; i < l->nshot; i++) {
		const struct rl_lowshot_stat *row = stat + i * l->ncost;
		size_t best = rl_lowshot_best(row, l->ncost);
		char name[16];

		snprintf(name, sizeof(name), "k=%d", l->shot[i]);
		json_object_set_new(result, name,
				    json_pack("{s:f, s:f, s:f, s:f, s:f}", "mean",
					      100 * row[best].mean, "min", 100 * row[best].min,
					      "max", 100 * row[best].max, "std",
					      100 * row[best].std, "cost", l->cost[best]));
		*mean += row[best].mean / (double)l->nshot;
	}
	return result;
}

static json_t *run_layer(const struct config *c, const struct rl_lowshot *l,
			 const struct rl_features *train, const struct rl_features *test,
			 size_t layer, double *mean, double *gap, size_t *unconverged)
{
	double *x = rl_features_rows(train, layer), *xt = rl_features_rows(test, layer);
	double *gram = rl_realloc(NULL, train->n, train->n * sizeof(*gram));
	double *cross = rl_realloc(NULL, train->n, test->n * sizeof(*cross));
	size_t d = train->layer[layer].d;
	struct rl_lowshot_stat *stat = rl_calloc(l->nshot, l->ncost * sizeof(*stat));

	rl_gram(x, train->n, d, gram, (int)c->threads);
	rl_gram_cross(x, train->n, xt, test->n, d, cross, (int)c->threads);
	free(xt);
	free(x);
	struct rl_kernel *kernel =
		c->solver == GRAM ? rl_kernel_new(gram, train->n, (int)c->threads) : NULL;
	struct rl_lowshot_fits fits = rl_lowshot_run(l, kernel, gram, cross, (int)c->threads,
						     c->quiet ? NULL : "draws", stat);
	json_t *result = summarise(l, stat, mean);
	*gap = fmax(*gap, fits.gap);
	*unconverged += fits.unconverged;
	free(stat);
	free(cross);
	if (kernel)
		rl_kernel_free(kernel);
	else
		free(gram);
	return result;
}

/* {"k=1": mean, ...} of one layer. */
static json_t *metrics(const json_t *layer)
{
	json_t *result = json_object(), *stat;
	const char *k;

	json_object_foreach((json_t *)layer, k, stat)
		json_object_set(result, k, json_object_get(stat, "mean"));
	return result;
}

/* {"drawn_from_seed": S}, or {"given": DIR, "sha256": {file: hash}}. */
static json_t *sample_provenance(const struct config *c, json_t *files)
{
	if (!c->given)
		return json_pack("{s:I}", "drawn_from_seed", (json_int_t)c->seed);
	char *dir = rl_utf8_clean(c->given);
	json_t *result = json_pack("{s:s, s:o}", "given", dir, "sha256", files);
	free(dir);
	return result;
}

int main(int argc, char **argv)
{
	struct config c = {.name = "",
			   .shots = "1,2,4,8,16,32,64,96",
			   .samples = 5,
			   .solver_name = solvers[GRAM],
			   .threads = omp_get_num_procs()};
	const struct rl_opt opts[] = {
		RL_OPT_STR("train", &c.train, "A", "feature stream to draw from"),
		RL_OPT_STR("test", &c.test, "B", "feature stream to score on"),
		RL_OPT_STR("layers", &c.layers, "a,b,...", "which layers; all of A if not given"),
		RL_OPT_STR("shots", &c.shots, "k,...", "positives a class"),
		RL_OPT_INT("samples", &c.samples, 1, 1000, "N", "independent draws of each k"),
		RL_OPT_STR("sample-files", &c.given, "DIR",
			   "samples as given by train_targets_sample1_k1.npy ... there, not drawn"),
		RL_OPT_STR("name", &c.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_STR("costs", &c.costs, "x,y,...",
			   "costs to choose from; 1,10,100 and 0.5^4 ... 0.5^19 if not given"),
		RL_OPT_STR("solver", &c.solver_name, "NAME",
			   "gram: Newton's method; libsvm: the same optimum from LIBSVM"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "threads that fit"),
		RL_OPT_INT("seed", &c.seed, 0, INT64_MAX, "S", "of the draws"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END};
	int shot[MAXSHOTS];

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("no operands: the streams are named by --train and --test");
	if (!c.train || !c.test)
		rl_die_usage("--train and --test are needed");
	c.solver = rl_parse_choice(c.solver_name, solvers, "--solver");
	struct rl_lowshot l = {.shot = shot,
			       .nshot = parse_shots(c.shots, shot),
			       .samples = (size_t)c.samples,
			       .seed = (uint64_t)c.seed};
	double *cost = rl_svm_costs(c.costs, &l.ncost);
	struct rl_features *train = rl_features_read(c.train, c.layers);
	struct rl_features *test = rl_features_read_like(c.test, train);
	rl_features_need_positives(test);
	l.cost = cost;
	l.nclass = train->nclass;
	l.name = (const char *const *)train->class_name;
	l.train_label = train->label;
	l.test_label = test->label;
	l.ntrain = train->n;
	l.ntest = test->n;
	json_t *files = NULL;
	int8_t *target = c.given ? rl_samples_read(c.given, &l, &files) : NULL;
	l.target = target;
	if (!target)
		rl_lowshot_check(&l);

	json_t *layers = json_object();
	const char *best = NULL;
	double best_mean = -1, gap = 0;
	size_t unconverged = 0;
	for (size_t i = 0; i < train->nlayer; i++) {
		double mean;

		json_object_set_new(layers, train->layer[i].name,
				    run_layer(&c, &l, train, test, i, &mean, &gap, &unconverged));
		if (mean > best_mean) {
			best_mean = mean;
			best = train->layer[i].name;
		}
	}

	char *name = rl_utf8_clean(c.name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);
	rl_json_print(json_pack(
		"{s:s, s:s, s:o, s:s, s:o, s:o*, s:o, s:o, s:{s:o, s:o, s:o, s:I, s:O}}",
		"benchmark", "voc07-lowshot", "name", name, "metrics",
		metrics(json_object_get(layers, best)), "layer", best, "layers", layers, "fits",
		c.solver == GRAM ? json_pack("{s:I, s:f}", "unconverged", (json_int_t)unconverged,
					     "largest_duality_gap", gap)
				 : NULL,
		"setup", rl_features_setup(train, test), "protocol", protocol(&c, &l), "provenance",
		"train", rl_features_provenance(train), "test", rl_features_provenance(test),
		"samples", sample_provenance(&c, files), "seed", (json_int_t)c.seed, "command",
		entry));
	free(target);
	json_decref(self);
	free(name);
	rl_features_free(test);
	rl_features_free(train);
	free(cost);
	return RL_EXIT_OK;
}
