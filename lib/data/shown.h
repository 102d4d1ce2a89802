/*
 * What is to be seen of an image: objects, from its sample or from what a detector found, and
 * labels of its pixels; and the picture of it all.
 */
#ifndef RL_DATA_SHOWN_H
#define RL_DATA_SHOWN_H

#include "data/found.h"
#include "image/image.h"
#include "image/resize.h"
#include "image/rle.h"
#include "stream/stream.h"

struct rl_shown_object {
	double box[4]; /* x1 y1 x2 y2 in pixels */
	size_t class;
	double score; /* below 0: none */
	bool ignore;
	struct rl_rle mask; /* no runs: none */
};

struct rl_shown {
	const json_t *names; /* of the classes, an array of strings; NULL: they have numbers */
	struct rl_shown_object *objects;
	size_t n;
	const json_t *map_names; /* of the pixels' classes, at most 255; NULL: not known */
	const uint8_t *truth, *prediction; /* of the pixels, the sample's; NULL: none */
};

/* The sample's boxes, classes, ignore, masks, segmentation and prediction, of those that it has.
 * Dies, naming it, when they do not fit each other, its image or the names. */
void rl_shown_sample(struct rl_shown *s, struct rl_sample *sample);

/* The detections of a line of at least this score, for an image of this size.  Dies, naming it,
 * when a mask is not as it should be or a class is not among the names. */
void rl_shown_found(struct rl_shown *s, struct rl_found_line *line, int height, int width,
		    double min_score);

void rl_shown_free(struct rl_shown *s);

/* Pictures of an image beside each other: two where it has both maps, the truth on the left. */
int rl_shown_panels(const struct rl_shown *s);

enum { RL_SHOWN_GAP = 4 }; /* pixels between them */

/* A new image: im, resized to height x width pixels, with everything on it, each map on a panel of
 * its own; below it the classes of pixels that are there, where they have names.  These are of
 * VOC's colours in their order; a first class called background, or without a name, is not painted.
 */
struct rl_image rl_shown_picture(const struct rl_shown *s, const struct rl_image *im, int height,
				 int width, struct rl_resizer *r);

#endif
