/*
 * The learning rate as a function of the step: linear warm-up, then factors at milestones; or a
 * power of what is left of the run, MMCV's "poly".
 */
#ifndef RL_NN_SCHEDULE_H
#define RL_NN_SCHEDULE_H

#include <stdint.h>

enum { RL_MILESTONES = 16 };

struct rl_schedule {
	double base;
	int64_t warmup; /* steps; factor 1 - (1 - step/warmup)(1 - warmup_ratio) before it ends */
	double warmup_ratio; /* 0.1 */
	int64_t milestone[RL_MILESTONES];
	int nmilestone;
	double gamma; /* factor from each milestone on: 0.1 */
	double power; /* (base - least) (1 - step/end)^power + least; 0: milestones */
	double least;
	int64_t end; /* steps */
};

double rl_schedule_lr(const struct rl_schedule *s, int64_t step); /* step counts from 0 */

#endif
