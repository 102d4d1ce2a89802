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
	const uint8_t *classes; /* of the pixels, the sample's; NULL: none */
};

/* The sample's boxes, classes, ignore, masks and segmentation, of those that it has.  Dies, naming
 * it, when they do not fit each other or its image. */
void rl_shown_sample(struct rl_shown *s, struct rl_sample *sample);

/* The detections of a line of at least this score, for an image of this size.  Dies, naming it,
 * when a mask is not as it should be or a class is not among the names. */
void rl_shown_found(struct rl_shown *s, struct rl_found_line *line, int height, int width,
		    double min_score);

void rl_shown_free(struct rl_shown *s);

/* A new image of height x width pixels: im, resized, with everything on it. */
struct rl_image rl_shown_picture(const struct rl_shown *s, const struct rl_image *im, int height,
				 int width, struct rl_resizer *r);

#endif
