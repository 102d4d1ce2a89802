/*
 * What is known about an image's places, in the fields of its sample, follows the image:
 * boxes (f4 [N,4]), their classes (i4 [N]), ignore (u1 [N]) and masks (data/masks.h), and
 * segmentation (u1 [H,W]).
 *
 * Boxes are clipped to the image; one of which nothing is left goes, with its class, its ignore
 * flag and its mask.  Where there are no boxes, all masks stay.
 */
#ifndef RL_DATA_FOLLOW_H
#define RL_DATA_FOLLOW_H

#include "image/augment.h"
#include "stream/stream.h"

/* Declare how these fields come out with images of this size (-1: it varies).  Dies when one of
 * them is not as above. */
void rl_follow_head(json_t *head, int64_t height, int64_t width);

/* The classes of an image's pixels, borrowed, or in *classes NULL where the sample has none. False:
 * they are of another size than the image, and why says so. */
bool rl_follow_classes(struct rl_sample *s, int height, int width, const uint8_t **classes,
		       char why[RL_WHY]);

/* The steps of an image that was height x width.  False: why says what is wrong. */
bool rl_follow(const struct rl_steps *steps, int height, int width, struct rl_sample *s,
	       char why[RL_WHY]);

#endif
