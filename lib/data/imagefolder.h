/*
 * A folder of class folders, ROOT/CLASS/.../NAME.jpg.  The classes are the folders' names in byte
 * order and an image's label is the index of its class, as torchvision's ImageFolder numbers them.
 *
 * Everything wrong dies naming the file: an unreadable folder, a class without images, an image
 * outside the class folders, an empty one, two images with one key.  Names beginning with a dot are
 * skipped.
 */
#ifndef RL_DATA_IMAGEFOLDER_H
#define RL_DATA_IMAGEFOLDER_H

#include "data/imageset.h"

/* Finds *.jpg, *.jpeg and *.png, whatever the case, at any depth; symbolic links are followed. */
void rl_imagefolder_read(struct rl_imageset *s, const char *root);

/* The classes alone. */
void rl_imagefolder_read_classes(struct rl_imageset *s, const char *root);

/* What keys begin with: the root's own name, however it was spelled, "train" for "data/train/", "."
 * and "../train", so that those of train and val stay apart.  free() it. */
char *rl_imagefolder_base(const char *root);

#endif
