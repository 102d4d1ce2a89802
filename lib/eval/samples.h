/*
 * Low-shot samples given as files, in the layout of FAIR's self-supervision benchmark, which fixed
 * them so that everyone fits to the same images:
 *
 *	DIR/train_targets_sample{1..S}_k{K}.npy	int32 [images, classes]
 *
 * with images in the order of the training stream, 1 for a positive, 0 for a negative and -1 for
 * what is not drawn.
 */
#ifndef RL_EVAL_SAMPLES_H
#define RL_EVAL_SAMPLES_H

#include "eval/lowshot.h"

#include <jansson.h>

/*
 * target[nshot][samples][nclass][ntrain] for rl_lowshot, whose other members are set; free() it.
 * Dies, naming the file, unless every class has K positives and (C-1) K negatives, all labelled as
 * such.  *files becomes {file name: SHA-256}, a new reference.
 */
int8_t *rl_samples_read(const char *dir, const struct rl_lowshot *l, json_t **files);

#endif
