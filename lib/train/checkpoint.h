/*
 * A checkpoint is one safetensors file with everything that training needs to go on: parameters and
 * running statistics under their full names, the optimiser's moments under "optim.m." and
 * "optim.v.", and in the metadata the step, the epoch and what the caller adds.
 */
#ifndef RL_TRAIN_CHECKPOINT_H
#define RL_TRAIN_CHECKPOINT_H

#include "base/json.h"
#include "nn/optim.h"

/* Writes DIR/checkpoint-EPOCH.safetensors atomically. */
void rl_checkpoint_write(const char *dir, const struct rl_params *p, const struct rl_optim *o,
			 int64_t epoch, int64_t step, const json_t *metadata);

/* Removes the checkpoint of that epoch; one that cannot be removed is only warned about. */
void rl_checkpoint_remove(const char *dir, int64_t epoch);

#endif
