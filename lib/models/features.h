/*
 * Frozen features of a ResNet as the linear benchmarks read them: each of the five maps
 * average-pooled to about nine thousand numbers, flattened C,H,W, and the global average pool.
 */
#ifndef RL_MODELS_FEATURES_H
#define RL_MODELS_FEATURES_H

#include "models/resnet.h"

enum { RL_AVGPOOL = RL_NFEATURES, RL_NLAYERS };

/* "feat1" ... "feat5", "avgpool"; NULL-terminated. */
extern const char *const rl_layer_names[RL_NLAYERS + 1];

/* Build the backbone (names without prefix, running statistics) on a feed of images [N,3,size,size]
 * and pool and keep the wanted layers: out[i] is layer i, or -1.  Dies, naming `where`, when images
 * are too small for a layer's window: feat5's takes 161 pixels a side. */
rl_val rl_features(struct rl_net *n, const struct rl_resnet *backbone, int64_t images,
		   int64_t height, int64_t width, const bool want[RL_NLAYERS],
		   rl_val out[RL_NLAYERS], const char *where);

#endif
