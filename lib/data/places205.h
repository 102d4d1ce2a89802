/*
 * Places205: the lists {train,val}_places205.csv, "PATH LABEL" a line, in
 * DIR/trainvalsplit_places205 or DIR itself, and the images under
 * DIR/data/vision/torralba/deeplearning/images256, as the archive unpacks, or DIR/images256.
 */
#ifndef RL_DATA_PLACES205_H
#define RL_DATA_PLACES205_H

#include "data/imageset.h"

enum { RL_PLACES205_CLASSES = 205 };

/* Reading val reads train's list, too: the labels must mean the same and no path be in both. */
void rl_places205_read(struct rl_imageset *s, const char *dir, bool val, size_t nclass);

#endif
