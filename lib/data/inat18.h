/*
 * iNaturalist 2018: DIR/{train,val}2018.json, an object of the arrays images {"id", "file_name"},
 * annotations {"image_id", "category_id"} and categories {"id", "name"}, and the images where
 * file_name says under DIR.  A label is a category_id.
 *
 * Time is linear.  Memory is the text of one file and some 400 bytes an image.
 *
 * Dies, naming file and element, unless ids are 0 to nclass - 1 for categories, differ, every image
 * has exactly one annotation, every annotation an image, every category an image.
 */
#ifndef RL_DATA_INAT18_H
#define RL_DATA_INAT18_H

#include "data/imageset.h"

enum { RL_INAT18_CLASSES = 8142 };

/* Reading val reads train's annotations, too: no image may be in both. */
void rl_inat18_read(struct rl_imageset *s, const char *dir, bool val, size_t nclass);

#endif
