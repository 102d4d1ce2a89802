/*
 * Are sets of images that somebody found, without labels, of one category each, and how many of the
 * images are in them?  The purity-coverage curve of Doersch, Gupta and Efros (2014, 2015).
 */
#ifndef RL_EVAL_PURITY_H
#define RL_EVAL_PURITY_H

#include <stddef.h>
#include <stdint.h>

/* What each image shows: classes class[begin[i]] to class[begin[i + 1] - 1], each once. */
struct rl_shows {
	size_t images, nclass;
	size_t *begin, *class;
};

struct rl_purity_set {
	size_t n, *image; /* at least one, each once */
	double purity;    /* the share of its images that show the most frequent class; computed */
};

struct rl_purity {
	double *purity, *coverage; /* [sets]: the mean of the purest ones so far, and the share of
				      all images that is in one of them */
	double area;               /* under that curve, as a step function of coverage from 0 */
	double area_half;          /* up to coverage 0.5 */
	double at_half; /* the mean purity where coverage is at least 0.5 for the first time; NAN:
			   never */
};

/* Sorts the sets, the purest first, equal ones in their order. */
struct rl_purity rl_purity(struct rl_purity_set *set, size_t sets, const struct rl_shows *shows);
/* The mean purity of sets of the same sizes, their images drawn at random: what purity is worth.
 * The mean of `draws` times as many sets, a function of the seed. */
double rl_purity_chance(const struct rl_purity_set *set, size_t sets, const struct rl_shows *shows,
			size_t draws, uint64_t seed);

void rl_purity_free(struct rl_purity *p);

#endif
