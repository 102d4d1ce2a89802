/* rl-discover: objects that recur in images nobody labelled. */
#include "base/err.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "eval/discover.h"
#include "eval/knn.h"
#include "eval/setup.h"
#include "eval/whiten.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-discover",
	.synopsis = "[options] PATCHES > finds",
	.summary = "Find what recurs in unlabelled images: four neighbouring patches that lie side "
		   "by\n"
		   "side again in others, more often than by chance.  A line of JSON for each "
		   "find; no\n"
		   "line where there is nothing.",
	.example = "find photos -name '*.jpg' | rl-decode |\n"
		   "  rl-extract --weights w.safetensors --patches > patches.tar &&\n"
		   "  rl-discover patches.tar | jq -c '[.key, .verified, .p]'",
};

struct config {
	const char *path, *layer, *copies, *result, *name;
	double fdr;
	int64_t constellations, top, shuffles, seed, threads;
	bool whiten, quiet;
};

struct run {
	struct config c;
	struct rl_whiten *whiten;
	struct rl_copies copies;
	struct rl_constellations drawn;
	struct rl_search *search;
	char **key;          /* [nkey] of the stream's images; NULL: it has no patches */
	size_t nkey, images; /* of all of these; with patches */
	json_t *provenance;  /* of the stream */
	json_t *grid;        /* that its places count in; NULL: they count pixels */
	struct rl_progress progress;
	int64_t passed; /* patches, over both passes */

	struct rl_find *find;              /* [drawn.n]; after the tests, `finds` of them */
	double *p, *q;                     /* [drawn.n] */
	double verified, mirrored, chance; /* mean shares of matches that verify: as they are, with
					      left and right exchanged, and shuffled */
	size_t significant, finds;
};

/* ---- two passes over the patches --------------------------------------------------------------
 */

static void remember_key(struct run *r, size_t image, const char *key)
{
	while (r->nkey <= image) {
		r->key = rl_grown(r->key, r->nkey, sizeof(*r->key));
		r->key[r->nkey++] = NULL;
	}
	r->key[image] = rl_strdup(key);
}

/* The first: which constellations, and what whitening is fitted to. */
static void draw(void *context, struct rl_block *b)
{
	struct run *r = context;

	rl_constellations_show(&r->drawn, b);
	if (r->c.whiten && !r->whiten)
		r->whiten = rl_whiten_new(b->d);
	if (r->whiten)
		rl_whiten_add(r->whiten, b->x, b->n);
	for (size_t i = 0; i < b->n; i = rl_block_image_end(b, i)) {
		remember_key(r, b->image[i], b->key[i]);
		r->images++;
	}
	rl_progress_show(&r->progress, r->passed += (int64_t)b->n);
}

static void make_unit(const struct run *r, float *x, size_t n, size_t d, char *const *key)
{
	if (r->whiten)
		rl_whiten_apply(r->whiten, x, n);
	for (size_t i = 0; i < n; i++)
		if (!rl_knn_unit(x + i * d, d))
			rl_die("%s: %s: all features of a patch are zero: it has no direction",
			       r->c.path, key[i]);
}

/* The second: where they are found again. */
static void search(void *context, struct rl_block *b)
{
	struct run *r = context;

	make_unit(r, b->x, b->n, b->d, b->key);
	rl_search_show(r->search, b);
	rl_progress_show(&r->progress, r->passed += (int64_t)b->n);
}

static void run_pass(struct run *r, void (*work)(void *, struct rl_block *))
{
	struct rl_rows *rows = rl_rows_open(r->c.path, r->c.layer, false);

	if (!rows->patches)
		rl_die("%s: not a stream of patches: rl-extract --patches makes them", rows->path);
	rl_rows_each(rows, (int)r->c.threads, work, r);
	if (!r->provenance) {
		r->provenance = rl_rows_provenance(rows);
		r->grid = json_deep_copy(rows->grid);
	} else if (strcmp(json_string_value(json_object_get(r->provenance, "digest")),
			  rows->digest)) {
		rl_die("%s: changed while it was read", rows->path);
	}
	rl_rows_close(rows);
}

