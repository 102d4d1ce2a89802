/*
 * Relative location as a task of the training loop: patch stream in, gradients out; and its
 * evaluation.
 */
#ifndef RL_TRAIN_PRETEXT_H
#define RL_TRAIN_PRETEXT_H

#include "eval/placing.h"
#include "train/loop.h"
#include "train/patchset.h"

struct rl_pretext;

/* Samples come from streams of this format; the last `recent` images are remembered for
 * rl_pretext_precise_bn.  `net` says with which ranks and which seed. */
struct rl_pretext *rl_pretext_new(struct rl_params *params, const struct rl_relloc *model,
				  const struct rl_patch_format *format, int64_t batch,
				  int64_t recent, const struct rl_net_config *net);
struct rl_task rl_pretext_task(struct rl_pretext *t);

/* Replace every running statistic by the mean over the remembered images with the present weights.
 * Running averages of a short run are stale: the neck's momentum of 0.003 has a half-life of 230
 * steps. */
void rl_pretext_precise_bn(struct rl_pretext *t);

/* The format of the patch stream in `path`, read through before hours are spent: dies unless the
 * model can be evaluated on it.  Its keys are added to *keys. */
struct rl_patch_format rl_pretext_check(const struct rl_relloc *model, const char *path,
					struct rl_keyset *keys);

/* In evaluation mode over the patch stream in `path`: what was said of each pair; rl_placing_free()
 * it.  *loss is the mean over pairs. */
struct rl_placing rl_pretext_evaluate(struct rl_params *params, const struct rl_relloc *model,
				      const char *path, int64_t batch, bool bf16, double *loss);

#endif
