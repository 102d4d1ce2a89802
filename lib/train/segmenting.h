/*
 * Segmentation as a task of the training loop: a fully convolutional network on images of one size,
 * from the fields image u1 [H,W,3] and segmentation u1 [H,W].
 *
 * Smaller images are padded at their right and lower ends: with 0 once they are normalised, and
 * with no class.
 */
#ifndef RL_TRAIN_SEGMENTING_H
#define RL_TRAIN_SEGMENTING_H

#include "models/fcn.h"
#include "stream/stream.h"
#include "train/loop.h"

struct rl_segmenting;

/* The names of the classes, from the head; dies where a field or the names are missing.  Borrowed
 * from the head. */
const json_t *rl_segmenting_classes(const json_t *head, const char *where);

/* `net` says with which ranks, precision and initial values; `seed` is that of dropout. */
struct rl_segmenting *rl_segmenting_new(struct rl_params *params, const struct rl_fcn *c,
					int64_t batch, int64_t height, int64_t width,
					const struct rl_net_config *net, uint64_t seed);
struct rl_task rl_segmenting_task(struct rl_segmenting *s);

#endif
