/*
 * Features of every patch of a dense grid over each image of a stream.
 *
 * A sample stays an image, its kind is RL_PATCHFEATURES.  Its field `image` is replaced by `size`
 * i4 [2], its height and width; `places` f4 [M,4], x1 y1 x2 y2 of the patches in its pixels; and
 * each layer that is wanted, f4 [M,D], in their order.  An image that is smaller than a patch at
 * all scales has none: M is 0.
 */
#ifndef RL_TRAIN_DENSE_H
#define RL_TRAIN_DENSE_H

#include "image/grid.h"
#include "models/extractor.h"
#include "stream/stream.h"

struct rl_dense {
	struct rl_extractor *extractor; /* of height and width grid.size, planned for `batch` */
	struct rl_grid grid;
	int64_t batch;   /* patches at once, of as many images as it takes */
	int64_t threads; /* of the network */
	bool lighting;   /* the stream has this field */
	bool quiet;
};

/* What comes out: kind and fields. */
void rl_dense_head(const struct rl_dense *d, json_t *head);

/* All of a stream, read and written while the network works.  Memory is four batches and the images
 * that have patches in them.  Dies, naming it, on an image that is too large at some scale. */
void rl_dense_stream(const struct rl_dense *d, struct rl_reader *in, struct rl_writer *out);

#endif
