/*
 * Which detections of an image are right: the part of COCO's rules (coco-ap.h) that concerns a
 * cell, the detections and objects of one class in one image.
 */
#ifndef RL_EVAL_COCO_MATCH_H
#define RL_EVAL_COCO_MATCH_H

#include "eval/coco-ap.h"

struct rl_coco_cell {
	const struct rl_detection *const *found;     /* [nfound], by descending score */
	const struct rl_coco_object *const *objects; /* [nobject] */
	size_t nfound, nobject;
};

/* Bit i is for the i-th IoU threshold.  Neither: it does not count. */
struct rl_coco_verdict {
	uint16_t right[RL_COCO_RANGES], wrong[RL_COCO_RANGES];
};

double rl_coco_threshold(int i);

/* Is this object looked for, in an area range? */
bool rl_coco_wanted(const struct rl_coco_object *o, int range);

/* overlap[nfound,nobject], and the detections' area[nfound]. */
void rl_coco_overlaps(const struct rl_coco_cell *c, bool masks, double *overlap, double *area);

/* verdict[nfound] */
void rl_coco_judge(const struct rl_coco_cell *c, bool masks, struct rl_coco_verdict *verdict);

#endif
