/*
 * Images in two data sets that should have none in common: a test image that was trained on says
 * nothing.  A key is what an image is known by.
 *
 * Zero the struct; learn the keys of one set, then show those of the other.
 */
#ifndef RL_EVAL_OVERLAP_H
#define RL_EVAL_OVERLAP_H

#include "stream/keyset.h"

struct rl_overlap {
	struct rl_keyset known, shared;
	char *first; /* of those in both, as they were shown */
};

void rl_overlap_learn(struct rl_overlap *o, char *const *key, size_t n);
void rl_overlap_show(struct rl_overlap *o, char *const *key, size_t n);

/* Dies, naming the first and how many, if keys of `test` are keys of `train`. */
void rl_overlap_refuse(const struct rl_overlap *o, const char *train, const char *test);

void rl_overlap_free(struct rl_overlap *o);

#endif
