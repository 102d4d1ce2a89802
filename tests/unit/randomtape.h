/*
 * Random tapes: ops of every kind in any order, on feeds of several batch sizes and channel counts
 * that fill no vector; values with many readers or none, sums of sums, layers used again, several
 * losses.
 *
 * A tape is a function of its seed and of whether it trains.
 */
#ifndef RL_TESTS_RANDOMTAPE_H
#define RL_TESTS_RANDOMTAPE_H

#include "nn/net.h"

enum { TAPE_VALUES = 64, TAPE_ROWS = 16, TAPE_REGIONS = 6 };

struct random_tape {
	struct rl_params *params;
	struct rl_net *net;
	rl_val value[TAPE_VALUES], feed[TAPE_VALUES], end[TAPE_VALUES];
	int nvalue, nfeed; /* what ops may read; feeds, those that end in dot losses among them */
	int nend;          /* training: values that a loss reads; inference: those that are kept */
	int loss[TAPE_VALUES]; /* of each end, in training */
	int32_t label[TAPE_VALUES][TAPE_ROWS];
	float *gradient[TAPE_VALUES]; /* of each end that is an outlet */
	uint8_t *map[TAPE_VALUES];    /* of each end that is a loss of pixels */
	struct rl_roi region[TAPE_VALUES][TAPE_REGIONS];
};

/* Without `layers` there is nothing of the library's, whose sums may depend on the number of
 * threads: no convolution, linear layer or pool of windows. */
void random_tape_open(struct random_tape *t, uint64_t seed, bool layers,
		      const struct rl_net_config *config);
void random_tape_fill(struct random_tape *t); /* parameters, states and feeds, after planning */
void random_tape_close(struct random_tape *t);

#endif
