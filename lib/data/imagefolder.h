/*
 * A folder of class folders, ROOT/CLASS/.../NAME.jpg.  The classes are the folders' names in byte
 * order and an image's label is the index of its class, as torchvision's ImageFolder numbers them.
 *
 * Everything wrong dies naming the file: an unreadable folder, a class without images, an image
 * outside the class folders, two images with one key.  Names beginning with a dot are skipped.
 */
#ifndef RL_DATA_IMAGEFOLDER_H
#define RL_DATA_IMAGEFOLDER_H

#include <jansson.h>
#include <stddef.h>

struct rl_imagefile {
	char *path;   /* as reached from the root that was given */
	char *key;    /* BASE/CLASS/.../NAME, BASE the root's own name: train and val stay apart */
	size_t label; /* index into classes */
};

struct rl_imagefolder {
	char *root;
	char **classes;
	size_t nclass;
	struct rl_imagefile *files; /* in the order of their keys */
	size_t nfile;
};

/* Finds *.jpg, *.jpeg and *.png, whatever the case, at any depth; symbolic links are followed. */
void rl_imagefolder_read(struct rl_imagefolder *d, const char *root);
void rl_imagefolder_free(struct rl_imagefolder *d);

/* Dies unless both have the same class folders, naming the first that one of them lacks. */
void rl_imagefolder_same_classes(const struct rl_imagefolder *d,
				 const struct rl_imagefolder *other);

/* The manifest line of file i: {"key", "path", "label", "class"}; a new reference. */
json_t *rl_imagefolder_record(const struct rl_imagefolder *d, size_t i);

#endif
