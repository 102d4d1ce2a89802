/*
 * Ground truth and detections of VOC's kind, as rl_voc_ap() takes them.
 *
 * The truth is a manifest with boxes, as `rl-list voc` prints it: coordinates of the first and last
 * pixels, counted from 0, which is VOC's less 1, and `ignore` for difficult.
 *
 * A file of VOC's results, such as comp4_det_test_dog.txt, has a line "ID SCORE XMIN YMIN XMAX
 * YMAX" for each detection of the class its name ends in; pixels are counted from 1, and 1 is taken
 * off.
 */
#ifndef RL_EVAL_VOC_INPUT_H
#define RL_EVAL_VOC_INPUT_H

#include "eval/voc-ap.h"

struct rl_voc_truth {
	struct rl_catalogue names;
	struct rl_voc_object *objects;
	size_t nobject;
};

/* Dies, naming the line, on anything that is not a manifest with boxes (stream/manifest.h). */
struct rl_voc_truth rl_voc_truth_read(struct rl_text *t);
void rl_voc_truth_free(struct rl_voc_truth *v);

/* One text of prediction lines, or a file of VOC's results for each class of the truth, told apart
 * by how the first begins.  Dies, naming text and line, on anything that is not as above or in
 * eval/detections.h. */
struct rl_detections rl_voc_detections(struct rl_text *texts, size_t n,
				       const struct rl_catalogue *names);

#endif
