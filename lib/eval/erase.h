/*
 * Features without what says, linearly, where in the image a patch is.
 *
 * After it no linear function of the features of the patches that it was fitted to has any
 * covariance with x, y, x^2, xy or y^2, the middle of the patch as shares of the image's size less
 * 0.5; and of all affine maps that do so it changes them least (LEACE, Belrose et al. 2023, arXiv
 * 2306.03819).  At most five directions are taken out.
 */
#ifndef RL_EVAL_ERASE_H
#define RL_EVAL_ERASE_H

#include <jansson.h>
#include <stddef.h>

enum { RL_ERASE_TARGETS = 5 };

struct rl_erase {
	size_t d, directions;
	double share; /* of the patches' variance that goes */
	double *mean; /* [d] */
	/* x becomes x - out^T in (x - mean), both [directions,d] */
	double *in, *out;
	json_t *provenance; /* of the patches, see rl_placed_provenance() */
};

/* From all patches of a stream; dies, naming it, when their features do not vary or all would go,
 * and when the patches are at one place. */
struct rl_erase rl_erase_fit(const char *path, const char *layer);
void rl_erase_apply(const struct rl_erase *e, float *x, size_t n); /* x[n,d] */
void rl_erase_free(struct rl_erase *e);

#endif
