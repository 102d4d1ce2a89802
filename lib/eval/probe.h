/*
 * The exact linear probe: the optimum of a softmax classifier (softmax.h) for each weight decay,
 * and which of them a part of the training rows that was held out prefers.
 */
#ifndef RL_EVAL_PROBE_H
#define RL_EVAL_PROBE_H

#include "base/progress.h"
#include "eval/softmax.h"

struct rl_probe_point {
	double weight_decay;
	double held_out; /* top-1 of the classifier of the other rows, as a share; NAN: not asked */
	double top1, top5; /* on the test rows, of the classifier of all training rows */
	struct rl_softmax_fit part, whole; /* how the two fits ended */
};

struct rl_probe {
	size_t nclass, d;
	float *train, *test; /* [ntrain,d], [ntest,d]; the rows of train are reordered */
	int32_t *train_label, *test_label;
	size_t ntrain, ntest;
	uint64_t seed; /* of which rows are held out */
	bool *right;   /* [ntest], or NULL; gets which test rows the chosen classifier gets right */
};

/* One in so many training rows of each class is held out, rounded; never all of a class, and at
 * least one of the largest. */
enum { RL_PROBE_HELD_OUT = 10 };

/* Each feature of train and test less its mean over train, divided by its standard deviation there;
 * those that do not vary become 0. */
void rl_probe_standardise(struct rl_probe *p);

/* Dies, naming the class and `where`, when one has no training row. */
void rl_probe_need_classes(const struct rl_probe *p, const char *where);

/* Fits for each of the n decays, which descend, each starting from the solution of the one before,
 * and fills point[n].  Returns the one that the held-out rows prefer, the strongest of equals; with
 * one decay nothing is held out.  progress counts fits. */
size_t rl_probe_run(struct rl_probe *p, struct rl_probe_point *point, size_t n,
		    struct rl_progress *progress);

#endif
