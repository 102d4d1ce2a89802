/*
 * A small tape under construction, to be held against the twins: its feeds are filled from their
 * numbers, and values end in losses that hand back a gradient of random numbers.
 */
#ifndef RL_TESTS_RIG_H
#define RL_TESTS_RIG_H

#include "nn/net.h"

enum { RIG_FEEDS = 10, RIG_ROWS = 64, RIG_VARIANTS = 3 };

/* The ways to run a tape in which every op must agree with its twin. */
struct rig_variant {
	const char *name;
	size_t cache;
	bool bf16;
	double forward, backward; /* tolerances */
};
extern const struct rig_variant rig_variants[RIG_VARIANTS];

struct rig {
	const struct rig_variant *variant;
	struct rl_params *params;
	struct rl_net *net;
	rl_val feed[RIG_FEEDS];
	int nfeed;
	int32_t label[RIG_ROWS];
};

void rig_open(struct rig *r, const struct rig_variant *v, bool feed_gradients);
rl_val rig_map(struct rig *r, int64_t n, int64_t c, int64_t h, int64_t w);
rl_val rig_rows(struct rig *r, int64_t n, int64_t c);
void rig_end(struct rig *r, rl_val v);           /* v receives a gradient */
void rig_feed(struct rig *r);                    /* once it is planned */
void rig_check(struct rig *r, const char *what); /* plan, fill, run both ways, compare, free */
void rig_close(struct rig *r);

#endif
