/*
 * Which test images are training images again, by what several features are most like.
 *
 * Features by which k training images, or all, are as good as equal to an image cannot tell which
 * it may be again: ones that gather a class in a point, that are few, or that do not vary.  By
 * these alone, features would leave out what they do best, and be judged by their failures.
 */
#ifndef RL_EVAL_TWINS_H
#define RL_EVAL_TWINS_H

#include "eval/contender.h"

struct rl_twin {
	size_t row;        /* of the training images */
	double similarity; /* cosine; -1: it is none again */
};

/* The most similar training image of test image i. */
struct rl_twin rl_twin_nearest(const struct rl_contender *c, size_t i);

/* The one that is among the k most similar of test image i for all of c[n] that can tell, with the
 * least of their cosines; of several the one where that is largest.  `similar`: from which cosine
 * on images are as good as equal. */
struct rl_twin rl_twin_agreed(const struct rl_contender *const *c, size_t n, size_t i,
			      double similar);

#endif
