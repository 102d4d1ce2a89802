/*
 * How a task runs a micro-batch: on a network for just so many images, made anew when a batch of
 * another size comes, and as the loop and the other ranks want it.
 */
#ifndef RL_TRAIN_PASS_H
#define RL_TRAIN_PASS_H

#include "nn/net.h"
#include "train/loop.h"

/* A network for batches of one size; zero: none yet. */
struct rl_sized_net {
	int64_t images;
	struct rl_net *net;
};

/* Whether s->net is a new one, on which the caller has to call the ops and rl_net_plan(). */
bool rl_sized_net_renew(struct rl_sized_net *s, int64_t images, struct rl_params *params,
			const struct rl_net_config *config);

/* The images of the pass that b calls for.  A rank without samples only runs one, of any image,
 * where batch statistics are common to all ranks; else 0. */
int64_t rl_pass_images(const struct rl_batch *b, const struct rl_net_config *config);

/* Before the forward of a training pass. */
void rl_pass_begin(struct rl_net *n, const struct rl_batch *b, const struct rl_micro *m);

#endif
