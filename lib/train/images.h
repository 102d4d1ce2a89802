/*
 * Batches of labelled images of one size, for classifiers: from the fields image u1 [H,W,3], label
 * i4 [], and lighting f4 [3] if the stream has it.
 */
#ifndef RL_TRAIN_IMAGES_H
#define RL_TRAIN_IMAGES_H

#include "eval/topk.h"
#include "nn/net.h"
#include "stream/keyset.h"
#include "stream/stream.h"

/* What a stream of them is like. */
struct rl_images {
	int64_t height, width;
	int32_t classes;
	bool lighting;
	const struct rl_keyset *held_out; /* keys that are to test on; NULL: none */
};

/* From a head, checked; dies, naming `where`.  The number of classes is the head's; if it says
 * none, `classes`, where 0 is not known. */
struct rl_images rl_images_of(const json_t *head, int64_t classes, const char *where);

struct rl_image_batch {
	uint8_t *pixels; /* [capacity,H,W,3] */
	int32_t *label;
	float (*lighting)[3]; /* NULL: the stream has none */
	int64_t *index;       /* scratch of feeding */
};

struct rl_image_batch rl_image_batch_new(const struct rl_images *m, int64_t capacity);
void rl_image_batch_free(struct rl_image_batch *b);

/* Copy a sample in as the i-th; dies, naming it, of a label that no class has, and of one that is
 * held out. */
void rl_image_batch_take(const struct rl_images *m, struct rl_image_batch *b, struct rl_sample *s,
			 int64_t i);

/* Images first, first + 1 ... into the feed x; where that has room for more than `count`, the last
 * one again. */
void rl_image_batch_feed(const struct rl_image_batch *b, int64_t first, int64_t count,
			 struct rl_net *n, rl_val x);

/* A classifier with one or more heads, for evaluation. */
struct rl_classifier {
	void *ctx;
	int heads;
	/* The logits of images 0 to n - 1 into logits[head] [n,classes]. */
	void (*run)(void *ctx, const struct rl_image_batch *b, int64_t n, float *const logits[]);
	int64_t batch; /* images that run() can take */
	int64_t threads;
	struct rl_comm *comm; /* the ranks that share the work */
};

enum { RL_HEADS = 8 };

/* The stream in `path`, for evaluation of what learns from one like m, read through before hours
 * are spent: dies unless it has images of the same size and classes, labels among these, and on all
 * ranks the same bytes.  Its keys are added to *keys.  Collective. */
struct rl_images rl_images_check(const char *path, const struct rl_images *m, struct rl_comm *comm,
				 struct rl_keyset *keys);

/* Top-1 and top-5 of each head over the whole stream, read while the network works: ranks take
 * batches in turns, and all get the sum.  Collective. */
void rl_images_evaluate(struct rl_reader *in, const struct rl_images *m,
			const struct rl_classifier *c, bool quiet, struct rl_topk score[RL_HEADS]);

#endif
