/*
 * Signs that a network is about to tell nothing any more, while there is time to stop.
 */
#ifndef RL_TRAIN_COLLAPSE_H
#define RL_TRAIN_COLLAPSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What has been seen of a run.  Zero at first. */
struct rl_collapse {
	int64_t rows;  /* the largest batch */
	double widest; /* the largest effective rank */
	bool dead_said, rank_said;
};

/* Of the features x[n,c] and the rectified units y[m,h] of a batch, dims as rl_net_shape() gives
 * them: into a line of the log "rank", the features' effective rank (RankMe, see eval/spectrum.h),
 * and "dead", the percentage of units that are 0 throughout.  Says aloud, once each, when more than
 * half are, and when the rank is less than half of its largest in a batch about as large as
 * any: fewer rows have fewer directions. */
void rl_collapse_watch(struct rl_collapse *c, const float *x, const int64_t *of_x, const float *y,
		       const int64_t *of_y, json_t *line);

#endif
