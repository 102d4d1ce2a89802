/*
 * The manifests that detectors learn from, images with objects in boxes, and what is left out of
 * them: in one place for all data sets.
 *
 *	{"key":"VOC2007/000012","path":".../000012.jpg","height":333,"width":500,
 *	 "boxes":[[155,96,350,269]],"classes":[6],"ignore":[0],"names":["aeroplane",...]}
 *	{"key":"val2017/000000000139","path":".../000000000139.jpg","height":426,"width":640,
 *	 "boxes":[[236.98,142.51,261.68,212.01],...],"classes":[58,...],"ignore":[0,...],
 *	 "masks":[[[240.86,211.31,...]],...],"names":["person",...],"image_id":139}
 *
 * Boxes are x1 y1 x2 y2 in pixels, (0, 0) the corner of the first.  VOC's whole-number coordinates
 * all have 1 taken off, and a fraction is cut off first.  Its classes are numbered by name, COCO's
 * by id.  Difficult objects and crowds are to be ignored.
 *
 * An object is left out whose box is less than a pixel wide or high, has no area or nothing in
 * common with its image; for training also an image without any object in the data set, or with a
 * side of less than 32 pixels.  Standard error says how many were.  All as MMDetection 2 does it.
 *
 * Each prints the manifest of a set that is read and checked first: everything wrong dies, naming
 * the file, and nothing is printed.
 */
#ifndef RL_DATA_DETECTIONSET_H
#define RL_DATA_DETECTIONSET_H

#include <stdbool.h>

/* dir/VOC<year>, see data/voc.h. */
void rl_list_voc(const char *dir, int year, const char *set, bool for_training);

/* dir/annotations/instances_<set>.json, see data/coco.h, and dir/<set>. */
void rl_list_coco(const char *dir, const char *set, bool for_training);

#endif
