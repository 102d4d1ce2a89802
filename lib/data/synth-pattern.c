#include "data/synth-pattern.h"

#include <math.h>

uint32_t rl_lattice(int x, int y, uint32_t seed)
{
	uint32_t h = seed ^ (uint32_t)x * 0x8da6b343u ^ (uint32_t)y * 0xd8163841u;

	h = (h ^ h >> 16) * 0x7feb352du;
	h = (h ^ h >> 15) * 0x846ca68bu;
	return h ^ h >> 16;
}

static float lattice_value(int x, int y, uint32_t seed)
{
	return (float)(rl_lattice(x, y, seed) >> 8) * 0x1p-24f;
}

static float smooth(float t)
{
	return t * t * (3 - 2 * t);
}

/* 0 below lo, 1 above hi, smooth between. */
static float ramp(float lo, float hi, float x)
{
	float t = (x - lo) / (hi - lo);

	return t <= 0 ? 0 : t >= 1 ? 1 : smooth(t);
}

float rl_noise(float x, float y, uint32_t seed)
{
	float fx = floorf(x), fy = floorf(y);
	int ix = (int)fx, iy = (int)fy;
	float u = smooth(x - fx), v = smooth(y - fy);
	float a = lattice_value(ix, iy, seed), b = lattice_value(ix + 1, iy, seed);
	float c = lattice_value(ix, iy + 1, seed), d = lattice_value(ix + 1, iy + 1, seed);

	return a + u * (b - a) + v * (c - a + u * (a - b - c + d));
}

float rl_fractal(float x, float y, uint32_t seed)
{
	return .5f * rl_noise(x, y, seed) + .25f * rl_noise(2 * x, 2 * y, seed + 1) +
	       .15f * rl_noise(4 * x, 4 * y, seed + 2) + .1f * rl_noise(8 * x, 8 * y, seed + 3);
}

static float fraction(float x)
{
	return x - floorf(x);
}

static float spots(float x, float y, uint32_t seed)
{
	float fx = floorf(x), fy = floorf(y), nearest = 9;

	for (int j = -1; j <= 1; j++)
		for (int i = -1; i <= 1; i++) {
			int cx = (int)fx + i, cy = (int)fy + j;
			float dx = (float)cx + .2f + .6f * lattice_value(cx, cy, seed) - x;
			float dy = (float)cy + .2f + .6f * lattice_value(cx, cy, seed + 1) - y;
			float grow = 1 + lattice_value(cx, cy, seed + 2);

			nearest = fminf(nearest, (dx * dx + dy * dy) * grow);
		}
	return 1 - ramp(.08f, .16f, nearest);
}

static float bricks(float x, float y, uint32_t seed)
{
	float row = floorf(y);
	float along = x / 2 + ((int)row & 1 ? .5f : 0);
	float joint = fminf(fminf(fraction(y), 1 - fraction(y)),
			    2 * fminf(fraction(along), 1 - fraction(along)));
	float own = lattice_value((int)floorf(along), (int)row, seed);

	return joint < .09f ? 1 : .55f * own * (.6f + .4f * rl_noise(3 * x, 3 * y, seed));
}

static float planks(float x, float y, uint32_t seed)
{
	float board = floorf(y), gap = fminf(fraction(y), 1 - fraction(y));
	float own = lattice_value((int)board, 7, seed);

	return gap < .06f ? 1 : .3f * own + .5f * rl_noise(.4f * x, 5 * y, seed);
}

/* Discs in rows from top to bottom, each row over the next: what shows is the rim of a disc. */
static float scales(float x, float y)
{
	float row = floorf(y), shift = (int)row & 1 ? .5f : 0;
	float dx = fraction(x + shift) - .5f, dy = fraction(y);
	float d = sqrtf(dx * dx + dy * dy);

	return d < .5f ? ramp(.2f, .5f, d) : .25f;
}

static float chevrons(float x, float y, float slant)
{
	float fold = fabsf(fraction(x) - .5f);

	return ramp(.3f, .7f, fabsf(2 * fraction(y + slant * fold) - 1));
}

