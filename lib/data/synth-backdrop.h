/*
 * Where the synthetic world's objects stand: sky or wall above a horizon, ground in perspective
 * below it, and what lies about.  None of it is labelled and none of it depends on the objects.
 */
#ifndef RL_DATA_SYNTH_BACKDROP_H
#define RL_DATA_SYNTH_BACKDROP_H

#include "data/synth-pen.h"

/* Fill the picture with a random place; light is as in struct rl_pen.  Returns the horizon's row.
 */
float rl_backdrop(struct rl_layer *picture, const float light[2], struct rl_rng *r);

/* A bush, rock, crate, fence or tuft of about a unit's width and up to a unit's height on y = 0. */
void rl_clutter(const struct rl_pen *p, struct rl_rng *r);

#endif
