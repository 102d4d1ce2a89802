/*
 * Ground truth and detections of COCO's kind, as rl_coco_ap() takes them.
 *
 * COCO's results are an array of
 *
 *	{"image_id":42,"category_id":18,"bbox":[x,y,width,height],"segmentation":MASK,"score":0.98}
 *
 * in which all have the same of bbox and segmentation, or both; MASK is run lengths or polygons,
 *see data/masks.h.
 */
#ifndef RL_EVAL_COCO_INPUT_H
#define RL_EVAL_COCO_INPUT_H

#include "data/coco.h"
#include "eval/coco-ap.h"

/* One for each annotation, with masks if wanted.  Dies, naming `path` and image, when one lacks a
 * mask that is wanted. */
struct rl_coco_object *rl_coco_objects(const struct rl_coco *c, bool masks, const char *path);
void rl_coco_objects_free(struct rl_coco_object *o, size_t n);

/* COCO's results or, told apart by how they begin, lines of predictions.  Dies, naming text and
 * record, on anything that is not as above or in eval/detections.h. */
struct rl_detections rl_coco_detections(struct rl_text *t, const struct rl_coco *c,
					const char *truth_path);

#endif
