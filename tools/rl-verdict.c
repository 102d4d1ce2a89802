/* rl-verdict: are these features any good? */
#include "base/err.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "eval/bootstrap.h"
#include "eval/contender.h"
#include "eval/setup.h"
#include "eval/twins.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-verdict",
	.synopsis = "--train A --test B [options] NAME=A2:B2[:LAYER] ... > result.json",
	.summary = "Are these features better than others of the same images?",
	.example = "rl-verdict --train train.tar --test val.tar --duplicates pixels \\\n"
		   "    untrained=u-train.tar:u-val.tar pixels=u-train.tar:u-val.tar:pixels |\n"
		   "  jq -r .verdict",
};

enum { MOST = 32 };
#define LEVEL 0.95

static const char *const answers[] = {"worse", "same", "better"};

struct config {
	const char *train, *test, *layer, *duplicates, *name;
	double similar;
	int64_t seed, threads;
	bool quiet;
};

struct baseline {
	char *name, *train, *test;
	const char *layer;
	struct rl_contender scored;
};

struct run {
	struct config c;
	struct rl_contender ours;
	struct baseline other[MOST];
	size_t n, nother;              /* test images; baselines */
	const struct rl_contender *by; /* who tells near-duplicates; NULL: all who can */
	struct rl_twin *twin;          /* [n] */
	size_t nduplicate;
	struct rl_progress progress;
};

/* NAME=TRAIN:TEST[:LAYER] */
static void parse_baseline(struct run *r, const char *word)
{
	char *rest = rl_strdup(word);
	struct baseline b = {.name = strsep(&rest, "="),
			     .train = strsep(&rest, ":"),
			     .test = strsep(&rest, ":")};

	if (!*b.name || !b.train || !*b.train || !b.test || !*b.test)
		rl_die_usage("%s: want NAME=TRAIN:TEST or NAME=TRAIN:TEST:LAYER", word);
	if (r->nother == MOST)
		rl_die_usage("more than %d baselines", MOST);
	b.layer = rest ? rest : r->c.layer;
	for (size_t i = 0; i < r->nother; i++)
		if (!strcmp(r->other[i].name, b.name))
			rl_die_usage("%s: twice", b.name);
	if (r->c.duplicates && !strcmp(r->c.duplicates, b.name))
		r->by = &r->other[r->nother].scored;
	r->other[r->nother++] = b;
}

/* ---- scoring ----------------------------------------------------------------------------------
 */

static struct rl_contender score(const struct run *r, const char *name, const char *train,
				 const char *test, const char *layer)
{
	struct rl_contender c = rl_contender_score(name, train, test, layer, (uint64_t)r->c.seed,
						   (int)r->c.threads);

	if (!c.converged)
		rl_warn("%s: the probe of weight decay %g has not converged", name, c.weight_decay);
	return c;
}

static bool is_duplicate(const struct run *r, size_t i)
{
	return r->twin[i].similarity >= r->c.similar;
}

static void find_duplicates(struct run *r)
{
	const struct rl_pair *p = &r->ours.images;
	const struct rl_contender *all[MOST + 1] = {&r->ours};

	for (size_t k = 0; k < r->nother; k++)
		all[k + 1] = &r->other[k].scored;
	r->twin = rl_calloc(r->n, sizeof(*r->twin));
	for (size_t i = 0; i < r->n; i++) {
		r->twin[i] = r->by ? rl_twin_nearest(r->by, i)
				   : rl_twin_agreed(all, r->nother + 1, i, r->c.similar);
		r->nduplicate += is_duplicate(r, i);
	}
	if (r->nduplicate == r->n)
		rl_die("%s: every image is like one in %s: nothing to test on: features that can "
		       "tell are for --duplicates; --similar 2 leaves none out",
		       p->test_path, p->train_path);
	if (r->n - r->nduplicate == 1)
		rl_die("%s: one image to test on: how sure its verdict is takes two", p->test_path);
	if (10 * r->nduplicate > r->n)
		rl_warn("%s: %zu of %zu images are like one in %s and left out", p->test_path,
			r->nduplicate, r->n, p->train_path);
}

/* ---- comparing --------------------------------------------------------------------------------
 */

enum which { KNN, PROBE, BOTH };

/* In points, of test image i. */
static double points(const struct rl_contender *c, enum which which, size_t i)
{
	double knn = 100 * c->knn[i], probe = 100 * c->probe[i];

	return which == KNN ? knn : which == PROBE ? probe : (knn + probe) / 2;
}

/* Near-duplicates are left out unless `all`. */
static double accuracy(const struct run *r, const struct rl_contender *c, enum which which,
		       bool all)
{
	double sum = 0;

	for (size_t i = 0; i < r->n; i++)
		if (all || !is_duplicate(r, i))
			sum += points(c, which, i);
	return sum / (double)(all ? r->n : r->n - r->nduplicate);
}

