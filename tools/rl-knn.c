/* rl-knn: nearest neighbours of features among features; their votes, or who they are. */
#include "base/err.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "eval/knn.h"
#include "eval/overlap.h"
#include "eval/rows.h"
#include "eval/setup.h"
#include "eval/topk.h"
#include "eval/whiten.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-knn",
	.synopsis = "--train A --test B [options] > result.json",
	.summary = "Classify the rows of features B by their nearest neighbours among A, or list "
		   "these.",
	.example = "rl-knn --train train.tar --test val.tar --k 10,20 | jq .metrics",
};

enum { MOST_K = 32 };

struct config {
	const char *train, *test, *k, *layer, *name;
	double temperature;
	int64_t neighbours, queries, seed, batch, threads;
	bool leave_self_out, images_once, whiten, quiet;
};

/* The rows of the database, where neighbours are listed. */
struct rows_seen {
	char **key; /* [images] */
	size_t images;
	uint32_t *image;   /* [n], of a row */
	float (*place)[4]; /* [n]; NULL: rows are images */
	size_t n;
};

struct run {
	struct config c;
	size_t k[MOST_K], nk, most; /* the votes that are asked for; neighbours that are */
	struct rl_whiten *whiten;
	struct rl_progress progress;
	int64_t passed; /* rows of the database, over all passes */
	struct rows_seen seen;
	json_t *train; /* provenance */
	int64_t nclass;
	struct rl_topk score[MOST_K]; /* of each k */
};

/* Neighbours that are listed do not vote. */
static void check_votes(struct config *c)
{
	if (!c->neighbours && (c->queries || c->images_once))
		rl_die_usage("--queries and --images-once are for --neighbours");
	if (c->seed >= 0 && !c->queries)
		rl_die_usage("--seed is for --queries");
	if (c->neighbours && (c->k || c->temperature > 0 || *c->name))
		rl_die_usage("--k, --temperature and --name are for votes, not for --neighbours");
	if (!c->k)
		c->k = "10,20,100,200";
	if (!(c->temperature > 0))
		c->temperature = 0.07;
}

static void parse_k(struct run *r)
{
	char *copy = rl_strdup(r->c.k), *rest = copy;

	for (char *item; (item = strsep(&rest, ","));) {
		if (r->nk == MOST_K)
			rl_die_usage("--k: more than %d", MOST_K);
		r->k[r->nk++] = (size_t)rl_parse_int(item, 1, 1 << 20, "--k");
		if (r->k[r->nk - 1] <= r->most)
			rl_die_usage("--k: %s: must be ascending", r->c.k);
		r->most = r->k[r->nk - 1];
	}
	free(copy);
	if (r->c.neighbours)
		r->most = (size_t)r->c.neighbours;
}

/* ---- a pass over the database: it is read while blocks are worked on ---------------------------
 */

struct pass {
	struct run *r;
	struct rl_rows *rows;
	const struct rl_rows *test;
	struct rl_knn *knn;        /* NULL: the rows are what whitening is fitted to */
	struct rl_overlap *shared; /* NULL: test rows may be in the database */
	bool keep_keys, checked;
};

static void remember(struct rows_seen *s, const struct rl_block *b)
{
	s->image = rl_realloc(s->image, s->n + b->n, sizeof(*s->image));
	if (b->place) {
		s->place = rl_realloc(s->place, s->n + b->n, sizeof(*s->place));
		memcpy(s->place + s->n, b->place, b->n * sizeof(*s->place));
	}
	for (size_t i = 0; i < b->n; i++) {
		if (!i || b->image[i] != b->image[i - 1]) {
			s->key = rl_grown(s->key, s->images, sizeof(*s->key));
			s->key[s->images++] = rl_strdup(b->key[i]);
		}
		s->image[s->n++] = (uint32_t)(s->images - 1);
	}
}

static void forget(struct rows_seen *s)
{
	for (size_t i = 0; i < s->images; i++)
		free(s->key[i]);
	free(s->key);
	free(s->image);
	free(s->place);
}

