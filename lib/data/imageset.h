/*
 * Images with one class label each, as every classification data set is once it has been read: what
 * the readers of folders, lists and annotations have in common.
 *
 * Everything wrong dies, naming the file.  Memory is some 250 bytes an image, most of it its path
 * and its key.
 */
#ifndef RL_DATA_IMAGESET_H
#define RL_DATA_IMAGESET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct rl_imagefile {
	char *path;   /* as reached from the root that was given */
	char *key;    /* of the sample, see rl_key_from_path() */
	size_t label; /* below nclass */
};

struct rl_imageset {
	char *root;     /* where it was read from, for messages */
	char **classes; /* their names, NULL when nothing says them */
	size_t nclass;
	struct rl_imagefile *files; /* in the order of their keys, once sorted */
	size_t nfile;
};

/* Put an image in; its path is ROOT/INSIDE, its key that of BASE/INSIDE, or with an empty base of
 * INSIDE alone. */
void rl_imageset_add(struct rl_imageset *s, const char *base, const char *inside, size_t label);
void rl_imageset_add_class(struct rl_imageset *s, const char *name);

/* Into the order of their keys, which must differ. */
void rl_imageset_sort(struct rl_imageset *s);
void rl_imageset_free(struct rl_imageset *s);

/* False for a path that is absolute, empty or climbs out of its folder. */
bool rl_imageset_inside(const char *path);

/* Dies unless there are `want` classes, 0 for any number, and an image of each. */
void rl_imageset_need_classes(const struct rl_imageset *s, size_t want);

/* Dies unless every image is a file that is not empty, saying how many more are missing. */
void rl_imageset_need_files(const struct rl_imageset *s);

/* Dies unless both have the same classes, naming the first that one of them lacks. */
void rl_imageset_same_classes(const struct rl_imageset *s, const struct rl_imageset *other);

/* Dies when an image is in both, by its path or, where the two lie in folders of their own, by the
 * last part of its path. */
enum rl_imageset_by { RL_BY_PATH, RL_BY_NAME };
void rl_imageset_disjoint(const struct rl_imageset *s, const struct rl_imageset *other,
			  enum rl_imageset_by by);

/* Says on stderr when there are not `want` images: results do not compare with published ones. */
void rl_imageset_note_size(const struct rl_imageset *s, size_t want);

/* Keep only the images that the file `list` names, one a line, as NAME, with CLASS_ at its
 * beginning, as CLASS/NAME or as CLASS/NAME LABEL.  A name that is not there or there twice dies
 * with the line, and so does another label. */
void rl_imageset_choose(struct rl_imageset *s, const char *list);

/* The manifest line of file i: {"key", "path", "label", "nclass", "class"}, the last where classes
 * have names; a new reference. */
json_t *rl_imageset_record(const struct rl_imageset *s, size_t i);

#endif
