/* What rl-purity reads: a manifest of what images show, and sets of these. */
#ifndef RL_EVAL_PURITY_INPUT_H
#define RL_EVAL_PURITY_INPUT_H

#include "base/dict.h"
#include "eval/purity.h"

#include <jansson.h>

struct rl_labelled {
	struct rl_shows shows;
	char **key; /* [shows.images] */
	struct rl_dict at;
	json_t *provenance; /* {"path", "sha256"} */
};

/* A manifest with `label`, `labels` or objects: an image shows its class, those that are present,
 * or those of the objects that are not to be ignored.  Dies on one without any. */
struct rl_labelled rl_labelled_read(const char *path);
void rl_labelled_free(struct rl_labelled *l);

/* Lines of JSON with a member "images", an array of keys or of objects with a "key", such as
 * rl-discover's finds; of each the first `top`.  Dies, naming the line, on one without images, and
 * on an image that is not among the labelled, or twice in a set. */
struct rl_purity_set *rl_purity_sets_read(const char *path, const struct rl_labelled *l, size_t top,
					  size_t *n, json_t **provenance);
void rl_purity_sets_free(struct rl_purity_set *set, size_t n);

#endif
