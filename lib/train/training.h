/*
 * A training as a program runs it: what every trainer's main does, around what is its own.
 *
 *	begin   MPI, the directory, the stream, and an entry in the stream's history;
 *	        then the main makes its task, groups the parameters and adds to entry and metadata
 *	run     optimiser and schedule, where to go on from, and the loop to its end
 *	        then the first rank saves, and the main evaluates
 *	end
 */
#ifndef RL_TRAIN_TRAINING_H
#define RL_TRAIN_TRAINING_H

#include "train/recipe.h"

struct rl_training {
	bool first;    /* rank 0, which writes and talks */
	json_t *head;  /* the stream's; the program's own entry ends its history */
	json_t *entry; /* that one */
	json_t *past;  /* from run on: the history of the whole run, as if it had never stopped */
	struct rl_loop loop; /* task, chance_loss and more metadata are the main's to fill in */
};

/* Reads the head of standard input.  Dies where a new run would overwrite another. */
struct rl_training rl_training_begin(const struct rl_recipe *r, const struct rl_tool *tool,
				     int argc, char **argv);

/* A fact for the metadata of weights and checkpoints, as JSON text. */
void rl_training_note(struct rl_training *t, const char *name, const json_t *fact);

/* To the end of the stream; the score of the last epoch's training batches.  What decides over the
 * outcome is opts; those of `files` (NULL-terminated) count by the content that is noted among the
 * entry's inputs. */
struct rl_score rl_training_run(struct rl_training *t, const struct rl_recipe *r,
				const struct rl_opt *opts, const char *const files[]);

/* Of the first rank: parameters whose name starts with `prefix`, without it, as the directory's
 * weights.safetensors, which is noted in t->past. */
void rl_training_save(struct rl_training *t, const char *prefix);

/* The directory may be another's, and the other ranks may leave. */
void rl_training_end(struct rl_training *t);

#endif
