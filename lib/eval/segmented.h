/*
 * Two classes of every pixel, the true one and the predicted one, image after image.
 *
 * A stream has the predictions in its field prediction, u1 [H,W], and the truth in segmentation,
 * or the truth comes from a stream of its own, with the same images in the same order.  The
 * declarations of both fields have the names of the classes, at most 255; a pixel is of one of
 * these, or RL_NO_CLASS.
 */
#ifndef RL_EVAL_SEGMENTED_H
#define RL_EVAL_SEGMENTED_H

#include "eval/catalogue.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct rl_segmented {
	struct rl_catalogue names; /* of the classes */
	size_t n;                  /* images so far */
	size_t pixels;             /* of the last one */
	const uint8_t *truth, *prediction;

	struct rl_segmented_stream *gt, *found;
};

/* A file each, "-" being standard input; without gt the predictions' stream has the truth, too.
 * Dies, naming file and field, when a stream lacks the field or names, and when names differ. */
struct rl_segmented rl_segmented_open(const char *gt, const char *predictions);

/* The next image; false at the end of both.  Dies, naming file and image, on an image that only one
 * of the two has, on sizes that differ, on values that are no class, and when there are none. */
bool rl_segmented_next(struct rl_segmented *s);

/* After the last: of which streams; {"gt", "predictions"} of {"path", "samples", "digest",
 * "history"}, without "gt" where one stream has both. */
json_t *rl_segmented_provenance(const struct rl_segmented *s);

/* The history of the predictions; borrowed. */
const json_t *rl_segmented_history(const struct rl_segmented *s);

void rl_segmented_close(struct rl_segmented *s);

#endif