static void *next_block(void *context)
{
	struct pass *p = context;
	struct run *r = p->r;
	struct rl_block *b = rl_calloc(1, sizeof(*b));

	if (!rl_rows_read(p->rows, rl_rows_a_block(p->rows), b)) {
		free(b);
		return NULL;
	}
	if (!p->checked)
		rl_rows_alike(p->rows, p->test);
	p->checked = true;
	if (p->shared)
		rl_overlap_show(p->shared, b->key, b->n);
	if (p->keep_keys)
		remember(&r->seen, b);
	return b;
}

static void make_unit(const struct run *r, const char *path, const struct rl_block *b)
{
	if (r->whiten)
		rl_whiten_apply(r->whiten, b->x, b->n);
	for (size_t i = 0; i < b->n; i++)
		if (!rl_knn_unit(b->x + i * b->d, b->d))
			rl_die("%s: %s: all features are zero: it has no direction", path,
			       b->key[i]);
}

static void work_on_block(void *context, void *job, int worker)
{
	struct pass *p = context;
	struct rl_block *b = job;
	struct run *r = p->r;

	(void)worker;
	omp_set_num_threads((int)r->c.threads); /* counts for the thread that says it */
	if (p->knn) {
		make_unit(r, p->rows->path, b);
		rl_knn_offer_groups(p->knn, b->x, b->label, r->c.leave_self_out ? b->key : NULL,
				    r->c.images_once ? b->image : NULL, b->n);
	} else {
		if (!r->whiten)
			r->whiten = rl_whiten_new(b->d);
		rl_whiten_add(r->whiten, b->x, b->n);
	}
}

static void done_with_block(void *context, void *job)
{
	struct pass *p = context;
	struct rl_block *b = job;

	rl_progress_show(&p->r->progress, p->r->passed += (int64_t)b->n);
	rl_block_free(b);
	free(b);
}

/* Every pass must see the same. */
static void run_pass(struct pass *p)
{
	struct run *r = p->r;

	rl_pool_run(1, &(struct rl_pool_calls){next_block, work_on_block, done_with_block, p});
	if (!r->train)
		r->train = rl_rows_provenance(p->rows);
	else if (strcmp(json_string_value(json_object_get(r->train, "digest")), p->rows->digest))
		rl_die("%s: changed while it was read", p->rows->path);
}

static struct rl_rows *open_train(const struct run *r)
{
	if (r->train && !strcmp(r->c.train, "-"))
		rl_die("stdin can be read once: --whiten and more than --batch queries read the "
		       "database again");
	return rl_rows_open(r->c.train, r->c.layer, !r->c.neighbours);
}

static void fit_whitening(struct run *r, const struct rl_rows *test)
{
	struct pass p = {.r = r, .rows = open_train(r), .test = test};

	run_pass(&p);
	rl_whiten_fit(r->whiten, p.rows->path);
	rl_rows_close(p.rows);
}

/* ---- queries ----------------------------------------------------------------------------------
 */

static void vote(struct run *r, const struct rl_neighbour *nearest, int32_t label, double *score)
{
	for (size_t i = 0; i < r->nk; i++)
		rl_topk_count(&r->score[i],
			      rl_knn_rank(nearest, r->k[i], r->c.temperature, label, score));
}

static json_t *place_of(const float place[4])
{
	return json_pack("[f,f,f,f]", place[0], place[1], place[2], place[3]);
}

static void list(const struct run *r, const struct rl_block *queries, size_t i, const json_t *grid,
		 const struct rl_neighbour *nearest)
{
	const struct rows_seen *s = &r->seen;
	json_t *all = json_array();

	for (size_t k = 0; k < r->most; k++) {
		size_t row = nearest[k].row;

		json_array_append_new(all, json_pack("[s,f,o*]", s->key[s->image[row]],
						     nearest[k].similarity,
						     s->place ? place_of(s->place[row]) : NULL));
	}
	rl_json_print(json_pack("{s:s, s:O*, s:o*, s:o}", "key", queries->key[i], "grid", grid,
				"place", queries->place ? place_of(queries->place[i]) : NULL,
				"neighbours", all));
}

