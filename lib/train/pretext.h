/*
 * Relative location as a task of the training loop: patch stream in, gradients out; and its
 * evaluation.
 */
#ifndef RL_TRAIN_PRETEXT_H
#define RL_TRAIN_PRETEXT_H

#include "models/relloc.h"
#include "stream/stream.h"
#include "train/loop.h"

struct rl_pretext;

/* Samples come from streams that rl_pretext_check_head() has passed; the last `recent` images are
 * remembered for rl_pretext_precise_bn.  `net` says with which ranks and which seed. */
struct rl_pretext *rl_pretext_new(struct rl_params *params, const struct rl_relloc *model,
				  int64_t batch, int64_t recent, const struct rl_net_config *net);
struct rl_task rl_pretext_task(struct rl_pretext *t);

/* Replace every running statistic by the mean over the remembered images with the present weights.
 * Running averages of a short run are stale: the neck's momentum of 0.003 has a half-life of 230
 * steps. */
void rl_pretext_precise_bn(struct rl_pretext *t);

/* Dies unless the head is of a stream of patches as the model wants them. */
void rl_pretext_check_head(const struct rl_relloc *model, const json_t *head, const char *where);

/* Dies unless `path` is a whole patch stream that the model can be evaluated on: before hours are
 * spent. */
void rl_pretext_check(const struct rl_relloc *model, const char *path);

/* Loss and accuracy in evaluation mode over the patch stream in `path`. */
struct rl_score rl_pretext_evaluate(struct rl_params *params, const struct rl_relloc *model,
				    const char *path, int64_t batch, bool bf16);

#endif
