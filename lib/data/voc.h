/*
 * A tree in the layout of PASCAL VOC: JPEGImages, Annotations, ImageSets/Main.
 *
 * Classes are the names of the lists ImageSets/Main/CLASS_SET.txt in byte order, so other data sets
 * in this layout work too.  A list says of every image 1 present, -1 absent, 0 only difficult
 * examples; the label keeps 1, becomes 0 for absent and -1, to be ignored, for difficult.
 *
 * The lists, the XML annotations and the image files must agree; all is checked on reading and
 * whatever differs dies with its name.  A set of VOC2007's own classes and size must also have its
 * published numbers of positives.
 */
#ifndef RL_DATA_VOC_H
#define RL_DATA_VOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_voc_object {
	size_t label;  /* index into classes */
	double box[4]; /* xmin ymin xmax ymax as in the XML: pixels counted from 1, inclusive */
	bool difficult;
};

struct rl_voc_image {
	char *id;
	int height, width;
	int8_t *labels; /* [nclass]: 1 present, 0 absent, -1 ignore; NULL where they are not read */
	struct rl_voc_object *objects;
	size_t nobject;
};

struct rl_voc {
	char *root; /* the folder that holds JPEGImages */
	char **classes;
	size_t nclass;
	struct rl_voc_image *images; /* in the order of their ids */
	size_t nimage;
};

/* VOC2007: dir is that folder or one that has it as VOC2007; set is "trainval", "test", "train",
 * "val". */
void rl_voc_read(struct rl_voc *v, const char *dir, const char *set);

/* Of any year, dir/VOC<year>, the objects without the labels: the lists of the classes give no more
 * than their names. */
void rl_voc_read_objects(struct rl_voc *v, const char *dir, int year, const char *set);
void rl_voc_free(struct rl_voc *v);

char *rl_voc_image_path(const struct rl_voc *v, size_t i); /* new string */

/* The manifest line of image i: {"key", "path", "labels": {class: value}}; a new reference. */
json_t *rl_voc_record(const struct rl_voc *v, size_t i);

/* The size and the objects of one annotation file; classes are sorted.  For the functions above and
 * their tests. */
void rl_voc_read_xml(const char *path, char *const *classes, size_t nclass, struct rl_voc_image *m);

/* Dies when a set of VOC2007's classes and full size has other than the published numbers of
 * images per class; says on stderr when it has another size. */
void rl_voc_check_counts(const struct rl_voc *v, const char *set);

/* The last of these alone, of the years whose sizes are known. */
void rl_voc_note_size(const struct rl_voc *v, int year, const char *set);

#endif
