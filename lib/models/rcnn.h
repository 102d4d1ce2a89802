/*
 * The second stage of a detector, from its outputs on: which proposals it learns from, its losses
 * with their gradients, and detections (Girshick, Fast R-CNN, ICCV 2015; He et al., Mask R-CNN,
 * ICCV 2017).
 */
#ifndef RL_MODELS_RCNN_H
#define RL_MODELS_RCNN_H

#include "models/rpn.h"

struct rl_rcnn {
	int classes;               /* background is class number `classes` */
	struct rl_matcher matcher; /* 0.5, 0.5 */
	size_t sample;             /* regions an image: 512 */
	double positive;           /* of them at most: 0.25 */
	double std[4];             /* of deltas: 0.1 0.1 0.2 0.2 */
	double score, nms;         /* of detections: 0.05, 0.5 */
	size_t most;               /* detections an image: 100 */
};

/* A region that learns: what it should become. */
struct rl_rcnn_region {
	struct rl_box box;
	int32_t class;  /* or background */
	int32_t object; /* of its image; of background: RL_NEGATIVE */
};

/* Sample from the proposals and the objects themselves, which stand behind them; into
 * region[c->sample], positives first.  Returns how many, at least 1: where nothing at all is
 * proposed, the whole image as background. */
size_t rl_rcnn_sample(const struct rl_rcnn *c, const struct rl_box *proposal, size_t n,
		      const struct rl_rcnn_objects *image, struct rl_rng *rng,
		      struct rl_rcnn_region *region, size_t *npositive);

struct rl_rcnn_loss {
	double class, box;
};

/* logit [n, classes + 1], delta [n, 4 classes] of regions, whose object is in target; gradients of
 * the same shapes.  Both losses are averages over the n regions. */
struct rl_rcnn_loss rl_rcnn_learn(const struct rl_rcnn *c, const struct rl_rcnn_region *region,
				  const struct rl_box *target, size_t n, const float *logit,
				  const float *delta, float *dlogit, float *ddelta);

struct rl_rcnn_detection {
	struct rl_box box; /* in the network's image */
	int32_t class;
	float score;
};

/* Of n regions of one image of width x height: into out[c->most] by falling score. */
size_t rl_rcnn_detect(const struct rl_rcnn *c, const struct rl_box *region, size_t n,
		      const float *logit, const float *delta, double width, double height,
		      struct rl_rcnn_detection *out);

/* ---- masks ------------------------------------------------------------------------------------
 */

enum { RL_MASK = 28 }; /* pixels a side of a predicted mask */

/* The object's mask [height,width] of 0 and 1 within box, RL_MASK x RL_MASK of 0 and 1: RoIAlign of
 * the mask, at least 1/2. */
void rl_mask_crop(const uint8_t *mask, int64_t height, int64_t width, const struct rl_box *box,
		  uint8_t *out);

/* logit [n, classes, RL_MASK, RL_MASK]; of class[i] alone, against target [n, RL_MASK, RL_MASK]:
 * the mean binary cross-entropy.  A class below 0 takes no part. */
double rl_mask_learn(int classes, const int32_t *class, const uint8_t *target, size_t n,
		     const float *logit, float *dlogit);

/* probability [RL_MASK, RL_MASK] stretched over the box: pixels of 1/2 and more become 1 in mask
 * [height,width], all else 0. */
void rl_mask_paste(const float *probability, const struct rl_box *box, int64_t height,
		   int64_t width, uint8_t *mask);

#endif
