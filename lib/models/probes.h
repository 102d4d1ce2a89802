/*
 * Linear classifiers on frozen features (MMSelfSup's linear evaluation): the pooled maps come in as
 * feeds, so that the backbone runs as an inference network of its own.
 *
 * Several heads, one a feature: batch norm over its channels without weight and bias, flattened
 * C,H,W, one linear layer; named head.norms.I.* and head.fcs.I.*.  One head on the average pool: a
 * linear layer alone, head.fc_cls.*.  Linear layers start from N(0, 0.01) and bias 0.
 */
#ifndef RL_MODELS_PROBES_H
#define RL_MODELS_PROBES_H

#include "models/features.h"

struct rl_probes {
	int classes;
	int heads;                    /* 1: on the average pool; RL_NFEATURES: one a feature */
	bool running;                 /* evaluation mode */
	int64_t dim[RL_NFEATURES][4]; /* of each head's feature, [.,C,H,W] or [.,C] */
	int ndim;
};

struct rl_probes_net {
	rl_val feature[RL_NFEATURES]; /* feeds */
	rl_val logits[RL_NFEATURES];  /* [N,classes], kept */
	int loss[RL_NFEATURES];
};

struct rl_probes_net rl_probes(struct rl_net *n, const struct rl_probes *c, int64_t images);

#endif