float rl_pattern_at(enum rl_pattern p, float x, float y, uint32_t seed)
{
	switch (p) {
	case RL_PLAIN: return .35f * rl_noise(.7f * x, .7f * y, seed);
	case RL_CLOUDS: return rl_fractal(x, y, seed);
	case RL_FUR:
		return .6f * rl_noise(.4f * x, 2.2f * y, seed) +
		       .4f * rl_noise(.9f * x, 4.5f * y, seed + 1);
	case RL_STRIPES:
		return ramp(.2f, .8f,
			    .5f + .5f * sinf(3.14159265f * (y + .3f * rl_noise(x, y, seed))));
	case RL_SPOTS: return spots(x, y, seed);
	case RL_CHECKS: return ((int)floorf(x) ^ (int)floorf(y)) & 1 ? .9f : .1f;
	case RL_BRICKS: return bricks(x, y, seed);
	case RL_PLANKS: return planks(x, y, seed);
	case RL_WOOD: return .5f + .5f * sinf(6 * y + 5 * rl_noise(.35f * x, 1.2f * y, seed));
	case RL_SCALES: return scales(x, y);
	case RL_KNIT: return chevrons(x, y, 1);
	case RL_GLASS: return ramp(.35f, .65f, rl_noise(.15f * (x - y), .9f * (x + y), seed));
	case RL_FEATHERS: return .7f * chevrons(.5f * x, y, 2.5f) + .3f * rl_noise(x, 6 * y, seed);
	}
	return 0;
}

float rl_between(struct rl_rng *r, float lo, float hi)
{
	return lo + (hi - lo) * (float)rl_rng_uniform(r);
}

bool rl_chance(struct rl_rng *r, float probability)
{
	return rl_between(r, 0, 1) < probability;
}

/* Any hue, most saturations, most lightnesses. */
void rl_any_colour(struct rl_rng *r, float rgb[3])
{
	float hue = rl_between(r, 0, 6), value = rl_between(r, .3f, .95f);
	float saturation = rl_between(r, .1f, .85f);

	for (int i = 0; i < 3; i++) {
		float k = fmodf(hue + 5 - 2 * (float)i, 6);
		float ramp_k = fmaxf(0, fminf(fminf(k, 4 - k), 1));

		rgb[i] = value * (1 - saturation * ramp_k);
	}
}

static float lightness(const float rgb[3])
{
	return .3f * rgb[0] + .6f * rgb[1] + .1f * rgb[2];
}

struct rl_material rl_material_make(struct rl_rng *r, enum rl_pattern pattern, float scale)
{
	struct rl_material m = {.pattern = pattern, .scale = scale, .round = .6f};

	rl_any_colour(r, m.rgb);
	/* Half of a surface's second colours are its first in another light. */
	if (rl_chance(r, .5f)) {
		float factor =
			lightness(m.rgb) > .45f ? rl_between(r, .4f, .7f) : rl_between(r, 1.4f, 2);

		for (int i = 0; i < 3; i++)
			m.rgb2[i] = fminf(1, m.rgb[i] * factor + .02f);
	} else {
		do {
			rl_any_colour(r, m.rgb2);
		} while (fabsf(lightness(m.rgb) - lightness(m.rgb2)) < .15f);
	}
	m.seed = rl_rng_u32(r);
	return m;
}

struct rl_material rl_darker(struct rl_material m, float factor)
{
	for (int i = 0; i < 3; i++) {
		m.rgb[i] *= factor;
		m.rgb2[i] *= factor;
	}
	return m;
}

struct rl_material rl_dark(struct rl_rng *r, enum rl_pattern pattern, float scale)
{
	return rl_darker(rl_material_make(r, pattern, scale), rl_between(r, .15f, .4f));
}

struct rl_material rl_bright(struct rl_rng *r, enum rl_pattern pattern, float scale)
{
	struct rl_material m = rl_material_make(r, pattern, scale);

	for (int i = 0; i < 3; i++) {
		m.rgb[i] = .6f + .4f * m.rgb[i];
		m.rgb2[i] = .45f + .4f * m.rgb2[i];
	}
	return m;
}
