/*
 * How a trainer learns, as its options say it: optimiser, rate and schedule, batches, checkpoints.
 * Every trainer has these options under these names; its defaults are its paper's recipe.
 */
#ifndef RL_TRAIN_RECIPE_H
#define RL_TRAIN_RECIPE_H

#include "nn/precision.h"
#include "train/resume.h"

struct rl_recipe {
	struct rl_resume resume;
	const char *optimizer, *steps, *precision;
	int64_t batch, accumulate; /* samples a micro-batch of each rank, micro-batches a step */
	int64_t seed, threads, log_every, checkpoint_every, keep;
	double lr, lr_batch; /* the rate at lr_batch samples a step */
	double momentum, weight_decay;
	double epochs; /* that warm-up and steps are stated for; stretched to the stream's */
	double warmup, warmup_ratio, gamma;
	double power, min_lr; /* see nn/schedule.h; power 0: steps */
	int64_t iterations;   /* see train/loop.h; 0: to the end of the stream */
	bool quiet, verbose;

	/* What they mean here: rl_recipe_interpret(). */
	const char *dir;
	enum rl_optim_kind kind;
	bool bf16;
};

/* In the order of --help: how it learns, by steps or by a power; how it runs. */
#define RL_RECIPE_LEARNING(r) RL_RECIPE_RATE(r), RL_RECIPE_STEPS(r), RL_RECIPE_SEED(r)
#define RL_RECIPE_LEARNING_BY_POWER(r) RL_RECIPE_RATE(r), RL_RECIPE_POWER(r), RL_RECIPE_SEED(r)

#define RL_RECIPE_RATE(r)                                                           \
	RL_OPT_STR("optimizer", &(r)->optimizer, "NAME", "sgd, nesterov or adamw"), \
		RL_OPT_REAL("lr", &(r)->lr, 0, 1000, "R",                           \
			    "learning rate at --lr-batch images a step"),           \
		RL_OPT_REAL("lr-batch", &(r)->lr_batch, 1, 1e6, "N",                \
			    "the rate scales linearly from this batch"),            \
		RL_OPT_REAL("momentum", &(r)->momentum, 0, 0.9999, "M", "of SGD"),  \
		RL_OPT_REAL("weight-decay", &(r)->weight_decay, 0, 10, "D",         \
			    "of all that no other option names"),                   \
		RL_OPT_INT("batch", &(r)->batch, 1, 65536, "N",                     \
			   "images a micro-batch, with statistics of its own"),     \
		RL_OPT_INT("accumulate", &(r)->accumulate, 1, 65536, "N", "micro-batches a step")

#define RL_RECIPE_STEPS(r)                                                                    \
	RL_OPT_REAL("recipe-epochs", &(r)->epochs, 1, 1e6, "E",                               \
		    "length that the next two are stated for; stretched to the "              \
		    "stream's"),                                                              \
		RL_OPT_REAL("warmup", &(r)->warmup, 0, 1e6, "E", "epochs of linear warm-up"), \
		RL_OPT_STR("steps", &(r)->steps, "E,E", "epochs at which the rate falls"),    \
		RL_OPT_REAL("warmup-ratio", &(r)->warmup_ratio, 0, 1, "F",                    \
			    "of the rate at the start"),                                      \
		RL_OPT_REAL("gamma", &(r)->gamma, 0, 1, "F", "factor of each fall")

#define RL_RECIPE_POWER(r)                                                        \
	RL_OPT_REAL("power", &(r)->power, 0.01, 100, "P",                         \
		    "the rate falls with this power of the steps that are left"), \
		RL_OPT_REAL("min-lr", &(r)->min_lr, 0, 1000, "R", "and ends at this")

#define RL_RECIPE_SEED(r)                                 \
	RL_OPT_INT("seed", &(r)->seed, 0, INT64_MAX, "N", \
		   "of what is drawn in training, and of weights that start anew")

#define RL_RECIPE_RUNNING(r)                                                                   \
	RL_OPT_STR("precision", &(r)->precision, "NAME", RL_PRECISION_HELP),                   \
		RL_OPT_INT("threads", &(r)->threads, 1, 1024, "N", "threads of the kernels"),  \
		RL_OPT_INT("log-every", &(r)->log_every, 1, 1 << 30, "N", "steps a log line"), \
		RL_OPT_INT("checkpoint-every", &(r)->checkpoint_every, 0, 1 << 30, "N",        \
			   "steps; 0: only when stopped"),                                     \
		RL_OPT_INT("keep", &(r)->keep, 1, 1 << 30, "N", "newest checkpoints to keep"), \
		RL_OPT_FLAG("quiet", &(r)->quiet, "no progress on stderr"),                    \
		RL_OPT_FLAG("verbose", &(r)->verbose, "print the plan and its memory")

/* Answers --where, which ends the program; sets the number of threads. */
void rl_recipe_interpret(struct rl_recipe *r);

/* The rate of l->optim for the images that a step really has, and its falls. */
struct rl_schedule rl_recipe_schedule(const struct rl_recipe *r, const struct rl_loop *l);

/* Images a step, of all ranks: an epoch smaller than a step makes the step smaller. */
int64_t rl_recipe_images_a_step(const struct rl_recipe *r, const struct rl_loop *l);

/* What the recipe came to here, for results: "epochs", "batch" (images a step, of all ranks),
 * "statistics" (images that batch norm sees at once; with `synced` those of all ranks),
 * "optimizer", "lr" (at this batch), "momentum", "weight_decay", "warmup", "warmup_ratio", "steps",
 * "of_epochs" (that warm-up and steps are stated for), "gamma"; by a power "power" and "min_lr"
 * instead of the last five.  l->schedule is set.  New reference. */
json_t *rl_recipe_facts(const struct rl_recipe *r, const struct rl_loop *l, bool synced);

/* Rank 0 says on stderr what comes, unless quiet. */
void rl_recipe_explain(const struct rl_recipe *r, const struct rl_loop *l);

/* What decides over the outcome, for rl_resume().  The options of `files` (NULL-terminated) count
 * by the content that is noted among entry's inputs. */
json_t *rl_recipe_settings(const struct rl_recipe *r, const struct rl_opt *opts,
			   const json_t *entry, const char *const files[]);

#endif
