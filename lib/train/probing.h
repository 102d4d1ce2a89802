/*
 * Linear probes as a task of the training loop, and their evaluation: images in; a frozen backbone,
 * folded for inference, in pieces of a few images; the heads learn from its pooled features.
 */
#ifndef RL_TRAIN_PROBING_H
#define RL_TRAIN_PROBING_H

#include "models/backbone.h"
#include "models/probes.h"
#include "train/images.h"
#include "train/loop.h"

struct rl_probing;

struct rl_probing_config {
	struct rl_backbone *backbone; /* opened; loaded here */
	struct rl_images images;
	int heads;  /* 1: on the average pool; RL_NFEATURES: one a feature */
	bool train; /* or evaluate only */
	int64_t batch;
	bool bf16;            /* the backbone; heads are in float */
	uint64_t seed;        /* of the heads */
	struct rl_comm *comm; /* their batch statistics are those of all ranks */
};

/* Declares and draws the heads in `params`. */
struct rl_probing *rl_probing_new(struct rl_params *params, const struct rl_probing_config *c);

struct rl_task rl_probing_task(struct rl_probing *p);
struct rl_classifier rl_probing_classifier(struct rl_probing *p, int64_t threads);

/* "feat1" ... or "avgpool". */
const char *rl_probing_layer(const struct rl_probing *p, int head);

#endif
