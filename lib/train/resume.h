/*
 * How every trainer begins: with a new run in a directory of its own (--out), or on with the run
 * that is there (--resume); and how it tells its pipeline where the stream must begin (--where).
 */
#ifndef RL_TRAIN_RESUME_H
#define RL_TRAIN_RESUME_H

#include "base/opt.h"
#include "train/loop.h"

struct rl_resume {
	const char *out, *resume;
	bool where;
};

#define RL_RESUME_OPTIONS(r)                                                  \
	RL_OPT_STR("out", &(r)->out, "DIR",                                   \
		   "begin a run; weights, checkpoints and the log go there"), \
		RL_OPT_STR("resume", &(r)->resume, "DIR",                     \
			   "go on with the run in DIR, or begin it"),         \
		RL_OPT_FLAG("where", &(r)->where,                             \
			    "with --resume: print which sample the stream must begin at")

/* The directory.  --where is answered and ends the program. */
const char *rl_resume_directory(const struct rl_resume *r);

/* On rank 0, before anything is computed: dies when a new run would overwrite another. */
void rl_resume_check(const struct rl_resume *r);

/* All ranks, which must agree in their settings, go on from the newest checkpoint that can be used,
 * if there is one: `settings` (stolen) and the head of l->in, in which the outcome lies, must be
 * those of the run; and the history in l->metadata becomes the run's, as if it had never stopped.
 * Returns that history, with the program's own entry last. */
json_t *rl_resume(const struct rl_resume *r, struct rl_loop *l, json_t *settings);

#endif
