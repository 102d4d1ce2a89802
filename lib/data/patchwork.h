/*
 * What relative location is trained on, to look at: the patches of a sample, put together again.
 *
 * A cell is 3 x 3 patches with gaps between them, on grey.  Nine patches are one cell, as they lie
 * in the image.  Where there are pairs, the first patch of one is in the middle of a cell and the
 * second where the label says that it is; pairs that follow each other, with the same first patch
 * and other labels, share their cell.  So the eye can check a label: what goes on across a gap is
 * right.
 */
#ifndef RL_DATA_PATCHWORK_H
#define RL_DATA_PATCHWORK_H

#include "image/image.h"
#include "stream/stream.h"

/* A new image of at most so many of the cells, those left out spread evenly, in their own size.
 * Patches of floats each get their own range of levels, the smallest number black and the largest
 * white.  Dies, naming the sample, of patches or pairs that are not what STREAM.md says, and when
 * the image is too large. */
struct rl_image rl_patchwork(struct rl_sample *s, size_t most);

#endif
