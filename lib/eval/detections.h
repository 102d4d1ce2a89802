/*
 * What a detector found, from text, everything checked.
 *
 * Lines of predictions are those of data/found.h, with a mask or none in all of a text, and a line
 * for every image of the ground truth, for one that lacks lines is cut short.
 */
#ifndef RL_EVAL_DETECTIONS_H
#define RL_EVAL_DETECTIONS_H

#include "data/text.h"
#include "eval/catalogue.h"
#include "image/rle.h"

#include <stdbool.h>
#include <stdint.h>

/* Where something is.  Corners and size are both kept, so that neither gains a rounding error. */
struct rl_region {
	double corner[4];   /* x1 y1 x2 y2, in pixels */
	double size[2];     /* width, height */
	struct rl_rle mask; /* no runs: none */
};

struct rl_detection {
	uint32_t image, class; /* of the catalogue */
	double score;          /* finite */
	struct rl_region region;
};

struct rl_detections {
	struct rl_detection *all; /* as they came */
	size_t n;
	bool boxes, masks; /* what all of them have; both of none */
	json_t *by;        /* what found them, see data/found.h; NULL: not said */
};

/* Lines of predictions.  Without `masks` theirs are passed over.  Dies, naming line and detection,
 * on anything that is not as above, an image or a class that is unknown, an image twice, a mask of
 * another size than its image, and lines by different detectors. */
struct rl_detections rl_predictions_read(struct rl_text *t, const struct rl_catalogue *c,
					 bool masks);

/* ---- for readers of other texts -----------------------------------------------------------------
 */

/* Put one in; its memory is then the list's.  Dies when it has other parts than those before. */
void rl_detections_add(struct rl_detections *d, const struct rl_detection *one, bool box,
		       const char *where);
void rl_detections_free(struct rl_detections *d);

/* Corners, in order, to a region. */
void rl_region_corners(struct rl_region *r, const double corner[4]);

/* x, y, width and height to a region; dies when one of these is negative. */
void rl_region_sized(struct rl_region *r, const double box[4], const char *where);

#endif
