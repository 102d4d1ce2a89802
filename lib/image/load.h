/*
 * Images from files, upright and of the size that is asked for.
 *
 * A JPEG that is resized is never held whole: its rows are resized as they are decoded, while they
 * are in the cache.
 */
#ifndef RL_IMAGE_LOAD_H
#define RL_IMAGE_LOAD_H

#include "image/image.h"

/* A file of an image is read whole; one that is larger is refused. */
#define RL_MAX_IMAGE_FILE ((size_t)1 << 28)

struct rl_load_wish {
	int64_t max_pixels;    /* an image that has more, or would have once resized, is refused */
	int64_t short_side;    /* the shorter side becomes so long, the aspect stays; 0: no wish */
	int64_t height, width; /* and then exactly this size; 0: no wish */
};

/* What one thread keeps between images. */
struct rl_loader;

struct rl_loader *rl_loader_new(const struct rl_load_wish *wish);
void rl_loader_free(struct rl_loader *l);

/* Decode a JPEG or PNG file held in memory, told apart by their first bytes.  A JPEG's EXIF
 * orientation is applied.  An image of too many pixels is refused before memory is asked for.
 * False: *out is untouched and why says what is wrong. */
bool rl_load(struct rl_loader *l, const uint8_t *data, size_t size, struct rl_image *out,
	     char why[RL_WHY]);

/* The size of the last image that was loaded, upright and before any resize. */
void rl_loader_size(const struct rl_loader *l, int *height, int *width);

/* The same as rl_load() from a regular file. */
bool rl_load_file(struct rl_loader *l, const char *path, struct rl_image *out, char why[RL_WHY]);

/* Such a file's bytes, which are there until the loader reads the next; NULL: why says why. */
const uint8_t *rl_loader_bytes(struct rl_loader *l, const char *path, size_t *size,
			       char why[RL_WHY]);

#endif