static void answer(struct run *r, const struct rl_rows *test, const struct rl_block *queries)
{
	struct rl_rows *train = open_train(r);
	struct rl_overlap shared = {0};
	struct pass p = {
		.r = r, .rows = train, .test = test, .keep_keys = r->c.neighbours && !r->seen.n};

	if (!r->c.neighbours && !r->c.leave_self_out)
		p.shared = &shared;
	rl_overlap_learn(&shared, queries->key, queries->n);
	p.knn = rl_knn_new(queries->x, queries->n, queries->d, r->most,
			   r->c.leave_self_out ? queries->key : NULL);
	run_pass(&p);
	rl_overlap_refuse(&shared, train->path, test->path);
	rl_overlap_free(&shared);
	r->nclass = train->nclass > test->nclass ? train->nclass : test->nclass;
	double *score = rl_calloc((size_t)r->nclass, sizeof(*score));
	for (size_t i = 0; i < queries->n; i++) {
		size_t count;
		const struct rl_neighbour *nearest = rl_knn_nearest(p.knn, i, &count);

		if (count < r->most)
			rl_die("%s: %zu neighbours wanted of %s, but there are %zu %s", train->path,
			       r->most, queries->key[i], count,
			       r->c.images_once ? "images" : "rows");
		if (r->c.neighbours)
			list(r, queries, i, test->grid, nearest);
		else
			vote(r, nearest, queries->label[i], score);
	}
	free(score);
	rl_knn_free(p.knn);
	rl_rows_close(train);
}

/* ---- the result -------------------------------------------------------------------------------
 */

static json_t *percent(const struct run *r, int top)
{
	json_t *o = json_object();
	char name[32];

	for (size_t i = 0; i < r->nk; i++) {
		snprintf(name, sizeof(name), "k=%zu", r->k[i]);
		json_object_set_new(o, name, json_real(rl_topk_percent(&r->score[i], top)));
	}
	return o;
}

static json_t *protocol(const struct run *r)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:f, s:s, s:s, s:b}", "features",
		"rows divided by their L2 norm, in double, and rounded to float", "similarity",
		"cosine, exact: every row of the database, summed in double; ties by its order",
		"vote", "exp(similarity / temperature) of each of the k nearest for its class",
		"temperature", r->c.temperature, "ties",
		"equal votes: the lower class number first", "metrics",
		"top-1 accuracy for each k, percent; top5 beside them: a class without a "
		"vote is no guess",
		"leave_self_out", r->c.leave_self_out);

	json_object_set_new(
		o, "whitening",
		r->whiten ? json_pack("{s:s, s:f}", "kind",
				      "Cholesky, mean and covariance of the database, before the "
				      "division by norms; eps times the mean variance is added "
				      "to the covariance's diagonal",
				      "eps", RL_WHITEN_EPS)
			  : json_string("none"));
	return o;
}

static void print_result(const struct run *r, const struct rl_rows *test, int argc, char **argv)
{
	char *name = rl_utf8_clean(r->c.name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);

	json_t *queries = rl_rows_provenance(test);
	rl_json_print(json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:{s:O, s:o, s:O}}", "benchmark", "knn",
		"name", name, "metrics", percent(r, 1), "top5", percent(r, 5), "layer", r->c.layer,
		"setup", rl_setup_of_streams(r->train, queries, r->nclass), "protocol", protocol(r),
		"provenance", "train", r->train, "test", queries, "command", entry));
	json_decref(self);
	free(name);
}

