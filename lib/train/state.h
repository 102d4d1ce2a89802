/*
 * Where a run stands between two steps: with the parameters, the running statistics and the
 * optimiser, all that it needs to go on as if nothing had happened.
 */
#ifndef RL_TRAIN_STATE_H
#define RL_TRAIN_STATE_H

#include "base/json.h"
#include "train/batch.h"
#include "train/collapse.h"

enum { RL_PARTS = 10 };

struct rl_score {
	double loss;           /* mean over items */
	int64_t correct;       /* items */
	int64_t items;         /* pairs, pixels, ... that the loss averages over */
	double part[RL_PARTS]; /* what else the task tells, means as well; see rl_task */
};

/* The score over two sets of items together. */
void rl_score_add(struct rl_score *sum, struct rl_score s);

struct rl_state {
	int64_t step;             /* steps taken */
	int64_t epoch;            /* of the last of them */
	struct rl_place place;    /* of this rank */
	struct rl_score of_epoch; /* so far */
	double first_loss;        /* of the first step */
	struct rl_score warm;     /* of the second half of the warm-up, so far */
	struct rl_score window;   /* since the last line of the log */
	int64_t window_samples;
	double window_seconds;
	int64_t log_bytes;           /* of the log's lines so far */
	struct rl_collapse collapse; /* that these have shown */
};

/* As text that gives back the same bits, with the places of all ranks; what cannot be read dies,
 * naming `where`. */
char *rl_state_text(const struct rl_state *s, const struct rl_place *places, int ranks);
struct rl_state rl_state_parse(const char *text, int rank, const char *where);

/* The least position that any rank's stream must begin at. */
int64_t rl_state_from(const char *text, const char *where);

#endif
