/*
 * The tapes of both detectors: trunk and region proposal network, and heads.  Private to the
 * detector.
 */
#ifndef RL_MODELS_RCNN_TAPES_H
#define RL_MODELS_RCNN_TAPES_H

#include "models/detector.h"

enum { RL_FEATURES = 4 };

/* What the first tape hands over. */
struct rl_trunk_values {
	rl_val feature[RL_FEATURES];
	int features;
	rl_val logit[RL_LEVELS], delta[RL_LEVELS];
};
void rl_trunk(struct rl_net *n, const struct rl_detector_config *c, rl_val x,
	      struct rl_trunk_values *t);

/* The heads on `regions` of the features: class logits [regions, classes + 1] and deltas [regions,
 * 4 classes]. */
struct rl_head_values {
	rl_val pooled, logit, delta;
};
struct rl_head_values rl_box_head(struct rl_net *n, const struct rl_detector_config *c,
				  const rl_val *feature, int64_t regions);
/* Mask logits [regions, classes, RL_MASK, RL_MASK]; in *pooled the value that takes the regions. */
rl_val rl_mask_head(struct rl_net *n, const struct rl_detector_config *c, const rl_val *feature,
		    int64_t regions, rl_val *pooled);

/* Which feature a region is pooled from: 0 on C4. */
int rl_region_level(const struct rl_detector_config *c, const struct rl_box *b);

#endif
