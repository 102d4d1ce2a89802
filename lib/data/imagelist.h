/*
 * A list of images, "RELATIVE/PATH LABEL" a line, as data sets with a fixed order of classes come
 * with.  Where the paths have folders, a folder is a class: each has one label, each label one
 * folder, and the folders' names are the classes'.
 *
 * Dies, naming file and line, on a line without label, a label that is not in 0 to nclass - 1, a
 * path that is absolute or has "..", and one that comes twice; on a class without images; and when
 * folders and labels do not go together.  Whether the images are there is not looked at.
 */
#ifndef RL_DATA_IMAGELIST_H
#define RL_DATA_IMAGELIST_H

#include "data/imageset.h"

/* Paths are relative to `root`, keys begin with `base` where it is not empty. */
void rl_imagelist_read(struct rl_imageset *s, const char *list, const char *root, const char *base,
		       size_t nclass);

#endif
