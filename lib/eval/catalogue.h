/*
 * The images and classes of a ground truth, by the names that predictions give them.
 *
 * An image's name is the last component of its key, "000012" of "VOC2007/000012": what a file of
 * results names it by, wherever the images lay.  So no two may have the same.
 */
#ifndef RL_EVAL_CATALOGUE_H
#define RL_EVAL_CATALOGUE_H

#include "base/dict.h"

struct rl_catalogue {
	struct rl_catalogue_image {
		char *name;
		int height, width; /* 0: not known */
	} * images;
	char **classes;
	size_t nimage, nclass;
	struct rl_dict image_at, class_at;
};

/* Each dies, naming `where`, on a name that is there already. */
void rl_catalogue_add_image(struct rl_catalogue *c, const char *key, int height, int width,
			    const char *where);
void rl_catalogue_add_class(struct rl_catalogue *c, const char *name, const char *where);

/* The index of a name; dies, naming `where`, when it is unknown. */
size_t rl_catalogue_image(const struct rl_catalogue *c, const char *key, const char *where);
size_t rl_catalogue_class(const struct rl_catalogue *c, const char *name, const char *where);

void rl_catalogue_free(struct rl_catalogue *c);

#endif