/* Ours less the other's, image by image. */
static struct rl_interval difference(const struct run *r, const struct rl_contender *other,
				     enum which which, bool all)
{
	double *d = rl_realloc(NULL, r->n, sizeof(*d)), level = 1 - (1 - LEVEL) / (double)r->nother;
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (all || !is_duplicate(r, i))
			d[n++] = points(&r->ours, which, i) - points(other, which, i);
	struct rl_interval out =
		rl_bootstrap(d, n, RL_BOOTSTRAP_RESAMPLES, level, (uint64_t)r->c.seed);
	free(d);
	return out;
}

static const char *answer_of(const struct rl_interval *i)
{
	return answers[rl_interval_sign(i) + 1];
}

struct comparison {
	struct rl_interval difference[MOST]; /* to each baseline */
	size_t hardest;                      /* against which we do least well */
};

static struct comparison compare(const struct run *r, bool all)
{
	struct comparison c = {0};

	for (size_t i = 0; i < r->nother; i++) {
		struct rl_interval *d = &c.difference[i], *least = &c.difference[c.hardest];

		*d = difference(r, &r->other[i].scored, BOTH, all);
		int sign = rl_interval_sign(d), before = rl_interval_sign(least);
		if (sign < before || (sign == before && d->mean < least->mean))
			c.hardest = i;
	}
	return c;
}

/* "; better than untrained, pixels; the same as colours" */
static char *others(const struct run *r, const struct comparison *c)
{
	static const char *const words[] = {"worse than", "the same as", "better than"};
	char *text = rl_strdup("");

	for (int sign = 1; sign >= -1; sign--) {
		const char *before = "; ";

		for (size_t i = 0; i < r->nother; i++) {
			if (i == c->hardest || rl_interval_sign(&c->difference[i]) != sign)
				continue;
			char *longer = rl_asprintf(
				"%s%s%s%s%s", text, before, *before == ';' ? words[sign + 1] : "",
				*before == ';' ? " " : "", r->other[i].scored.name);
			free(text);
			text = longer;
			before = ", ";
		}
	}
	return text;
}

static char *sentence(const struct run *r, const struct comparison *c, bool all)
{
	const struct rl_contender *o = &r->other[c->hardest].scored;
	const struct rl_interval *d = &c->difference[c->hardest];
	char *rest = others(r, c);
	char *without = all || !r->nduplicate
				? rl_strdup("")
				: rl_asprintf("; %zu of %zu images left out as near-duplicates",
					      r->nduplicate, r->n);
	char *text = rl_asprintf("%s: %.1f %% against %.1f %% of %s, %+.1f points (%g %% sure: "
				 "%+.1f to %+.1f)%s%s",
				 answer_of(d), accuracy(r, &r->ours, BOTH, all),
				 accuracy(r, o, BOTH, all), o->name, d->mean, 100 * LEVEL, d->low,
				 d->high, rest, without);

	free(rest);
	free(without);
	return text;
}

/* ---- the result -------------------------------------------------------------------------------
 */

static json_t *metrics(const struct run *r, const struct rl_contender *c, bool all)
{
	json_t *o = json_pack("{s:f, s:f, s:f, s:f}", "accuracy", accuracy(r, c, BOTH, all), "knn",
			      accuracy(r, c, KNN, all), "probe", accuracy(r, c, PROBE, all),
			      "RankMe", c->spectrum.rankme);

	if (!isnan(c->spectrum.alpha))
		json_object_set_new(o, "alpha-ReQ", json_real(c->spectrum.alpha));
	return o;
}

static json_t *interval(struct rl_interval i)
{
	return json_pack("{s:f, s:f, s:f}", "points", i.mean, "low", i.low, "high", i.high);
}

static json_t *against(const struct run *r, const struct comparison *c, bool all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nother; i++) {
		const struct rl_contender *o = &r->other[i].scored;

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:I, s:f, s:{s:o, s:o, s:o}}", "name",
					o->name, "answer", answer_of(&c->difference[i]), "metrics",
					metrics(r, o, all), "features", (json_int_t)o->d,
					"weight_decay", o->weight_decay, "difference", "accuracy",
					interval(c->difference[i]), "knn",
					interval(difference(r, o, KNN, all)), "probe",
					interval(difference(r, o, PROBE, all))));
	}
	return list;
}

static json_t *pairs(const struct run *r)
{
	const struct rl_pair *p = &r->ours.images;
	json_t *list = json_array();

	for (size_t i = 0; i < r->n; i++)
		if (is_duplicate(r, i))
			json_array_append_new(list, json_pack("[ssf]", p->test.key[i],
							      p->train.key[r->twin[i].row],
							      r->twin[i].similarity));
	return list;
}

static json_t *duplicates(const struct run *r)
{
	json_t *o = json_pack("{s:s?, s:f, s:I, s:o}", "by", r->by ? r->by->name : NULL, "similar",
			      r->c.similar, "images", (json_int_t)r->nduplicate, "pairs", pairs(r));

	if (r->nduplicate) {
		struct comparison all = compare(r, true);
		char *text = sentence(r, &all, true);

		json_object_set_new(o, "with_them",
				    json_pack("{s:s, s:o, s:o}", "verdict", text, "metrics",
					      metrics(r, &r->ours, true), "against",
					      against(r, &all, true)));
		free(text);
	}
	return o;
}

