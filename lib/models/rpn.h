/*
 * The region proposal network (Ren, He, Girshick, Sun, NIPS 2015), from its logits on: what anchors
 * learn, its losses with their gradients, and proposals.
 *
 * Of level l there are logits [images, A, height, width] and deltas [images, 4A, height, width],
 * plain; anchors are numbered level by level, cell by cell, A a cell.
 */
#ifndef RL_MODELS_RPN_H
#define RL_MODELS_RPN_H

#include "models/assign.h"

#include <stdbool.h>

enum { RL_LEVELS = 5 };

struct rl_rpn {
	int levels;
	struct rl_anchors anchors[RL_LEVELS];
	struct rl_matcher matcher; /* 0.3, 0.7, low quality from 0.3 on */
	bool inside;               /* anchors that reach beyond their image are not used */
	size_t sample;             /* anchors an image: 256 */
	double positive;           /* of them at most: 0.5 */
	double norm; /* both losses are divided by it; 0: the number of sampled anchors */
	double nms;  /* 0.7 */
};

struct rl_level {
	int64_t height, width;
	const float *logit, *delta;
	float *dlogit, *ddelta; /* gradients, of the same shapes; for proposals not used */
};

/* What is in an image of width x height, without padding. */
struct rl_rcnn_objects {
	double width, height;
	const struct rl_box *box; /* those to be found; none to be ignored */
	const int32_t *class;
	size_t n;
};

struct rl_rpn_loss {
	double objectness, box;
};

/* rng[i] samples the anchors of image i. */
struct rl_rpn_loss rl_rpn_learn(const struct rl_rpn *c, const struct rl_level *level,
				const struct rl_rcnn_objects *image, int64_t images,
				struct rl_rng *rng);

/* The best `before` of each level, without those without area; of them, suppressed level by level,
 * the best `after` into box and score (logits), which have room for that many.  Returns how many.
 */
size_t rl_rpn_propose(const struct rl_rpn *c, const struct rl_level *level, int64_t image,
		      double width, double height, size_t before, size_t after, struct rl_box *box,
		      float *score);

#endif
