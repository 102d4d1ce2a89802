/*
 * A checkpoint is one safetensors file with everything that training needs to go on: parameters and
 * running statistics under their full names, the optimiser's moments under "optim.m." and
 * "optim.v.", and in the metadata the step, the epoch and what the caller adds.
 */
#ifndef RL_TRAIN_CHECKPOINT_H
#define RL_TRAIN_CHECKPOINT_H

#include "base/json.h"
#include "nn/optim.h"

/* Writes DIR/checkpoint-EPOCH.safetensors atomically, then removes all but the newest `keep`. */
void rl_checkpoint_write(const char *dir, const struct rl_params *p, const struct rl_optim *o,
			 int64_t epoch, int64_t step, const json_t *metadata, int64_t keep);

#endif
