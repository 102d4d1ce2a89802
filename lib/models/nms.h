/* Greedy non-maximum suppression: of boxes that overlap, the one with the best score stays. */
#ifndef RL_MODELS_NMS_H
#define RL_MODELS_NMS_H

#include "models/box.h"

#include <stddef.h>

/* 0 ... n-1 by falling score, and of equal scores the earlier one first.  free() it. */
size_t *rl_rank(const float *score, size_t n);

/* Indices of the boxes that stay into keep[n], by falling score and of equal scores the earlier one
 * first; returns how many, at most `most`.  A box goes when its IoU with one that stays is above
 * `iou`; with `class` (NULL: all are one) only boxes of the same class see each other. */
size_t rl_nms(const struct rl_box *box, const float *score, const int32_t *class, size_t n,
	      double iou, size_t most, size_t *keep);

#endif
