/*
 * The instances of COCO: an object of the arrays images {"id", "file_name", "height", "width"},
 * categories {"id", "name"} and annotations {"id", "image_id", "category_id", "bbox": [x,y,w,h],
 * "area", "iscrowd", "segmentation"}.  Other members are somebody else's.
 *
 * Dies, naming file and element, when a member is missing or of another type, an id, a file name or
 * a category's name comes twice, an annotation has no image or category, a bbox or an area is
 * negative or a bbox beyond 1e9, or a segmentation is not as below.  Boxes may leave their image;
 * that is for the caller to judge.
 *
 * One linear pass over the text, an element at a time, and sorting.  Memory is the text while it is
 * read, and then, of train2017, some 630 bytes an annotation.
 */
#ifndef RL_DATA_COCO_H
#define RL_DATA_COCO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_coco_image {
	int64_t id;
	char *file; /* stays inside its folder, see rl_imageset_inside() */
	int height, width;
	size_t first, count; /* its annotations */
};

struct rl_coco_category {
	int64_t id;
	char *name;
};

struct rl_coco_annotation {
	int64_t id;
	size_t image, category; /* indices */
	double box[4];          /* x y width height, in pixels */
	double area;
	bool crowd;
	/* Compact JSON, every number the same again: [[x,y,x,y,...],...], each of three corners or
	 * more, or {"size":[height,width],"counts":...} with the image's size and as many pixels,
	 * counts an array or COCO's text.  NULL when the annotation has none. */
	char *segmentation;
	double corners[4]; /* x1 y1 x2 y2 around those of its polygons; 0 where there are none */
};

struct rl_coco {
	struct rl_coco_image *images;           /* in the order of their ids */
	struct rl_coco_category *categories;    /* ditto: the index is the class */
	struct rl_coco_annotation *annotations; /* image by image, as in the file */
	size_t nimage, ncategory, nannotation;
	size_t flat; /* polygons of fewer than three corners, left out */
};

void rl_coco_read(struct rl_coco *c, const char *path);
/* From text in memory; path is for messages. */
void rl_coco_parse(struct rl_coco *c, const char *text, size_t size, const char *path);
void rl_coco_free(struct rl_coco *c);

/* The image or category of this id, or NULL. */
const struct rl_coco_image *rl_coco_image(const struct rl_coco *c, int64_t id);
const struct rl_coco_category *rl_coco_category(const struct rl_coco *c, int64_t id);

#endif