static json_t *protocol(void)
{
	return json_pack(
		"{s:s, s:s, s:i, s:f, s:s, s:s, s:f, s:i, s:s}", "accuracy",
		"mean of the top-1 of knn and probe, percent, on test images that are no "
		"near-duplicates",
		"knn",
		"cosine of rows less the training mean; exp(cosine / temperature) is the vote of "
		"each of k",
		"k", RL_CONTENDER_K, "temperature", RL_CONTENDER_TEMPERATURE, "probe",
		"softmax regression on standardised features at its optimum, weight decay of 10 to "
		"1e-5 chosen on training rows that are held out",
		"intervals", "paired bootstrap over test images, all baselines' at once", "level",
		LEVEL, "resamples", RL_BOOTSTRAP_RESAMPLES, "label-free",
		"RankMe of the training rows, and alpha-ReQ on the eigenvalues of rank 4 to 100");
}

static json_t *provenance(const struct run *r, json_t *command)
{
	json_t *o = json_pack("{s:O, s:O, s:O, s:I}", "train", r->ours.images.train_provenance,
			      "test", r->ours.images.test_provenance, "command", command, "seed",
			      (json_int_t)r->c.seed);
	json_t *others = json_object();

	for (size_t i = 0; i < r->nother; i++)
		json_object_set_new(others, r->other[i].scored.name,
				    json_pack("{s:O, s:O}", "train",
					      r->other[i].scored.images.train_provenance, "test",
					      r->other[i].scored.images.test_provenance));
	json_object_set_new(o, "against", others);
	return o;
}

static void print_result(const struct run *r, int argc, char **argv)
{
	const struct rl_pair *p = &r->ours.images;
	struct comparison c = compare(r, false);
	char *name = rl_utf8_clean(r->c.name), *text = sentence(r, &c, false);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);

	rl_json_print(json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:f, s:o, s:o, s:o, s:o, s:o}", "benchmark",
		"verdict", "name", name, "verdict", text, "answer",
		answer_of(&c.difference[c.hardest]), "metrics", metrics(r, &r->ours, false),
		"layer", r->c.layer, "features", (json_int_t)r->ours.d, "weight_decay",
		r->ours.weight_decay, "against", against(r, &c, false), "duplicates", duplicates(r),
		"setup", rl_setup_of_streams(p->train_provenance, p->test_provenance, p->nclass),
		"protocol", protocol(), "provenance", provenance(r, entry)));
	json_decref(self);
	free(name);
	free(text);
}

int main(int argc, char **argv)
{
	struct run r = {.c = {.layer = "avgpool",
			      .similar = 0.98,
			      .name = "",
			      .threads = omp_get_max_threads()}};
	struct config *c = &r.c;
	const struct rl_opt opts[] = {
		RL_OPT_STR("train", &c->train, "A", "feature stream to learn from"),
		RL_OPT_STR("test", &c->test, "B", "feature stream to test on"),
		RL_OPT_STR("layer", &c->layer, "NAME",
			   "of feat1..feat5, avgpool; of baselines that say none, too"),
		RL_OPT_STR("duplicates", &c->duplicates, "NAME",
			   "the baseline that tells near-duplicates; all that can if not given"),
		RL_OPT_REAL("similar", &c->similar, 0, 2, "X",
			    "the cosine from which on they are; above 1, none is"),
		RL_OPT_STR("name", &c->name, "ROW", "what the result's \"name\" says"),
		RL_OPT_INT("seed", &c->seed, 0, INT64_MAX, "S",
			   "of the rows that are held out, and of the resamples"),
		RL_OPT_INT("threads", &c->threads, 1, 1024, "N", "of the matrix products"),
		RL_OPT_FLAG("quiet", &c->quiet, "no progress on stderr"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (!c->train || !c->test)
		rl_die_usage("--train and --test are needed");
	if (first == argc)
		rl_die_usage("nothing to compare with: NAME=TRAIN:TEST");
	for (int i = first; i < argc; i++)
		parse_baseline(&r, argv[i]);
	if (c->duplicates && !r.by)
		rl_die_usage("--duplicates: %s: no such baseline", c->duplicates);
	omp_set_num_threads((int)c->threads);
	r.progress = rl_progress_start("features", (int64_t)r.nother + 1, c->quiet);

	r.ours = score(&r, "ours", c->train, c->test, c->layer);
	r.n = r.ours.images.test.n;
	for (size_t i = 0; i < r.nother; i++) {
		struct baseline *b = &r.other[i];

		rl_progress_show(&r.progress, (int64_t)i + 1);
		b->scored = score(&r, b->name, b->train, b->test, b->layer);
		rl_contenders_alike(&r.ours, &b->scored);
	}
	rl_progress_end(&r.progress, (int64_t)r.nother + 1);
	find_duplicates(&r);
	print_result(&r, argc, argv);

	rl_contender_free(&r.ours);
	for (size_t i = 0; i < r.nother; i++) {
		rl_contender_free(&r.other[i].scored);
		free(r.other[i].name); /* the whole word */
	}
	free(r.twin);
	return RL_EXIT_OK;
}
