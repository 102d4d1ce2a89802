/*
 * A frozen network that turns pixels of one size into rows of features, a batch at a time.
 */
#ifndef RL_MODELS_EXTRACTOR_H
#define RL_MODELS_EXTRACTOR_H

#include "models/features.h"

struct rl_extractor {
	struct rl_params *params;
	struct rl_resnet backbone;
	bool want[RL_NLAYERS];
	int64_t height, width; /* of all images */
	uint64_t seed;         /* of an untrained network */
	bool bf16;

	/* private: the network, planned for `images` */
	struct rl_net *net;
	int64_t images, *index, indices;
	rl_val x, out[RL_NLAYERS];
};

/* Plan for so many images at once, if it is not. */
void rl_extractor_plan(struct rl_extractor *e, int64_t images);

/* Numbers in a row of a layer that is wanted; after the first plan. */
int64_t rl_extractor_dimension(const struct rl_extractor *e, int layer);

/* Features of n images pixels[n,height,width,3], each with its lighting (NULL: none), into
 * row[layer][n,D] of each layer that is wanted. */
void rl_extractor_run(struct rl_extractor *e, const uint8_t *pixels, const float (*lighting)[3],
		      int64_t n, float *const row[RL_NLAYERS]);

#endif