static void prepare_search(struct run *r)
{
	rl_constellations_finish(&r->drawn);
	if (r->images < 2)
		rl_die("%s: one image with patches: there is none to find anything in", r->c.path);
	if (!r->drawn.n)
		rl_die("%s: nowhere four patches of a size side by side", r->c.path);
	if (r->whiten)
		rl_whiten_fit(r->whiten, r->c.path);
	for (size_t i = 0; i < r->drawn.n; i++) {
		char *key = r->drawn.at[i].key;

		make_unit(r, r->drawn.at[i].x, 4, r->drawn.d, (char *[]){key, key, key, key});
	}
	r->search = rl_search_new(&r->drawn, (size_t)r->c.top, &r->copies);
}

/* ---- which of them are finds ------------------------------------------------------------------
 */

static void test(struct run *r)
{
	size_t n = r->drawn.n;
	double *chance = rl_calloc(n, sizeof(*chance));

	r->find = rl_calloc(n, sizeof(*r->find));
	r->p = rl_calloc(n, sizeof(*r->p));
	r->q = rl_calloc(n, sizeof(*r->q));
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < n; i++) {
		struct rl_find *f = &r->find[i];

		f->constellation = i;
		f->match = rl_search_matches(r->search, i, &f->n);
		f->verified = rl_verified(f->match, f->n);
		r->p[i] = rl_permutation_p(f->match, f->n, (size_t)r->c.shuffles,
					   (uint64_t)r->c.seed, i, &chance[i]);
	}
	for (size_t i = 0; i < n; i++) {
		const struct rl_find *f = &r->find[i];
		double all = (double)n * (double)(f->n ? f->n : 1);

		r->verified += (double)f->verified / all;
		r->mirrored += (double)rl_verified_mirrored(f->match, f->n) / all;
		r->chance += chance[i] / (double)n;
	}
	rl_false_discovery(r->p, n, r->q);
	for (size_t i = 0; i < n; i++)
		if (r->find[i].verified && r->q[i] <= r->c.fdr)
			r->find[r->significant++] = r->find[i];
	r->finds = rl_finds_distinct(r->find, r->significant);
	free(chance);
}

/* ---- what is said -----------------------------------------------------------------------------
 */

static json_t *box_of(const struct rl_square *s)
{
	double box[4];

	rl_square_box(s, box);
	return json_pack("[f,f,f,f]", box[0], box[1], box[2], box[3]);
}

static json_t *images_of(const struct run *r, const struct rl_find *f)
{
	json_t *all = json_array();

	for (size_t i = 0; i < f->n; i++) {
		const struct rl_match *m = &f->match[i];

		if (m->square.error < RL_SQUARE_ERROR)
			json_array_append_new(
				all, json_pack("{s:s, s:o, s:f, s:f}", "key", r->key[m->image],
					       "box", box_of(&m->square), "e", m->square.error,
					       "score", (double)m->score));
	}
	return all;
}

static void print_find(const struct run *r, size_t number)
{
	const struct rl_find *f = &r->find[number];
	const struct rl_constellation *c = &r->drawn.at[f->constellation];
	struct rl_square own = rl_square_fit((const float(*)[4])c->place);

	rl_json_print(json_pack(
		"{s:I, s:s, s:O*, s:o, s:I, s:I, s:I, s:f, s:f, s:o, s:{s:O, s:s, s:I}}", "find",
		(json_int_t)number + 1, "key", c->key, "grid", r->grid, "box", box_of(&own),
		"verified", (json_int_t)f->verified, "mirrored",
		(json_int_t)rl_verified_mirrored(f->match, f->n), "of", (json_int_t)f->n, "p",
		r->p[f->constellation], "q", r->q[f->constellation], "images", images_of(r, f),
		"by", "patches", json_object_get(r->provenance, "digest"), "layer", r->c.layer,
		"seed", (json_int_t)r->c.seed));
}

static json_t *protocol(const struct run *r)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:I, s:s, s:s, s:I, s:f, s:s}", "constellations",
		"2 x 2 patches side by side, drawn at random from all there are", "similarity",
		"cosine; an image's score is the sum over the four of its best patch, wherever",
		"top", (json_int_t)r->c.top, "verified",
		"least-squares square, side within 2/3 to 4/3 of the patches', e < 1", "null",
		"the image of each patch's match shuffled", "shuffles", (json_int_t)r->c.shuffles,
		"false discovery rate", r->c.fdr, "distinct",
		"not more than half of the first 10 verified boxes at IoU > 0.5 with a better "
		"find's");

	json_object_set_new(o, "whitening",
			    json_string(r->whiten ? "Cholesky, fitted to all patches" : "none"));
	return o;
}

