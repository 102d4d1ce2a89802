/*
 * The gradient of a step: the mean over its samples, or whatever micro-batches weigh by, in
 * whichever micro-batch and rank they came.
 *
 * The ranks' shares are summed in buckets, each as soon as backward has left it, so that messages
 * travel while backward goes on.
 */
#ifndef RL_TRAIN_GRADIENT_H
#define RL_TRAIN_GRADIENT_H

#include "nn/comm.h"
#include "nn/params.h"

struct rl_gradient;

struct rl_gradient *rl_gradient_new(struct rl_params *p, struct rl_comm *c, bool accumulate);
void rl_gradient_free(struct rl_gradient *g);

/* params->grad is the mean over a micro-batch of this weight that is not the step's last. */
void rl_gradient_add(struct rl_gradient *g, int64_t weight);

/* The next backward is the step's last, of this weight (0: none will come); on all ranks the step
 * has `total`. */
void rl_gradient_last(struct rl_gradient *g, int64_t weight, int64_t total);

/* That backward is done with the gradients from this offset on, see rl_net_watch(). */
void rl_gradient_final(void *gradient, size_t from);

/* Now params->grad is the step's, the same on all ranks. */
void rl_gradient_end(struct rl_gradient *g);

#endif
