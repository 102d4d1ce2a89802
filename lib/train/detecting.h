/* Detection as a task of the training loop. */
#ifndef RL_TRAIN_DETECTING_H
#define RL_TRAIN_DETECTING_H

#include "models/detector.h"
#include "train/loop.h"

struct rl_detecting;

/* `net` says with which ranks, precision and initial values; `seed` is that of sampling. */
struct rl_detecting *rl_detecting_new(struct rl_params *params, const struct rl_detector_config *c,
				      int64_t batch, const struct rl_net_config *net,
				      uint64_t seed);
struct rl_task rl_detecting_task(struct rl_detecting *d);

#endif
