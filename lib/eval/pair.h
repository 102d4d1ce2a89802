/*
 * Two labelled feature streams, one layer of each whole in memory: what is learned from and what is
 * tested on.
 */
#ifndef RL_EVAL_PAIR_H
#define RL_EVAL_PAIR_H

#include "eval/rows.h"

struct rl_pair {
	struct rl_block train, test;
	int64_t nclass;   /* of both together */
	const char *most; /* the path of the one that has so many */
	char *train_path, *test_path;
	json_t *train_provenance, *test_provenance; /* see rl_rows_provenance() */
};

/* Dies unless the two have features of one size, classes and network, and other images. */
struct rl_pair rl_pair_read(const char *train, const char *test, const char *layer);
void rl_pair_free(struct rl_pair *p);

#endif
