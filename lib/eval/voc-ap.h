/*
 * Average precision as VOC's detection challenge defines it, and MMDetection's VOCDataset and every
 * VOC evaluation in Python compute it.
 *
 * Of a class all images' detections are ranked by score, equal ones in the order they came in. Each
 * belongs to the object of its image and class that it overlaps most, of equals the first, ordinary
 * objects before difficult ones; it is right when the overlap reaches the threshold and the object
 * has not been found yet, counts neither way when the object is difficult, and is wrong otherwise.
 * A box from x1 to x2 is x2 - x1 + 1 pixels wide.  Difficult objects are not missed.
 */
#ifndef RL_EVAL_VOC_AP_H
#define RL_EVAL_VOC_AP_H

#include "eval/detections.h"

enum { RL_VOC_IOUS = 10 }; /* .5, .55 ... .95 */

struct rl_voc_object {
	uint32_t image, class;
	double corner[4]; /* x1 y1 x2 y2 of the first and last pixels */
	bool difficult;
};

struct rl_voc_task {
	size_t nimage, nclass;
	const struct rl_voc_object *objects;
	size_t nobject;
	const struct rl_detection *found;
	size_t nfound;
};

struct rl_voc_ap {
	size_t nclass;
	double *eleven; /* [nclass,ious], over recall 0, .1 ... 1 (VOC2007); NAN: nothing to find */
	double *area;   /* [nclass,ious], under the whole curve (VOC2010 on) */
};

/* Runs on OpenMP's threads; the same bits with any number of them. */
struct rl_voc_ap rl_voc_ap(const struct rl_voc_task *t);
void rl_voc_ap_free(struct rl_voc_ap *a);

/* Over the classes that have something to find, and over IoU thresholds first to last; NAN when
 * there is none. */
double rl_voc_mean(const double *ap, size_t nclass, int first, int last);

#endif
