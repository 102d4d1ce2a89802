/*
 * How well a patch's place in its image can be read from its features: what a network has that was
 * to say where patches lie and looked at the lens instead (Doersch, Gupta, Efros, ICCV 2015).
 *
 * Ridge regression of x and y, shares of the image's width and height, fitted on some images and
 * tested on others; which, is drawn from the seed and the image's key.
 */
#ifndef RL_EVAL_LEAK_H
#define RL_EVAL_LEAK_H

#include "eval/bootstrap.h"

#include <jansson.h>
#include <stdbool.h>

/* Of RL_LEAK_PARTS images 5 are for the test, 2 choose lambda, the largest of equals, and are
 * fitted to with the others in the end. */
enum { RL_LEAK_PARTS = 15, RL_LEAK_TEST = 5, RL_LEAK_HELD = 2 };
#define RL_LEAK_LAMBDAS 1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6

/* Errors are roots of the mean of (dx^2 + dy^2) over patches. */
struct rl_leak {
	size_t d, fitted, tested, patches; /* features; images; patches of the latter */
	double lambda;
	double error, centre;     /* of the regression, and of answering the centre */
	double best, best_centre; /* of the tenth of the images on which the former is least */
	double r2[2];             /* of x and y */
	struct rl_interval gain;  /* R^2 of both, 95 %: bootstrap over images.  The baseline
				   * of R^2 is the mean place of the patches it is fitted to */
	double *each;       /* [tested]: of each image's share in gain.mean, which is their mean */
	uint64_t keys;      /* a hash of the keys of these, in order */
	json_t *provenance; /* see rl_placed_provenance() */
};

/* Reads a file twice.  Dies when it has too few images with patches, or these are at one place. */
struct rl_leak rl_leak_measure(const char *path, const char *layer, uint64_t seed);

/* The interval is above zero. */
bool rl_leak_found(const struct rl_leak *l);

/* How much more R^2 a has than b, the same images seen in another way; false when they are not the
 * same. */
bool rl_leak_difference(const struct rl_leak *a, const struct rl_leak *b, uint64_t seed,
			struct rl_interval *out);

void rl_leak_free(struct rl_leak *l);

#endif
