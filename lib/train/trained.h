/*
 * Weights of a network that predicts classes by name, as its trainer saved them: the metadata
 * "model" and "classes".
 */
#ifndef RL_TRAIN_TRAINED_H
#define RL_TRAIN_TRAINED_H

#include "base/json.h"
#include "nn/safetensors.h"

struct rl_trained {
	struct rl_st_file *file; /* rl_st_close() it */
	int model;               /* which of those asked for */
	json_t *classes;         /* their names, one at least; a reference of one's own */
};

/* Dies, naming the file, when `trainer` has not made it, or of another model. */
struct rl_trained rl_trained_open(const char *path, const char *const models[],
				  const char *trainer);

#endif
