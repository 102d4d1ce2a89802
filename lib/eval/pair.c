#include "eval/pair.h"

#include "base/err.h"
#include "eval/overlap.h"

#include <stdlib.h>
#include <string.h>

static void need_other_images(const struct rl_rows *train, const struct rl_block *a,
			      const struct rl_rows *test, const struct rl_block *b)
{
	struct rl_overlap shared = {0};

	if (!strcmp(train->digest, test->digest))
		rl_die("%s: the same data as %s: testing on what was trained on", test->path,
		       train->path);
	rl_overlap_learn(&shared, a->key, a->n);
	rl_overlap_show(&shared, b->key, b->n);
	rl_overlap_refuse(&shared, train->path, test->path);
	rl_overlap_free(&shared);
}

/* To its end: then the digest is known. */
static struct rl_block read_all(struct rl_rows *r)
{
	struct rl_block b = {0};

	rl_rows_read(r, SIZE_MAX, &b);
	return b;
}

struct rl_pair rl_pair_read(const char *train_path, const char *test_path, const char *layer)
{
	struct rl_rows *train = rl_rows_open(train_path, layer, true);
	struct rl_rows *test = rl_rows_open(test_path, layer, true);
	struct rl_pair p = {.train = read_all(train), .test = read_all(test)};

	rl_rows_alike(train, test);
	need_other_images(train, &p.train, test, &p.test);
	p.train_path = rl_strdup(train->path);
	p.test_path = rl_strdup(test->path);
	p.nclass = train->nclass > test->nclass ? train->nclass : test->nclass;
	p.most = train->nclass == p.nclass ? p.train_path : p.test_path;
	p.train_provenance = rl_rows_provenance(train);
	p.test_provenance = rl_rows_provenance(test);
	rl_rows_close(train);
	rl_rows_close(test);
	return p;
}

void rl_pair_free(struct rl_pair *p)
{
	rl_block_free(&p->train);
	rl_block_free(&p->test);
	free(p->train_path);
	free(p->test_path);
	json_decref(p->train_provenance);
	json_decref(p->test_provenance);
	*p = (struct rl_pair){0};
}
