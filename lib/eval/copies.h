/*
 * Which images are others again, saved at another quality or in another size: groups, from the
 * pairs in lines that rl-knn --neighbours prints, of which all neighbours count.  A copy of a copy
 * is one.
 */
#ifndef RL_EVAL_COPIES_H
#define RL_EVAL_COPIES_H

#include "base/dict.h"

#include <jansson.h>
#include <stdint.h>

struct rl_copies {
	char **key;    /* [n], of images that have copies */
	size_t *group; /* [n], the first of its group */
	size_t n, groups;
	struct rl_dict at;
	json_t *provenance; /* {"path", "sha256"} of the file */
};

/* Dies, naming the line, on what is not {"key":A,"neighbours":[[B, ...], ...]}. */
struct rl_copies rl_copies_read(const char *path);

/* A number that all copies of the image have, from 1; 0: it has none. */
uint32_t rl_copies_group(const struct rl_copies *c, const char *key);

void rl_copies_free(struct rl_copies *c);

#endif
