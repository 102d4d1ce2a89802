/*
 * How often pixels of each class are taken for which: the intersection over union and the accuracy
 * of a segmentation, over all pixels of a set, as MMSegmentation 0.x computes them
 * (mmseg/core/evaluation/metrics.py), and cityscapesScripts its scores of classes.
 *
 * Pixels whose truth is RL_NO_CLASS do not count.  At all others a prediction of RL_NO_CLASS is
 * wrong: the truth's class misses the pixel, but no class has it too many.
 */
#ifndef RL_EVAL_CONFUSION_H
#define RL_EVAL_CONFUSION_H

#include "stream/segmentation.h"

struct rl_confusion;

struct rl_confusion *rl_confusion_new(void);
void rl_confusion_free(struct rl_confusion *c);

/* n pixels' classes, below 255 or RL_NO_CLASS.  One core counts more than 1000 a microsecond. */
void rl_confusion_add(struct rl_confusion *c, const uint8_t *truth, const uint8_t *prediction,
		      size_t n);

/* How many pixels of a class had the prediction. */
uint64_t rl_confusion_pixels(const struct rl_confusion *c, size_t truth, size_t prediction);

struct rl_confusion_scores {
	size_t nclass;
	double *iou;      /* [nclass] 0 to 1; NAN: neither is there such a pixel nor a prediction */
	double *accuracy; /* [nclass] of the class's pixels; NAN: there are none */
	double mean_iou, mean_accuracy; /* over the classes that have one */
	double all_accuracy;            /* of all pixels together */
	uint64_t pixels;                /* that count; 0: everything is NAN */
};

/* Of the classes 0 to nclass - 1. */
struct rl_confusion_scores rl_confusion_scores(const struct rl_confusion *c, size_t nclass);
void rl_confusion_scores_free(struct rl_confusion_scores *s);

#endif
