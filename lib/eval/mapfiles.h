/*
 * Classes of pixels in files: those that a manifest's records name, and a folder of predictions, a
 * PNG file for each image.
 */
#ifndef RL_EVAL_MAPFILES_H
#define RL_EVAL_MAPFILES_H

#include "stream/segmentation.h"

/* A map, which is there until its owner loads the next. */
struct rl_map {
	int64_t height, width;
	const uint8_t *classes; /* [height,width] of the names, or RL_NO_CLASS */
};

struct rl_mapfile;

struct rl_mapfile *rl_mapfile_new(void);
void rl_mapfile_free(struct rl_mapfile *f);

/* From a PNG file, or with `like` also from another that rl_labelmap_values() reads, which must be
 * of that size.  Dies, naming the file, when it cannot be had, and on values that are no class. */
struct rl_map rl_mapfile_load(struct rl_mapfile *f, const char *path,
			      const struct rl_segmentation *said, const struct rl_map *like);

/* Of all that were loaded: {"files": how many, "sha256": of the lines that sha256sum prints of them
 * without their folders}. */
json_t *rl_mapfile_provenance(struct rl_mapfile *f);

/* ---- a folder ---------------------------------------------------------------------------------
 */

struct rl_mapfolder;

/* All files *.png in the folder and below.  An image is known by the last component of its key, and
 * so is its file, with or without the key's escapes.  Dies when there are none or two of one name.
 */
struct rl_mapfolder *rl_mapfolder_open(const char *path);
void rl_mapfolder_free(struct rl_mapfolder *f);

/* The path of an image's file, or NULL; borrowed.  Dies when it was asked for already. */
const char *rl_mapfolder_take(struct rl_mapfolder *f, const char *key);

/* One that nobody took, or NULL. */
const char *rl_mapfolder_left(const struct rl_mapfolder *f);

#endif
