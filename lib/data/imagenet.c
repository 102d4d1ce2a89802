#include "data/imagenet.h"

#include "base/err.h"
#include "data/imagefolder.h"
#include "data/imagelist.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Images: ILSVRC 2012 classification. */
enum { TRAIN_IMAGES = 1281167, VAL_IMAGES = 50000 };

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* As the archive of the validation images unpacks: no folder is in it. */
static bool is_flat(const char *folder)
{
	DIR *dir = opendir(folder);
	bool flat = dir;

	for (struct dirent *e; flat && (e = readdir(dir));) {
		char *path = rl_asprintf("%s/%s", folder, e->d_name);

		flat = *e->d_name == '.' || !is_folder(path);
		free(path);
	}
	if (dir)
		closedir(dir);
	return flat;
}

/* The labels of the list must be the places of the folders in their order. */
static void check_order(const struct rl_imageset *s, const char *list)
{
	struct rl_imageset tree;

	rl_imagefolder_read_classes(&tree, s->root);
	for (size_t c = 0; c < tree.nclass && c < s->nclass; c++)
		if (strcmp(tree.classes[c], s->classes[c]))
			rl_die("%s: label %zu is %s, in %s it is %s", list, c, s->classes[c],
			       s->root, tree.classes[c]);
	rl_imageset_need_classes(s, tree.nclass);
	rl_imageset_free(&tree);
}

static void read_list(struct rl_imageset *s, const char *folder, const char *train,
		      const struct rl_imagenet_wish *w)
{
	char *base = rl_imagefolder_base(folder);

	rl_imagelist_read(s, w->list, folder, base, w->nclass);
	if (s->classes) {
		check_order(s, w->list);
	} else if (is_folder(train)) {
		struct rl_imageset tree;

		rl_imagefolder_read_classes(&tree, train);
		if (tree.nclass != s->nclass)
			rl_die("%s: %zu class folders, expected %zu", train, tree.nclass,
			       s->nclass);
		s->classes = tree.classes;
		tree.classes = NULL;
		rl_imageset_free(&tree);
	}
	rl_imageset_need_files(s);
	free(base);
}

/* The class that the name of an image begins with, NONE when it begins with none. */
static size_t class_in_name(const struct rl_imageset *s, const char *name)
{
	size_t n = strcspn(name, "_"), low = 0, high = s->nclass;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strncmp(name, s->classes[middle], n);

		if (!order && !s->classes[middle][n])
			return middle;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return SIZE_MAX;
}

static void check_names(const struct rl_imageset *s)
{
	for (size_t i = 0; s->classes && i < s->nfile; i++) {
		const struct rl_imagefile *f = &s->files[i];
		size_t named = class_in_name(s, strrchr(f->path, '/') + 1);

		if (named != SIZE_MAX && named != f->label)
			rl_die("%s: named as an image of %s, but listed as one of %s", f->path,
			       s->classes[named], s->classes[f->label]);
	}
}

static void check_against_train(const struct rl_imageset *s, const char *train)
{
	struct rl_imageset other;

	if (!is_folder(train)) {
		rl_warn("%s: no such folder: not checked that no image is in both sets", train);
		return;
	}
	rl_imagefolder_read(&other, train);
	rl_imageset_same_classes(s, &other);
	rl_imageset_disjoint(s, &other, RL_BY_NAME);
	rl_imageset_free(&other);
}

void rl_imagenet_read(struct rl_imageset *s, const struct rl_imagenet_wish *w)
{
	char *train = rl_asprintf("%s/train", w->dir), *val = rl_asprintf("%s/val", w->dir);
	const char *folder = w->val ? val : train;

	if (w->list) {
		read_list(s, folder, train, w);
	} else if (is_flat(folder)) {
		rl_die("%s: no class folders in it: of a flat folder --list FILE says which image "
		       "has which label",
		       folder);
	} else {
		rl_imagefolder_read(s, folder);
		rl_imageset_need_classes(s, w->nclass);
	}
	check_names(s);
	if (w->nclass == RL_IMAGENET_CLASSES)
		rl_imageset_note_size(s, w->val ? VAL_IMAGES : TRAIN_IMAGES);
	if (w->subset)
		rl_imageset_choose(s, w->subset);
	if (w->val)
		check_against_train(s, train);
	free(train);
	free(val);
}
