/*
 * Manifests: which images there are and what is known about them, one JSON object a line.
 *
 *	{"key":"train/n01440764/x1","path":".../n01440764/x1.JPEG","label":0,"nclass":1000}
 *	{"key":"000012","path":".../000012.jpg","labels":{"aeroplane":0,"bicycle":-1,"car":1}}
 *	{"key":"VOC2007/000012","path":".../000012.jpg","height":333,"width":500,
 *	 "boxes":[[155,96,350,269]],"classes":[6],"ignore":[0],"names":["aeroplane",...]}
 *
 * `key` and `path` are there always.  There in all records or in none are `label` (a class number)
 * and `nclass` (how many classes there are, so that label is 0 to nclass - 1); `labels` (1 present,
 * 0 absent, -1 ignore); `boxes` (x1 y1 x2 y2 in pixels) with their `classes`, which count into
 * `names`, the same in all, and `ignore` (0 or 1); `masks` of the boxes (COCO's polygons or run
 * lengths); and `segmentation` (stream/segmentation.h).  `height` and `width` are what the image
 *must have, where they are there.  Other members are somebody else's and ignored.  Wrong input ends
 *the program with one line that says where.
 */
#ifndef RL_STREAM_MANIFEST_H
#define RL_STREAM_MANIFEST_H

#include "stream/keyset.h"
#include "stream/objects.h"
#include "stream/segmentation.h"

#define RL_LIMIT_LINE ((size_t)1 << 20) /* bytes of a line */

struct rl_record {
	char *key;
	char *path;     /* the image's file, or where it was found: for messages */
	uint8_t *bytes; /* the file's content where it came along (from a tar), else NULL */
	size_t size;
	bool has_label;
	int32_t label;
	int32_t nclass; /* label is below it; 0: not said */
	int8_t *labels; /* one for each of the manifest's names, or NULL */
	bool has_objects;
	struct rl_objects objects;
	char *segmentation; /* the file of its pixels' classes, or NULL */
	int height, width;  /* of the image, upright; 0: not said */
};

void rl_record_free(struct rl_record *r);

/* What the records of one list have in common; the first one decides. */
struct rl_manifest {
	int64_t records;
	bool has_label;
	int32_t nclass; /* of label; 0: not said */
	size_t nlabels; /* 0: no labels */
	char **labels;  /* the names, in the first record's order */
	json_t *names;  /* of the objects' classes, an array of strings; NULL: no objects */
	bool has_masks;
	struct rl_segmentation segmentation;
	struct rl_keyset keys;
};

/* Parse a line of `size` bytes.  `where` is "FILE:LINE". */
struct rl_record rl_manifest_parse(struct rl_manifest *m, const char *line, size_t size,
				   const char *where);

/* Take a record into the list: its key must be a sample's key and new, its fields the first
 * record's.  rl_manifest_parse() has done this; it is for records that come another way.
 * Remembers 128 bits of every key. */
void rl_manifest_admit(struct rl_manifest *m, const struct rl_record *r, const char *where);

void rl_manifest_free(struct rl_manifest *m);

#endif
