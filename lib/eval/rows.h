/*
 * A feature stream in blocks of rows: one layer, f4 [D], the class label of each, i4 [], and its
 * key.  For data sets that fit no memory.  In a stream of patches (kind patchfeatures) each patch
 * is a row, and all of an image's are in one block.
 *
 * Dies, naming the sample, on a size that varies, NaN, infinity, and a label that is negative or
 * not below the number of classes that the head states or, where it states none, 2^24.
 */
#ifndef RL_EVAL_ROWS_H
#define RL_EVAL_ROWS_H

#include "stream/stream.h"

struct rl_rows {
	char *path;
	char *layer;
	bool patches; /* rows are patches of images */
	bool labelled;
	int64_t nclass; /* that the head states; otherwise the largest label so far, plus 1 */
	size_t d;       /* 0 before the first row */
	size_t n;       /* rows read so far */
	size_t images;  /* samples read so far */
	json_t *history;
	const json_t *grid; /* that places of patches count in; NULL: they count pixels */
	char digest[17];    /* of the whole stream's payload, at its end */

	struct rl_reader *in;
	struct rl_sample sample;
	bool declared, ended;
};

struct rl_block {
	size_t n, d;
	float *x;          /* [n,d] */
	int32_t *label;    /* [n]; -1 where there are none */
	char **key;        /* [n] */
	size_t *image;     /* [n]; which of the stream's samples, from 0 */
	float (*place)[4]; /* [n], x1 y1 x2 y2 of patches; NULL: rows are images */
	size_t room;       /* rows there is memory for */
};

/* Dies when there is no such layer or, with need_labels, no labels. */
struct rl_rows *rl_rows_open(const char *path, const char *layer, bool need_labels);

/* Up to `most` of the next rows, or patches of images until there are as many, into *b (zero it
 * once; its memory is reused); false at the end.  A stream without any row dies. */
bool rl_rows_read(struct rl_rows *r, size_t most, struct rl_block *b);
void rl_block_free(struct rl_block *b);

/* All that is left, but of it only n rows at random, in their order: those whose random numbers,
 * which are a function of the seed, the key and which of its image's rows it is, are the smallest.
 * Fewer where there are not so many. */
struct rl_block rl_rows_sample(struct rl_rows *r, size_t n, uint64_t seed);

/* One past the last row of the image of row i. */
size_t rl_block_image_end(const struct rl_block *b, size_t i);

/* How many rows a block should have: about 16 MB of them, but not more than 8192, since the
 * products with other rows need memory, too. */
size_t rl_rows_a_block(const struct rl_rows *r);

/* Every block of the rows from here on to the end, handed to work(), which may change it, while the
 * next is read. */
void rl_rows_each(struct rl_rows *r, int threads, void (*work)(void *context, struct rl_block *b),
		  void *context);

/* {"path", "samples", "digest", "history"} of a stream that was read to its end. */
json_t *rl_rows_provenance(const struct rl_rows *r);

/* Dies unless the test stream has images or patches, too, in the same grid, the same layer's size,
 * number of classes and network. */
void rl_rows_alike(const struct rl_rows *train, const struct rl_rows *test);

void rl_rows_close(struct rl_rows *r);

#endif
