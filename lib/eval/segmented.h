/*
 * Two classes of every pixel, the true one and the predicted one, image after image.
 *
 * Predictions are a stream with the field prediction, u1 [H,W], or a folder of PNG files, one for
 * each image (see eval/mapfiles.h).  The truth is the field segmentation of the same stream, or of
 * one of its own with the same images in the same order, or what a manifest's records say with
 * their member segmentation (see stream/segmentation.h), likewise in that order.  The declarations
 * of both fields have the names of the classes, at most 255, and a pixel is of one of these, or
 * RL_NO_CLASS.
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
	const char *where; /* the truth is, for messages */

	struct rl_segmented_source *gt, *found;
};

/* A path each, "-" being standard input.  gt NULL: the predictions' stream has the truth, too.
 * relabel: the values in the folder's files mean what those in the manifest's files mean.  Dies,
 * naming file and field, when a stream lacks the field or names, and when names differ. */
struct rl_segmented rl_segmented_open(const char *gt, const char *predictions, bool relabel);

/* The next image; false at the end of both.  Dies, naming file and image, on an image that only one
 * of the two has, on sizes that differ, on values that are no class, and when there are none. */
bool rl_segmented_next(struct rl_segmented *s);

/* After the last: where they are from, {"gt", "predictions"}, without "gt" where one stream has
 * both.  Of a stream {"path", "samples", "digest", "history"}, of a manifest {"path", "sha256"}, of
 * files {"path", "files", "sha256"}, this of the lines that sha256sum prints of them in the images'
 * order, without their folders; "maps" of a manifest's files. */
json_t *rl_segmented_provenance(const struct rl_segmented *s);

/* Of the predictions, borrowed; NULL: they have none. */
const json_t *rl_segmented_history(const struct rl_segmented *s);

void rl_segmented_close(struct rl_segmented *s);

#endif
