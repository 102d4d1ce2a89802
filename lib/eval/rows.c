#include "eval/rows.h"

#include "base/err.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "eval/layer.h"
#include "eval/network.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 1 << 24 };

struct rl_rows *rl_rows_open(const char *path, const char *layer, bool need_labels)
{
	struct rl_rows *r = rl_calloc(1, sizeof(*r));

	r->in = rl_reader_open(path);
	r->path = rl_utf8_clean(strcmp(path, "-") ? path : "stdin");
	r->layer = rl_strdup(layer);
	const json_t *head = rl_reader_head(r->in);
	if (!rl_head_has_field(head, layer))
		rl_die("%s: no field %s", r->path, layer);
	r->patches = !strcmp(rl_json_str(head, "kind", r->path), RL_PATCHFEATURES);
	r->labelled = rl_head_has_field(head, "label");
	if (need_labels && !r->labelled)
		rl_die("%s: no field label: decode with a manifest of classes, or import with a "
		       "list of PATH<tab>CLASS",
		       r->path);
	r->nclass = rl_head_nclass(head, r->path);
	r->declared = r->nclass > 0;
	r->grid = rl_head_grid(head, r->path);
	r->history = json_deep_copy(json_object_get(head, "history"));
	return r;
}

static int32_t take_label(struct rl_rows *r)
{
	if (!r->labelled)
		return -1;
	int32_t label = *(const int32_t *)rl_sample_get(&r->sample, "label", RL_I4, 0)->data;
	int64_t limit = r->declared ? r->nclass : MOST_CLASSES;
	if (label < 0 || label >= limit)
		rl_die("%s: %s: label %d is not in 0 to %lld", r->path, r->sample.key, label,
		       (long long)limit - 1);
	if (label >= r->nclass)
		r->nclass = label + 1;
	return label;
}

static void make_room(const struct rl_rows *r, struct rl_block *b, size_t n)
{
	if (b->n + n <= b->room)
		return;
	b->room = b->room + b->room / 2 < b->n + n ? b->n + n : b->room + b->room / 2;
	b->x = rl_realloc(b->x, b->room, r->d * sizeof(*b->x));
	b->label = rl_realloc(b->label, b->room, sizeof(*b->label));
	b->key = rl_realloc(b->key, b->room, sizeof(*b->key));
	b->image = rl_realloc(b->image, b->room, sizeof(*b->image));
	if (r->patches)
		b->place = rl_realloc(b->place, b->room, sizeof(*b->place));
}

static void take_sample(struct rl_rows *r, struct rl_block *b)
{
	const float(*place)[4] = NULL, *x;
	size_t n = 1;

	x = r->patches ? rl_layer_patches(&r->sample, r->layer, &r->d, &n, &place, r->path)
		       : rl_layer_row(&r->sample, r->layer, &r->d, r->path);
	int32_t label = take_label(r);
	make_room(r, b, n);
	memcpy(b->x + b->n * r->d, x, n * r->d * sizeof(*x));
	if (r->patches)
		memcpy(b->place + b->n, place, n * sizeof(*place));
	b->d = r->d;
	for (size_t i = 0; i < n; i++, b->n++) {
		b->label[b->n] = label;
		b->key[b->n] = rl_strdup(r->sample.key);
		b->image[b->n] = r->images;
	}
	r->n += n;
	r->images++;
}

static void clear(struct rl_block *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->key[i]);
	b->n = 0;
}

bool rl_rows_read(struct rl_rows *r, size_t most, struct rl_block *b)
{
	clear(b);
	while (b->n < most && !r->ended) {
		if (rl_reader_next(r->in, &r->sample)) {
			take_sample(r, b);
			continue;
		}
		r->ended = true;
		rl_reader_digest(r->in, r->digest);
		if (!r->n)
			rl_die("%s: no %s", r->path, r->images ? "patches" : "samples");
	}
	return b->n;
}

void rl_block_free(struct rl_block *b)
{
	clear(b);
	free(b->x);
	free(b->label);
	free(b->key);
	free(b->image);
	free(b->place);
	*b = (struct rl_block){0};
}

size_t rl_block_image_end(const struct rl_block *b, size_t i)
{
	size_t end = i + 1;

	while (end < b->n && b->image[end] == b->image[i])
		end++;
	return end;
}

/* ---- reading ahead ----------------------------------------------------------------------------
 */

size_t rl_rows_a_block(const struct rl_rows *r)
{
	const size_t bytes = 16 << 20, most = 8192;
	size_t n = r->d ? bytes / (r->d * sizeof(float)) + 1 : 256;

	return n < most ? n : most;
}

struct ahead {
	struct rl_rows *rows;
	int threads;
	void (*work)(void *context, struct rl_block *b);
	void *context;
};

static void *next_block(void *context)
{
	struct ahead *a = context;
	struct rl_block *b = rl_calloc(1, sizeof(*b));

	if (rl_rows_read(a->rows, rl_rows_a_block(a->rows), b))
		return b;
	free(b);
	return NULL;
}

static void work_on_block(void *context, void *job, int worker)
{
	const struct ahead *a = context;

	(void)worker;
	omp_set_num_threads(a->threads); /* counts for the thread that says it */
	a->work(a->context, job);
}

static void done_with_block(void *context, void *job)
{
	(void)context;
	rl_block_free(job);
	free(job);
}

void rl_rows_each(struct rl_rows *r, int threads, void (*work)(void *context, struct rl_block *b),
		  void *context)
{
	struct ahead a = {r, threads, work, context};

	rl_pool_run(1, &(struct rl_pool_calls){next_block, work_on_block, done_with_block, &a});
}

json_t *rl_rows_provenance(const struct rl_rows *r)
{
	return json_pack("{s:s, s:I, s:s, s:O}", "path", r->path, "samples", (json_int_t)r->images,
			 "digest", r->digest, "history", r->history);
}

void rl_rows_alike(const struct rl_rows *train, const struct rl_rows *test)
{
	if (test->patches != train->patches)
		rl_die("%s: features of %s, in %s of %s", test->path,
		       test->patches ? "patches" : "whole images", train->path,
		       train->patches ? "patches" : "whole images");
	if (test->grid != train->grid && !json_equal(test->grid, train->grid))
		rl_die("%s: places count in another grid than in %s", test->path, train->path);
	if (test->d != train->d)
		rl_die("%s: %s has %zu features, in %s %zu", test->path, test->layer, test->d,
		       train->path, train->d);
	if (test->declared && train->declared && test->nclass != train->nclass)
		rl_die("%s: %lld classes, in %s %lld", test->path, (long long)test->nclass,
		       train->path, (long long)train->nclass);
	rl_need_one_network(train->history, train->path, test->history, test->path);
}

void rl_rows_close(struct rl_rows *r)
{
	rl_reader_close(r->in);
	rl_sample_free(&r->sample);
	json_decref(r->history);
	free(r->path);
	free(r->layer);
	free(r);
}
