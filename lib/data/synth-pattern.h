/*
 * What surfaces of the synthetic world look like: two colours, a pattern that mixes them, and how
 * round the part is.
 */
#ifndef RL_DATA_SYNTH_PATTERN_H
#define RL_DATA_SYNTH_PATTERN_H

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum rl_pattern {
	RL_PLAIN,    /* faint blotches */
	RL_CLOUDS,   /* fractal noise */
	RL_FUR,      /* streaks along the angle */
	RL_STRIPES,  /* soft bands */
	RL_SPOTS,    /* blobs on a jittered grid */
	RL_CHECKS,   /* squares */
	RL_BRICKS,   /* courses with mortar */
	RL_PLANKS,   /* boards with gaps and grain */
	RL_WOOD,     /* wavy grain */
	RL_SCALES,   /* overlapping discs */
	RL_KNIT,     /* small chevrons */
	RL_GLASS,    /* slanting reflections */
	RL_FEATHERS, /* long chevrons */
};

struct rl_material {
	float rgb[3], rgb2[3];
	enum rl_pattern pattern;
	float scale; /* size of the pattern's unit, in the units of what is drawn */
	float angle; /* radians */
	float round; /* shading: 0 flat, 1 like a ball */
	uint32_t seed;
};

/* Smooth noise on the integer lattice, 0 to 1, and four octaves of it. */
float rl_noise(float x, float y, uint32_t seed);
float rl_fractal(float x, float y, uint32_t seed);

/* Well mixed bits of a lattice point. */
uint32_t rl_lattice(int x, int y, uint32_t seed);

/* Where between rgb (0) and rgb2 (1) the pattern is at (x, y), both in units of scale, turned. */
float rl_pattern_at(enum rl_pattern p, float x, float y, uint32_t seed);

/* Random draws that the scene makes all the time. */
float rl_between(struct rl_rng *r, float lo, float hi);
bool rl_chance(struct rl_rng *r, float probability);
void rl_any_colour(struct rl_rng *r, float rgb[3]);

/* Two colours that differ visibly in lightness, in a pattern. */
struct rl_material rl_material_make(struct rl_rng *r, enum rl_pattern pattern, float scale);

/* The colours times a factor. */
struct rl_material rl_darker(struct rl_material m, float factor);

/* Of any hue, but dark or bright: pupils, tyres, gaps; glass, lamps, clock faces. */
struct rl_material rl_dark(struct rl_rng *r, enum rl_pattern pattern, float scale);
struct rl_material rl_bright(struct rl_rng *r, enum rl_pattern pattern, float scale);

#endif