static void write_result(const struct run *r, int argc, char **argv)
{
	char *name = rl_utf8_clean(r->c.name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);
	struct rl_file *f = rl_file_create(r->c.result);

	json_object_set_new(entry, "seed", json_integer(r->c.seed));
	if (r->c.copies)
		json_object_set_new(entry, "inputs", json_pack("[O]", r->copies.provenance));
	json_t *o = json_pack(
		"{s:s, s:s, s:{s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f}, s:s, s:o, s:o, s:{s:O, "
		"s:O}}",
		"benchmark", "discovery", "name", name, "metrics", "images", (json_int_t)r->images,
		"copies", (json_int_t)(r->copies.n - r->copies.groups), "constellations",
		(json_int_t)r->drawn.n, "significant", (json_int_t)r->significant, "finds",
		(json_int_t)r->finds, "verified", r->verified, "mirrored", r->mirrored, "chance",
		r->chance, "layer", r->c.layer, "setup",
		rl_setup(0, (int64_t)r->images, 0, NULL, json_object_get(r->provenance, "history")),
		"protocol", protocol(r), "provenance", "test", r->provenance, "command", entry);
	char *text = rl_json_text(o);
	fprintf(rl_file_stream(f), "%s\n", text);
	rl_file_commit(f);
	free(text);
	json_decref(o);
	json_decref(self);
	free(name);
}

static void free_run(struct run *r)
{
	for (size_t i = 0; i < r->nkey; i++)
		free(r->key[i]);
	free(r->key);
	free(r->find);
	free(r->p);
	free(r->q);
	rl_search_free(r->search);
	rl_copies_free(&r->copies);
	rl_constellations_free(&r->drawn);
	rl_whiten_free(r->whiten);
	json_decref(r->provenance);
	json_decref(r->grid);
}

int main(int argc, char **argv)
{
	struct run r = {.c = {.layer = "avgpool",
			      .name = "",
			      .constellations = 1000,
			      .top = 100,
			      .shuffles = 9999,
			      .fdr = 0.05,
			      .threads = omp_get_max_threads()}};
	struct config *c = &r.c;
	const struct rl_opt opts[] = {
		RL_OPT_STR("layer", &c->layer, "NAME", "of feat1..feat5, avgpool"),
		RL_OPT_FLAG("whiten", &c->whiten, "by the mean and covariance of all patches"),
		RL_OPT_STR("copies", &c->copies, "FILE",
			   "neighbours that are an image again: nothing is found in them"),
		RL_OPT_INT("constellations", &c->constellations, 1, 1 << 20, "N",
			   "to search for, drawn at random"),
		RL_OPT_INT("top", &c->top, 1, 1 << 16, "N", "images with the strongest matches"),
		RL_OPT_INT("shuffles", &c->shuffles, 1, 1 << 30, "N", "at most, for each p"),
		RL_OPT_REAL("fdr", &c->fdr, 0, 1, "Q", "false discovery rate of what is printed"),
		RL_OPT_INT("seed", &c->seed, 0, INT64_MAX, "S", "of constellations and shuffles"),
		RL_OPT_STR("result", &c->result, "FILE",
			   "write what was done and how much was found, as one JSON object"),
		RL_OPT_STR("name", &c->name, "ROW", "what its \"name\" says"),
		RL_OPT_INT("threads", &c->threads, 1, 1024, "N", "of the matrix products"),
		RL_OPT_FLAG("quiet", &c->quiet, "no progress on stderr"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first != 1)
		rl_die_usage("one operand is needed: a stream of patches, in a file");
	if (!strcmp(argv[first], "-"))
		rl_die_usage("the patches are read twice: standard input will not do");
	if (*c->name && !c->result)
		rl_die_usage("--name is for --result");
	c->path = argv[first];
	omp_set_num_threads((int)c->threads);

	if (c->copies)
		r.copies = rl_copies_read(c->copies);
	r.drawn = rl_constellations_new((size_t)c->constellations, (uint64_t)c->seed);
	r.progress = rl_progress_start("patches", 0, c->quiet);
	run_pass(&r, draw);
	prepare_search(&r);
	run_pass(&r, search);
	rl_progress_end(&r.progress, r.passed);
	test(&r);
	for (size_t i = 0; i < r.finds; i++)
		print_find(&r, i);
	if (c->result)
		write_result(&r, argc, argv);
	free_run(&r);
	return RL_EXIT_OK;
}
