/*
 * Pixels in memory: packed RGB, 8 bits a channel, rows from top to bottom.
 *
 * Decoders meet hostile files, and one bad file among a million may be skipped: so they return
 * false and say why in one line instead of ending the program.
 */
#ifndef RL_IMAGE_IMAGE_H
#define RL_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_image {
	int height, width;
	uint8_t *data; /* [height,width,3], 64-byte aligned; rl_image_free() it */
};

enum { RL_WHY = 256 }; /* bytes of a reason, NUL included */

/* Pillow's limit against decompression bombs: a GiB of memory over 4 over 3 (24-bit pixels), in
 * pixels. */
#define RL_MAX_PIXELS 178956970

/* JPEG's longest side.  It also bounds the working memory of a resize, whatever the other side. */
#define RL_MAX_SIDE 65535

/* A file of an image is read whole; one that is larger is refused. */
#define RL_MAX_IMAGE_FILE ((size_t)1 << 28)

struct rl_image rl_image_new(int height, int width);
void rl_image_free(struct rl_image *im); /* safe on a zeroed or freed image */

/* Decode a JPEG or PNG file held in memory, told apart by their first bytes.  A JPEG's EXIF
 * orientation is applied, so the result is upright.  An image of more than max_pixels is refused
 * before memory is asked for.  False: *out is untouched and why says what is wrong. */
bool rl_image_decode(const uint8_t *data, size_t size, int64_t max_pixels, struct rl_image *out,
		     char why[RL_WHY]);

/* The same from a regular file. */
bool rl_image_load(const char *path, int64_t max_pixels, struct rl_image *out, char why[RL_WHY]);

/* What the decoders ask before they allocate: are both sides 1 to RL_MAX_SIDE, and is their product
 * at most max_pixels? */
bool rl_image_fits(int64_t height, int64_t width, int64_t max_pixels, char why[RL_WHY]);

#endif
