/*
 * Parameters to and from safetensors, under torchvision's names.
 */
#ifndef RL_NN_WEIGHTS_H
#define RL_NN_WEIGHTS_H

#include "base/json.h"
#include "nn/params.h"
#include "nn/safetensors.h"

/* Tensor i of p as a file names and types it: F32, or I64 for a count. */
struct rl_st_tensor rl_weights_tensor(const struct rl_params *p, int i);

/* Save every tensor whose name starts with prefix, without the prefix ("" saves all under full
 * names). */
void rl_weights_save(const struct rl_params *p, const char *prefix, const char *path,
		     const json_t *metadata);

/* Load into every tensor of p, which must be allocated, but those whose name starts with one of
 * `except` (ends in NULL; NULL: none).  Strict: a tensor that p has and the file lacks, or the file
 * has and p lacks, or of another shape or dtype, or with a number that is not finite, dies and is
 * named. */
void rl_weights_load(struct rl_params *p, const struct rl_st_file *f, const char *const *except);

#endif
