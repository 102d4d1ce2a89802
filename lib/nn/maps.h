/*
 * Walking over maps in whatever layout the library chose (plain, channels last, or blocked by
 * channel): a run is a few channels that lie side by side in memory.  What only fills up a block is
 * not walked over: rl_clear_lanes() leaves it what the library wants it to be, zero.
 */
#ifndef RL_NN_MAPS_H
#define RL_NN_MAPS_H

#include "nn/lanes.h"
#include "nn/tape.h"

struct maps {
	struct rl_channels at;
	int64_t channels, height, width;
	bool bf16;
};

static inline struct maps maps_of(const struct value *v)
{
	return (struct maps){rl_md_channels(&v->md), v->dim[1], v->dim[2], v->dim[3],
			     v->md.number == RL_BFLOAT16};
}

/* Where channel c of an image begins. */
static inline int64_t maps_channel(const struct maps *m, int64_t image, int64_t c)
{
	return rl_channels_at(&m->at, image, c, 0);
}

/* How many channels lie side by side from c on, at most a vector of them. */
static inline int64_t maps_run(const struct maps *m, int64_t c)
{
	int64_t lanes = m->at.lanes - c % m->at.lanes;

	if (lanes > m->channels - c)
		lanes = m->channels - c;
	return lanes < RL_LANES ? lanes : RL_LANES;
}

#endif
