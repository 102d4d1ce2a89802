/*
 * Polygons as COCO's tools rasterise them.
 *
 * The outline is walked on a grid five times as fine, whose point (5x + 1/2, 5y + 1/2), cut to
 * whole numbers, stands for the corner (x, y).  Where it passes the middle of a column of pixels,
 * the pixels of the column from there on change sides; so winding means nothing, and what two parts
 * of one outline cover is outside.
 */
#ifndef RL_IMAGE_POLYGON_H
#define RL_IMAGE_POLYGON_H

#include "image/rle.h"

/* corner[2 n]: x, y, x, y ... in pixels, of a polygon that is closed anyhow; corners may lie
 * outside. The runs are canonical: none but the first is empty.  False when a coordinate is no
 * number or beyond RL_MAX_SIDE either way. */
bool rl_polygon_rle(const double *corner, size_t n, int height, int width, struct rl_rle *out);

#endif
