/*
 * What the ranks of a job share besides gradients: one beginning, one place to stop, one score.
 * Every function is collective, see nn/comm.h.
 */
#ifndef RL_TRAIN_RANKS_H
#define RL_TRAIN_RANKS_H

#include "nn/comm.h"
#include "nn/optim.h"
#include "train/state.h"

/* All ranks get rank 0's object of strings; NULL if it has none.  New reference where it is not
 * one's own. */
json_t *rl_ranks_share_strings(struct rl_comm *c, json_t *first);

/* All ranks get rank 0's parameters, statistics and moments. */
void rl_ranks_share_weights(struct rl_comm *c, struct rl_params *p, struct rl_optim *o);

/* Dies unless all ranks hold the same parameters. */
void rl_ranks_check(struct rl_comm *c, const struct rl_params *p);

/* The score over the items of all ranks. */
struct rl_score rl_ranks_score(struct rl_comm *c, struct rl_score mine);

/* Where each rank stands, by rank; free() it. */
struct rl_place *rl_ranks_places(struct rl_comm *c, const struct rl_place *mine);

#endif
