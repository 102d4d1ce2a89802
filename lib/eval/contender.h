/*
 * Features that are to be compared with others of the same images: which test images the nearest
 * training images' votes and a linear probe get right.
 */
#ifndef RL_EVAL_CONTENDER_H
#define RL_EVAL_CONTENDER_H

#include "eval/knn.h"
#include "eval/pair.h"
#include "eval/spectrum.h"

/* The same for all that are compared. */
enum { RL_CONTENDER_K = 20 };
#define RL_CONTENDER_TEMPERATURE 0.07
#define RL_CONTENDER_DECAYS 10, 1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5

struct rl_contender {
	char *name;
	struct rl_pair images; /* keys and labels; the rows are gone */
	size_t d;
	bool *knn, *probe; /* [test images] */

	/* Of each test image the k training images that are most like it, the most similar first,
	 * by cosine, the mean of the training rows taken away. */
	struct rl_neighbour *nearest; /* [test images,k] */
	size_t k;                     /* RL_CONTENDER_K, or all where there are fewer */

	double weight_decay;         /* of the probe, see probe.h */
	bool converged;              /* so did its fit */
	struct rl_spectrum spectrum; /* of the training rows */
};

/*
 * kNN (knn.h): rows less the training mean, divided by their norms; a row without a direction is as
 * far from all.  RL_CONTENDER_K neighbours, or all where there are fewer, vote with weight
 * exp(cosine / RL_CONTENDER_TEMPERATURE).  Probe (probe.h): on standardised features.
 */
struct rl_contender rl_contender_score(const char *name, const char *train, const char *test,
				       const char *layer, uint64_t seed, int threads);

/* Dies unless both are features of the same images, in the same order and of the same classes. */
void rl_contenders_alike(const struct rl_contender *a, const struct rl_contender *b);

void rl_contender_free(struct rl_contender *c);

#endif
