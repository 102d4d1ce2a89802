/*
 * A stream of patches' features with their places, an image at a time.  See train/dense.h.
 */
#ifndef RL_EVAL_PLACED_H
#define RL_EVAL_PLACED_H

#include "stream/stream.h"

struct rl_placed {
	char *path, *layer;
	size_t d; /* 0 before the first image with patches */
	size_t images;
	json_t *history;
	char digest[17]; /* of the payload, at the end */

	/* The image that was read last; its key. */
	const char *key;
	const float *x;  /* [n,d] */
	double (*at)[2]; /* [n]: the middle of each patch, x and y, as shares of the image's size */
	size_t n;

	struct rl_reader *in;
	struct rl_sample sample;
};

/* Dies, naming `path`, of a stream that is of another kind or has no such layer. */
struct rl_placed *rl_placed_open(const char *path, const char *layer);
/* The next image, which may have no patches; false at the end.  Dies, naming it, on features that
 * are not finite or of another size, and on places outside the image. */
bool rl_placed_next(struct rl_placed *p);
/* {"path", "samples", "digest", "history"} of a stream that was read to its end. */
json_t *rl_placed_provenance(const struct rl_placed *p);
void rl_placed_close(struct rl_placed *p);

#endif
