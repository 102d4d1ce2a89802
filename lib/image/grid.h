/*
 * A dense grid of square patches over an image, at several scales.
 *
 * At a scale the image is resized by it, and a square of `patch` pixels moves over it in steps of
 * `stride`, as often as it fits; what is left over is shared by both sides.  With a patch that is a
 * multiple of the stride, some squares share an edge.  Each becomes size x size pixels, by the one
 * resize of the image that its scale asks for.
 */
#ifndef RL_IMAGE_GRID_H
#define RL_IMAGE_GRID_H

#include "image/image.h"
#include "image/resize.h"

struct rl_grid {
	int patch, stride; /* pixels of the image at its scale */
	int size;          /* pixels of what is cut out */
	const double *scale;
	size_t nscale;
};

/* How many patches an image of this size has, scale by scale and row by row; none where it is
 * smaller than one.  place[][4], if not NULL, gets them: x1 y1 x2 y2 in pixels of the image. */
size_t rl_grid_places(const struct rl_grid *g, int height, int width, float (*place)[4]);

/* The pixels of one image's patches, in that order.  Memory is the image at one scale. */
struct rl_cutter;

struct rl_cutter *rl_cutter_new(const struct rl_grid *g); /* the grid is borrowed */
/* Of this image, borrowed until all are cut.  False, and why says so, when it would be too large at
 * a scale. */
bool rl_cutter_begin(struct rl_cutter *c, const struct rl_image *im, char why[RL_WHY]);
/* The next patch to out[size,size,3]; only as often as there are places. */
void rl_cutter_next(struct rl_cutter *c, uint8_t *out);
void rl_cutter_free(struct rl_cutter *c);

#endif
