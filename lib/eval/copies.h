/*
 * Which images are others again, saved at another quality or in another size: pairs, from lines
 * that rl-knn --neighbours prints, of which all neighbours count.
 */
#ifndef RL_EVAL_COPIES_H
#define RL_EVAL_COPIES_H

#include "stream/keyset.h"

struct rl_copies {
	struct rl_keyset pairs; /* of two keys, in either order */
	size_t n;
};

/* Dies, naming the line, on what is not {"key":A,"neighbours":[[B, ...], ...]}. */
struct rl_copies rl_copies_read(const char *path);
bool rl_copies_has(const struct rl_copies *c, const char *a, const char *b);
void rl_copies_free(struct rl_copies *c);

#endif
