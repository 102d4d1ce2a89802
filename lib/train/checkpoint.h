/*
 * A checkpoint is one sealed safetensors file, DIR/checkpoint-STEP.safetensors, with everything
 * that training needs to go on: parameters and running statistics under their full names, the
 * optimiser's moments under "optim.m." and "optim.v.", and in the metadata the state of the run
 * ("state") and what the run is ("run"): what a run that goes on from it must agree with.
 *
 * All checkpoints of a directory are of one run.
 */
#ifndef RL_TRAIN_CHECKPOINT_H
#define RL_TRAIN_CHECKPOINT_H

#include "nn/optim.h"
#include "train/state.h"

/* What is saved and loaded. */
struct rl_checkpoint {
	const char *dir;
	struct rl_params *params;
	struct rl_optim *optim;
	const json_t *run;
};

bool rl_checkpoint_exists(const char *dir); /* of whatever step, whole or not */

/* Writes one atomically; metadata (an object of strings) goes along with "state", a text of
 * rl_state_text(), and "run".  Then removes those of lower steps but for the newest keep - 1. */
void rl_checkpoint_write(const struct rl_checkpoint *c, int64_t step, const char *state,
			 const json_t *metadata, int64_t keep);

/* Loads the newest that can be used; returns its metadata, NULL when there is none at all.  One
 * that cannot be used, because it is damaged, or of another run, or does not fit, is named aloud;
 * if none can be used, dies. */
json_t *rl_checkpoint_load(const struct rl_checkpoint *c);

/* Where the stream must begin for the newest that is whole: 0 when there is none at all; dies when
 * none is whole. */
int64_t rl_checkpoint_where(const char *dir);

/* Removes what killed writers left; no other may be at work. */
void rl_checkpoint_tidy(const char *dir);

#endif
