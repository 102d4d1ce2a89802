/*
 * Masks in COCO's run lengths: column by column, a run of pixels outside first, which may be empty.
 * A mask in memory is [height,width], 0 or 1.
 */
#ifndef RL_IMAGE_RLE_H
#define RL_IMAGE_RLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_rle {
	size_t count;
	uint32_t *run; /* free() it */
};

/* COCO's text: a run is its difference from the one before the last (from the fourth on), in
 * characters of 5 bits and one that says whether more follow.  False when it is not that. */
bool rl_rle_parse(const char *text, struct rl_rle *out);
char *rl_rle_text(const struct rl_rle *r); /* free() it */

/* False when the runs are not exactly as many pixels as the mask has. */
bool rl_rle_decode(const struct rl_rle *r, int height, int width, uint8_t *mask);
struct rl_rle rl_rle_encode(const uint8_t *mask, int height, int width);

/* ---- on the runs themselves; two masks are of one size ------------------------------------------
 */

uint64_t rl_rle_area(const struct rl_rle *r);                           /* pixels */
uint64_t rl_rle_common(const struct rl_rle *a, const struct rl_rle *b); /* pixels in both */
struct rl_rle rl_rle_union(const struct rl_rle *a, const struct rl_rle *b);

/* x, y, width, height of the smallest box around the mask; all 0 around nothing. */
void rl_rle_box(const struct rl_rle *r, int height, uint32_t box[4]);

#endif
