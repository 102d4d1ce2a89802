/*
 * Which boxes a detector learns from, and what of each: by overlap with the objects, then a random
 * sample (Ren et al., Faster R-CNN, NIPS 2015, section 3.1.2; Girshick, Fast R-CNN, ICCV 2015,
 * section 2.3).
 */
#ifndef RL_MODELS_ASSIGN_H
#define RL_MODELS_ASSIGN_H

#include "base/rng.h"
#include "models/box.h"

#include <stddef.h>

enum { RL_NEGATIVE = -1, RL_UNUSED = -2 };

enum rl_low_quality {
	RL_LOW_QUALITY_NONE,
	RL_LOW_QUALITY_OWN, /* it keeps the object that it overlaps most: detectron2 */
	RL_LOW_QUALITY_BEST /* it gets the object whose best it is: MMDetection */
};

/* A box whose best overlap is at least `positive` belongs to that object, below `negative` it is
 * background, between them it is not used.  Beyond that the boxes that overlap an object most, if
 * by at least `least`, are positive, too. */
struct rl_matcher {
	double negative, positive;
	enum rl_low_quality low_quality;
	double least;
};

/* match[i] becomes the index of box i's object, RL_NEGATIVE or RL_UNUSED; iou, if not NULL, its
 * best overlap.  Without objects all are background. */
void rl_match(const struct rl_matcher *m, const struct rl_box *object, size_t nobject,
	      const struct rl_box *box, size_t n, int32_t *match, float *iou);

/* At most `count` boxes, of them at most `positive` (a part of count) positive and the rest
 * background, drawn without replacement; into chosen[count] by falling match kind: positives first,
 * each in the order of their indices.  Returns how many, and of them positive in *npositive. */
size_t rl_sample_matches(const int32_t *match, size_t n, size_t count, double positive,
			 struct rl_rng *rng, size_t *chosen, size_t *npositive);

#endif
