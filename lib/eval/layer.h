/*
 * Layers of a feature stream: its fields feat1, feat2 ... and avgpool, f4 [D].
 */
#ifndef RL_EVAL_LAYER_H
#define RL_EVAL_LAYER_H

#include "stream/stream.h"

/* Names, from the list "feat1,feat4" or with NULL all of the stream's layers; new reference.  Dies,
 * naming `where`, when the stream lacks one, and of one that is listed twice. */
json_t *rl_layers_chosen(const json_t *head, const char *list, const char *where);

/* The sample's features of a layer.  *d is how many there must be; 0 is any number, and gets it.
 * Dies, naming sample and layer, on another size, NaN or infinity. */
const float *rl_layer_row(struct rl_sample *s, const char *layer, size_t *d, const char *where);

/* The same of a sample of patches, f4 [M,D] and `places` f4 [M,4] (see train/dense.h): *n is M.
 * Dies on places that are not finite or of another number, too. */
const float *rl_layer_patches(struct rl_sample *s, const char *layer, size_t *d, size_t *n,
			      const float (**place)[4], const char *where);

#endif
