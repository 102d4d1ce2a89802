/*
 * Micro-batches of a stream of samples, read ahead: while the network works on one, a thread of its
 * own reads, checks and copies the next.  One is ahead, never more.
 *
 * A sample's place in the run is its field `position`, as rl-decode --epochs numbers them; in a
 * stream without it samples are counted from the head's `start`.  A micro-batch never spans two
 * epochs.
 */
#ifndef RL_TRAIN_BATCH_H
#define RL_TRAIN_BATCH_H

#include "stream/stream.h"

/* Where a run stands in its stream. */
struct rl_place {
	int64_t taken; /* samples so far */
	int64_t next;  /* the position from which training goes on */
	int64_t from;  /* the position from which samples are wanted again: the newest `recall` */
	int64_t recall;
};

struct rl_batch {
	int slot; /* 0 or 1: where take() put the samples */
	int64_t samples, epoch;
	int64_t weight;        /* in the step's gradient: its samples, see rl_task */
	bool recalled;         /* its samples were trained on before the run was resumed */
	int64_t before;        /* samples of the run before its first */
	struct rl_place after; /* where the run stands once it is done with */
};

/* What a trainer copies of a sample, as the i-th of slot 0 or 1.  Called by the reading thread. */
typedef void rl_take(void *context, struct rl_sample *s, int slot, int64_t i);

struct rl_batches_config {
	struct rl_reader *in;    /* the reading thread's from now on */
	int64_t samples, epochs; /* what the head announces */
	int64_t batch;
	int64_t recall; /* so many of the newest samples are wanted again after a resume */
	rl_take *take;
	void *context;
};

struct rl_batches;

/* Begins to read at `place`, which is zero for a new run, and to listen to signals.  A stream that
 * starts too late dies; what it has before that is left out. */
struct rl_batches *rl_batches_new(const struct rl_batches_config *c, const struct rl_place *place);

/* The next micro-batch into *b, whose slot stays as it is until the next call; false at the clean
 * end of the stream, when it broke off, and when a signal asked to stop (see train/stop.h). */
bool rl_batches_next(struct rl_batches *in, struct rl_batch *b);

/* Why the stream broke off, as a message to die with; NULL while it has not. */
const char *rl_batches_broken(const struct rl_batches *in);

/* After the clean end: says aloud when what came, with what was skipped on the way, is not what the
 * head announces. */
void rl_batches_finish(struct rl_batches *in);

#endif
