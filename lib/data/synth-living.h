/*
 * The living things of the synthetic world, drawn as data/synth-things.h says.
 */
#ifndef RL_DATA_SYNTH_LIVING_H
#define RL_DATA_SYNTH_LIVING_H

#include "data/synth-pen.h"

void rl_bird(const struct rl_pen *p, struct rl_rng *r);
void rl_dog(const struct rl_pen *p, struct rl_rng *r);
void rl_fish(const struct rl_pen *p, struct rl_rng *r);
void rl_flower(const struct rl_pen *p, struct rl_rng *r);
void rl_person(const struct rl_pen *p, struct rl_rng *r);

#endif
