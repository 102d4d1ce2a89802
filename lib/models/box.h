/*
 * Boxes x1 y1 x2 y2 in pixels, and how networks describe one by another: a shift of the centre in
 * units of the reference's size, and the logarithm of the ratio of sizes (Girshick et al., R-CNN,
 * CVPR 2014, appendix C).
 */
#ifndef RL_MODELS_BOX_H
#define RL_MODELS_BOX_H

#include <stdbool.h>
#include <stdint.h>

struct rl_box {
	float x1, y1, x2, y2;
};

/* Intersection over union; areas without + 1.  NaN for two boxes without area. */
float rl_box_iou(const struct rl_box *a, const struct rl_box *b);

/* Into 0..width x 0..height. */
struct rl_box rl_box_clip(struct rl_box b, double width, double height);

/* delta = ((dx, dy, log dw, log dh) of `to` as seen from `from`) / std; `from` has an area. */
void rl_box_encode(const struct rl_box *from, const struct rl_box *to, const double std[4],
		   float delta[4]);

/* The inverse.  Sizes grow or shrink by at most 1000/16, MMDetection's wh_ratio_clip. */
struct rl_box rl_box_decode(const struct rl_box *from, const float delta[4], const double std[4]);

/* ---- anchors ----------------------------------------------------------------------------------
 */

enum { RL_ANCHORS = 16 };

/* At every cell of a map `stride` pixels apart, centred on (x stride, y stride): boxes of area
 * size^2 and height/width ratio. */
struct rl_anchors {
	double stride;
	int sizes, ratios;
	double size[5], ratio[3];
	bool size_major; /* detectron2's order of a cell's anchors; else ratio-major, MMDetection's
			  */
};

int rl_anchors_a_cell(const struct rl_anchors *a);
/* out [height * width * a cell], cells row by row. */
void rl_anchors_fill(const struct rl_anchors *a, int64_t height, int64_t width, struct rl_box *out);

#endif
