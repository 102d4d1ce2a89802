/*
 * A record of a manifest as a sample: its image, and all that the list says of it.
 */
#ifndef RL_DATA_DECODED_H
#define RL_DATA_DECODED_H

#include "image/load.h"
#include "stream/manifest.h"
#include "stream/stream.h"

/* Declare what the records of this list say: label, labels, boxes, classes, ignore, masks,
 * segmentation. */
void rl_decoded_head(json_t *head, const struct rl_manifest *m);

/* The sample, with an image of the size that the loader makes and its objects and classes in that
 * size's pixels.  False: the image or its classes cannot be had or are not those that the list
 * describes, and why says more. */
bool rl_decoded_sample(const struct rl_manifest *m, const struct rl_record *r, struct rl_loader *l,
		       struct rl_sample *s, char why[RL_WHY]);

/* The image of any sample, borrowed; dies, naming it, where it is not RGB or larger than images are
 * here. */
struct rl_image rl_decoded_image(struct rl_sample *s);

#endif
