/*
 * Average precision and recall as COCO's own evaluation computes them (pycocotools' COCOeval), rule
 * by rule:
 *
 * Of each image and class the 100 detections of the highest score are looked at, equal scores in
 * the order they came in.  In that order each takes, of the objects left that overlap it by the
 * threshold or more, the one that does most, of equals the last.  Objects to be ignored - crowds,
 * and those of an area outside the range - only come when no other is left, and a crowd may be
 * taken any number of times.  Who took one of them counts neither way, nor does who took none and
 * has an area outside the range; other takers are right, the rest wrong.  An overlap is the common
 * area over that of both, or for a crowd over the detection's.
 *
 * Of a class all images' detections are ranked by score, equal ones image by image.  Precision at a
 * recall is the best at that recall or a higher one, 0 where recall does not reach.
 */
#ifndef RL_EVAL_COCO_AP_H
#define RL_EVAL_COCO_AP_H

#include "eval/detections.h"

/* IoU .5, .55 ... .95; recall 0, .01 ... 1; areas all, below 32^2, to 96^2, above, the limits
 * belonging to both sides; the first 1, 10 and 100 detections of each image and class. */
enum {
	RL_COCO_IOUS = 10,
	RL_COCO_POINTS = 101,
	RL_COCO_RANGES = 4,
	RL_COCO_MOSTS = 3,
	RL_COCO_NUMBERS = 12
};

struct rl_coco_object {
	uint32_t image, class;
	struct rl_region region;
	double area; /* as annotated, also where boxes are compared */
	bool crowd;
};

struct rl_coco_task {
	size_t nclass;
	const struct rl_coco_object *objects; /* of an image in the order that decides ties */
	size_t nobject;
	const struct rl_detection *found;
	size_t nfound;
	bool masks; /* compare masks, and take a detection's area from its mask; else boxes */
};

struct rl_coco_ap {
	size_t nclass;
	double *precision; /* [ious,points,nclass,ranges], of 100 detections; -1: no such object */
	double *recall;    /* [ious,nclass,ranges,mosts]; -1 ditto */
};

/* Images are ranked by their index: sort them by id.  Runs on OpenMP's threads; the same bits with
 * any number of them. */
struct rl_coco_ap rl_coco_ap(const struct rl_coco_task *t);
void rl_coco_ap_free(struct rl_coco_ap *a);

/* "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl": the means
 * that COCO reports, 0 to 1; NAN where there is nothing to average, for which pycocotools has -1.
 */
extern const char *const rl_coco_number_names[RL_COCO_NUMBERS];
void rl_coco_numbers(const struct rl_coco_ap *a, double number[RL_COCO_NUMBERS]);

/* AP of one class; NAN without an object. */
double rl_coco_class_ap(const struct rl_coco_ap *a, size_t class);

#endif
