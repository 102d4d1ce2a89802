/*
 * The training loop that every trainer shares: micro-batches, gradient accumulation, schedule,
 * optimiser, log and checkpoints.  What is trained is a task: it copies samples and makes
 * gradients.
 *
 * Epochs do not mix in a step: the last step of an epoch is as small as what is left, as in the
 * reference (drop_last False).  A step is `accumulate` micro-batches of `batch` samples, each with
 * batch statistics of its own; that is the reference's data parallelism over `accumulate` devices,
 * on one.
 *
 * With several ranks a micro-batch is one of each rank's, and scores are the whole job's.  An epoch
 * is over when no rank has samples left; one that has none before the others takes part with
 * nothing.  Parameters stay the same bits on all ranks.  Only rank 0 writes.
 */
#ifndef RL_TRAIN_LOOP_H
#define RL_TRAIN_LOOP_H

#include "base/json.h"
#include "nn/comm.h"
#include "nn/optim.h"
#include "nn/schedule.h"
#include "train/state.h"

#include <stdio.h>

/* How the loop wants a micro-batch to be run. */
struct rl_micro {
	uint64_t draw; /* numbers those of the whole run and picks the dropout masks */
	bool leading;  /* the first of a step: the one whose statistics move the running ones */
	/* For rl_net_watch(), or NULL. */
	void (*final)(void *ctx, size_t from);
	void *final_ctx;
};

struct rl_task {
	void *ctx;
	const char *unit; /* "images" */
	const char *const
		*part; /* names of the score's parts in the log, NULL-terminated; or NULL */
	rl_take *take; /* a sample into a slot */
	/* Called for each micro-batch before gradients(), and after a resume for the newest
	 * `recall` samples again, without gradients(); or NULL. */
	void (*remember)(void *ctx, const struct rl_batch *b);
	int64_t recall;
	/* What of a micro-batch a step's gradient is the mean over, where it is not its samples; or
	 * NULL. */
	int64_t (*weigh)(void *ctx, const struct rl_batch *b);
	/* Forward and backward of a micro-batch: the gradient of the mean loss in params->grad.
	 * One of no samples is run while other ranks still have some: what the ranks do together is
	 * done, and the score is zero. */
	struct rl_score (*gradients)(void *ctx, const struct rl_batch *b, const struct rl_micro *m);
	/* What the last micro-batch shows beside its score, into a line of the log, with what was
	 * seen of the run before; or NULL. */
	void (*watch)(void *ctx, struct rl_collapse *seen, json_t *line);
	void (*print)(void *ctx, FILE *out); /* the plans of the networks it has run */
};

struct rl_loop {
	struct rl_task task;
	struct rl_reader *in;
	struct rl_comm *comm;
	struct rl_params *params;
	struct rl_optim *optim;
	struct rl_schedule schedule;
	int64_t samples; /* an epoch of this rank's stream, as announced */
	int64_t of_all;  /* and of all ranks' together: the schedule counts on them */
	int64_t epochs;
	int64_t iterations; /* steps after which the run ends in mid-epoch; 0: with the stream */
	int64_t batch, accumulate; /* of each rank */
	const char *dir;           /* log.jsonl and checkpoint-STEP.safetensors go here */
	int64_t log_every;         /* steps */
	int64_t checkpoint_every;  /* steps, and at the end; 0: only when stopped */
	int64_t keep;              /* newest checkpoints kept */
	double chance_loss;        /* of who guesses; one that stays there is warned of; 0: none */
	json_t *metadata;          /* of checkpoints: object of strings */
	const json_t *run;         /* what the outcome depends on: see train/identity.h */
	bool quiet, verbose;       /* verbose: the plans to stderr, once they have been made */

	struct rl_state start; /* zero for a new run */
	struct rl_log *log;    /* rank 0's, from rl_loop_run() to rl_loop_end() */
};

int64_t rl_loop_steps_per_epoch(const struct rl_loop *l);
/* Of the whole run; dies when the stream has fewer than l->iterations. */
int64_t rl_loop_steps(const struct rl_loop *l);

/* Go on from the newest checkpoint in rank 0's l->dir that can be used, see rl_checkpoint_load():
 * before rl_loop_run().  Returns its metadata; NULL when there is none at all and the run is a new
 * one. */
json_t *rl_loop_resume(struct rl_loop *l);

/* Train to the end of the stream; returns the score of the last epoch's training batches.  What
 * l->iterations leave of it is read and not used.
 *
 * Stopped by a signal, or when the stream breaks off, the run is saved as it was after its last
 * whole step, and the program ends: with RL_EXIT_STOPPED or as the broken stream would have it.
 * What stops one rank stops all. */
struct rl_score rl_loop_run(struct rl_loop *l);

/* Other trainers may have l->dir from now on: call it when all that goes there is written. */
void rl_loop_end(struct rl_loop *l);

#endif
