/*
 * ImageNet: DIR/train and DIR/val, trees of class folders or described by list files.
 *
 * The classes are the folders' names in byte order.  A list (see imagelist.h) has paths relative to
 * DIR/SET; labels that contradict the folders die.  A flat DIR/val needs one, and takes the names
 * of its classes from DIR/train.  So does an image whose name begins with the class of another
 * folder (n01440764_10026.JPEG in n01443537).
 */
#ifndef RL_DATA_IMAGENET_H
#define RL_DATA_IMAGENET_H

#include "data/imageset.h"

enum { RL_IMAGENET_CLASSES = 1000 };

struct rl_imagenet_wish {
	const char *dir;
	bool val;           /* else train */
	const char *list;   /* NULL: the tree */
	const char *subset; /* NULL: all; otherwise see rl_imageset_choose() */
	size_t nclass;
};

/* Reading val, looks at DIR/train, too, which must have the same classes and no image of the same
 * name; says on stderr when there is none. */
void rl_imagenet_read(struct rl_imageset *s, const struct rl_imagenet_wish *wish);

#endif
