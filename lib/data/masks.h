/*
 * Masks of objects as a stream's field `masks` has them: a JSON array with, for each object, a list
 * of COCO polygons, [[x,y,x,y,...],...], or {"size":[height,width],"counts":RLE}, where RLE is
 * COCO's text or an array of run lengths.
 */
#ifndef RL_DATA_MASKS_H
#define RL_DATA_MASKS_H

#include "base/json.h"
#include "image/augment.h"
#include "image/rle.h"

/* Let the masks of an image of height x width follow its steps.  Corners of polygons may come to
 * lie outside, as rasterisers allow.  False when one is not as above, and why says so. */
bool rl_masks_follow(json_t *masks, const struct rl_steps *s, int height, int width,
		     char why[RL_WHY]);

/* What is wrong with one object's mask, or NULL.  The size is that of run lengths, 0 of polygons.
 */
const char *rl_mask_problem(const json_t *mask, int *height, int *width);

/* x1 y1 x2 y2 of the box around the corners of a mask's polygons; 0 of run lengths. */
void rl_mask_corners(const json_t *mask, double box[4]);

/* The runs of one object's mask in an image of height x width, polygons rasterised and united; free
 * out->run.  Otherwise what is wrong with it. */
const char *rl_mask_runs(const json_t *mask, int height, int width, struct rl_rle *out);

/* The same, where what is wrong with it ends the program, naming `where`. */
struct rl_rle rl_mask_of(const json_t *mask, int height, int width, const char *where);

#endif
