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

struct rl_image rl_image_new(int height, int width);
void rl_image_free(struct rl_image *im); /* safe on a zeroed or freed image */

/* What the decoders ask before they allocate: are both sides 1 to RL_MAX_SIDE, and is their product
 * at most max_pixels? */
bool rl_image_fits(int64_t height, int64_t width, int64_t max_pixels, char why[RL_WHY]);

#endif