static void need_other_data(const struct run *r, const struct rl_rows *test)
{
	const char *digest = json_string_value(json_object_get(r->train, "digest"));

	if (!strcmp(digest, test->digest) && !r->c.leave_self_out)
		rl_die("%s: the same data as %s: every row is its own nearest neighbour "
		       "(--leave-self-out)",
		       test->path, json_string_value(json_object_get(r->train, "path")));
}

static void need_votes_of_images(const struct run *r, const struct rl_rows *test)
{
	if (test->patches && !r->c.neighbours)
		rl_die("%s: patches do not vote: --neighbours lists theirs", test->path);
}

/* A batch of them, or those that are drawn from all. */
static bool next_queries(const struct run *r, struct rl_rows *test, struct rl_block *queries)
{
	if (!r->c.queries)
		return rl_rows_read(test, (size_t)r->c.batch, queries);
	if (queries->n)
		return false;
	*queries = rl_rows_sample(test, (size_t)r->c.queries,
				  (uint64_t)(r->c.seed < 0 ? 0 : r->c.seed));
	return true;
}

int main(int argc, char **argv)
{
	struct run r = {.c = {.layer = "avgpool",
			      .name = "",
			      .seed = -1,
			      .batch = 65536,
			      .threads = omp_get_max_threads()}};
	struct config *c = &r.c;
	const struct rl_opt opts[] = {
		RL_OPT_STR("train", &c->train, "A", "feature stream: the database"),
		RL_OPT_STR("test", &c->test, "B", "feature stream: the queries"),
		RL_OPT_STR("k", &c->k, "k,...",
			   "how many neighbours vote; 10,20,100,200 if not given"),
		RL_OPT_REAL("temperature", &c->temperature, 1e-6, 1e6, "T",
			    "of the votes; 0.07 if not given"),
		RL_OPT_STR("layer", &c->layer, "NAME", "of feat1..feat5, avgpool"),
		RL_OPT_INT("neighbours", &c->neighbours, 1, 1 << 20, "N",
			   "print each query's N nearest instead"),
		RL_OPT_INT("queries", &c->queries, 1, 1 << 24, "N",
			   "of N rows of B, drawn at random; of all if not given"),
		RL_OPT_INT("seed", &c->seed, 0, INT64_MAX, "S", "of what is drawn; 0 if not given"),
		RL_OPT_FLAG("images-once", &c->images_once,
			    "of an image's patches only the nearest is a neighbour"),
		RL_OPT_FLAG("leave-self-out", &c->leave_self_out,
			    "a row of the query's key is none of its neighbours"),
		RL_OPT_FLAG("whiten", &c->whiten, "by the mean and covariance of the database"),
		RL_OPT_INT("batch", &c->batch, 1, 1 << 24, "N", "queries held at a time"),
		RL_OPT_STR("name", &c->name, "ROW", "what the result's \"name\" says"),
		RL_OPT_INT("threads", &c->threads, 1, 1024, "N", "of the matrix products"),
		RL_OPT_FLAG("quiet", &c->quiet, "no progress on stderr"),
		RL_OPT_END};

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("no operands: the streams are named by --train and --test");
	if (!c->train || !c->test)
		rl_die_usage("--train and --test are needed");
	check_votes(c);
	parse_k(&r);
	omp_set_num_threads((int)c->threads);
	r.progress = rl_progress_start("rows", 0, c->quiet);

	struct rl_rows *test = rl_rows_open(c->test, c->layer, !c->neighbours);
	struct rl_block queries = {0};
	need_votes_of_images(&r, test);
	while (next_queries(&r, test, &queries)) {
		if (c->whiten && !r.whiten)
			fit_whitening(&r, test);
		make_unit(&r, test->path, &queries);
		answer(&r, test, &queries);
	}
	rl_progress_end(&r.progress, r.passed);
	if (!c->neighbours) {
		need_other_data(&r, test);
		print_result(&r, test, argc, argv);
	}

	rl_block_free(&queries);
	forget(&r.seen);
	json_decref(r.train);
	rl_whiten_free(r.whiten);
	rl_rows_close(test);
	return RL_EXIT_OK;
}
