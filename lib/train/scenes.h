/*
 * Images of any size with the objects in them, as detectors learn from them: from the fields image
 * u1 [H,W,3], boxes f4 [N,4], classes i4 [N], ignore u1 [N] if there, and masks where wanted.
 */
#ifndef RL_TRAIN_SCENES_H
#define RL_TRAIN_SCENES_H

#include "models/rpn.h"
#include "stream/stream.h"

struct rl_scene {
	int64_t height, width;
	uint8_t *pixels; /* [height,width,3] */
	size_t n;        /* objects, without those to be ignored */
	struct rl_box *box;
	int32_t *class;
	uint8_t **mask; /* of each object [height,width], 0 or 1; NULL where not wanted */
};

/* The names of the classes, from the head; dies where a field is missing.  Borrowed from the head.
 */
const json_t *rl_scenes_classes(const json_t *head, bool masks, const char *where);

/* Replaces what is in *s, which is zeroed at first; dies, naming the sample, of a class that has no
 * name, a box that is not within the image or has no area, and a mask that is none. */
void rl_scene_take(struct rl_scene *s, struct rl_sample *sample, int classes, bool masks);

/* Sides of a batch: the largest, rounded up to a multiple of 32. */
int64_t rl_scenes_side(int64_t most);

/* Normalised into the upper left corner of [3,height,width], which is 0 elsewhere. */
void rl_scene_pixels(const uint8_t *pixels, int64_t rows, int64_t columns, int64_t height,
		     int64_t width, float *plain);

#endif
