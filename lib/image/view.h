/*
 * A view of an image: a rectangle of it, brought to a size, and perhaps mirrored left to right.
 * Whatever changes an image's geometry is one of these, and all that is known about the image's
 * places follows the same record.
 */
#ifndef RL_IMAGE_VIEW_H
#define RL_IMAGE_VIEW_H

#include "image/image.h"
#include "image/resize.h"

/* The rectangle lies in the image that the view is applied to; all sides are at least 1. */
struct rl_view {
	int top, left, height, width;
	int to_height, to_width;
	bool mirror;
};

/* The pixels, by Pillow's resize; *im is replaced. */
void rl_view_image(const struct rl_view *v, struct rl_resizer *r, struct rl_image *im);

/* A plane of classes or the like, [height,width] as the view's image, by the nearest pixel as
 * Pillow's resize takes it.  New memory, [to_height,to_width]; free() it. */
uint8_t *rl_view_plane(const struct rl_view *v, const uint8_t *plane, int width);

/* A place in pixels; (0, 0) is the corner of the first.  It may come to lie outside. */
void rl_view_point(const struct rl_view *v, double *x, double *y);

/* A box x1 y1 x2 y2, clipped.  False when nothing of it is left. */
bool rl_view_box(const struct rl_view *v, float box[4]);

#endif
