/*
 * The categories of the synthetic world.  Each is built of parts in its own arrangement, with
 * proportions that vary; parts such as wheels, legs, windows and discs occur in several, and
 * colours are random, so neither a colour nor a single part tells a category: the arrangement does.
 */
#ifndef RL_DATA_SYNTH_THINGS_H
#define RL_DATA_SYNTH_THINGS_H

#include "data/synth-pen.h"
#include "data/synth.h"

enum { RL_THINGS = RL_SYNTH_CATEGORIES };

enum rl_habitat { RL_ON_GROUND, RL_IN_AIR, RL_ANYWHERE };

/* Drawn standing on y = 0 and facing right, within x = -half_width..half_width, y = 0..height. */
struct rl_thing {
	const char *name;
	const char *kind; /* COCO's supercategory */
	float half_width, height;
	float tilt; /* largest rotation that looks natural, radians */
	enum rl_habitat habitat;
	void (*draw)(const struct rl_pen *p, struct rl_rng *r);
};

/* In the order of their names. */
extern const struct rl_thing rl_things[RL_THINGS];

#endif
