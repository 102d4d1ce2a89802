#include "data/synth-backdrop.h"

#include "base/err.h"

#include <math.h>

/* Large surfaces are greyer than things. */
static struct rl_material muted(struct rl_rng *r, enum rl_pattern pattern, float scale)
{
	struct rl_material m = rl_material_make(r, pattern, scale);
	float keep = rl_between(r, .3f, .75f);

	for (int i = 0; i < 3; i++) {
		float grey = (m.rgb[0] + m.rgb[1] + m.rgb[2]) / 3;
		float grey2 = (m.rgb2[0] + m.rgb2[1] + m.rgb2[2]) / 3;

		m.rgb[i] = grey + keep * (m.rgb[i] - grey);
		m.rgb2[i] = .5f * (m.rgb[i] + grey2 + keep * (m.rgb2[i] - grey2));
	}
	m.round = 0;
	return m;
}

static void put(struct rl_layer *l, int x, int y, const struct rl_material *m, float t, float shade)
{
	float *rgba = l->rgba + 4 * ((size_t)y * (size_t)l->w + (size_t)x);

	for (int i = 0; i < 3; i++)
		rgba[i] = rl_unit(shade * (m->rgb[i] + t * (m->rgb2[i] - m->rgb[i])));
	rgba[3] = 1;
}

/* Clouds flatten towards the horizon, where the sky is palest. */
static void sky(struct rl_layer *l, float horizon, struct rl_rng *r)
{
	struct rl_material m = muted(r, RL_CLOUDS, 1);
	float cover = rl_between(r, .3f, .65f), puff = rl_between(r, 1.5f, 4);

	for (int i = 0; i < 3; i++) {
		m.rgb[i] = .25f + .6f * m.rgb[i];
		m.rgb2[i] = .75f + .25f * m.rgb2[i];
	}
	for (int y = 0; y < l->h && (float)y < horizon + 1; y++) {
		float down = (float)y / fmaxf(horizon, 1);

		for (int x = 0; x < l->w; x++) {
			float u = puff * (float)x / (float)l->h;
			float v = puff * (1 + down) * 1.6f * (float)y / (float)l->h;
			float cloud = 4 * (rl_fractal(u, v, m.seed) - cover);

			put(l, x, y, &m, rl_unit(cloud > .55f * down ? cloud : .55f * down), 1);
		}
	}
}

/* A plane seen at eye height: the pattern shrinks towards the horizon, and fades where it gets
 * finer than the pixels. */
static void ground(struct rl_layer *l, float horizon, const struct rl_material *m, float eye)
{
	float h = (float)l->h;

	for (int y = horizon < 0 ? 0 : (int)horizon; y < l->h; y++) {
		float below = ((float)y + 1.5f - horizon) / h;
		float away = eye / below; /* distance in units of the pattern */
		float step = away / (below * h);
		float strength = fminf(1, .7f / (step + .01f));
		float shade = .8f + .25f * fminf(1, 2 * below);

		for (int x = 0; x < l->w; x++) {
			float across = ((float)x - .5f * (float)l->w) / h / below * eye;
			float t = rl_pattern_at(m->pattern, across, away, m->seed);

			put(l, x, y, m, .4f + strength * (t - .4f), shade);
		}
	}
}

/* Hills: a smooth ridge from side to side, painted down to the horizon. */
static void hills(const struct rl_pen *p, float width, float height, struct rl_rng *r)
{
	enum { STEPS = 48 };
	struct rl_material m = muted(r, RL_CLOUDS, rl_between(r, .04f, .15f));
	struct rl_outline o = {0};
	uint32_t seed = rl_rng_u32(r);
	float waves = rl_between(r, 2, 6);

	rl_outline_point(&o, width, -.02f);
	rl_outline_point(&o, 0, -.02f);
	for (int i = 0; i <= STEPS; i++) {
		float x = (float)i / STEPS;

		rl_outline_point(&o, x * width, height * rl_fractal(waves * x, 0, seed));
	}
	rl_outline_close(&o);
	rl_paint(p, &o, &m);
}

static void buildings(const struct rl_pen *p, float width, struct rl_rng *r)
{
	static const enum rl_pattern fronts[] = {RL_BRICKS, RL_CHECKS, RL_STRIPES, RL_PLAIN};

	for (float x = -.05f; x < width;) {
		float w = rl_between(r, .1f, .35f), h = rl_between(r, .15f, .5f);
		struct rl_material front = muted(r, fronts[rl_rng_below(r, RL_LEN(fronts))],
						 rl_between(r, .02f, .06f));
		struct rl_material pane = muted(r, RL_GLASS, .05f);
		float gap = rl_between(r, .05f, .09f);

		rl_box(p, x, -.02f, x + w, h, &front);
		for (float wy = .06f; wy + .05f < h; wy += gap)
			for (float wx = .03f; wx + .03f < w; wx += gap)
				rl_box(p, x + wx, wy, x + wx + .4f * gap, wy + .5f * gap, &pane);
		x += w + (rl_chance(r, .3f) ? rl_between(r, 0, .1f) : 0);
	}
}

static void trunks(const struct rl_pen *p, float width, struct rl_rng *r)
{
	struct rl_material bark = muted(r, RL_FUR, .05f), crown = muted(r, RL_CLOUDS, .06f);
	int n = 6 + (int)rl_rng_below(r, 8);

	bark.angle = 1.57f;
	bark.round = .8f;
	for (int i = 0; i < n; i++) {
		float far = (float)i / (float)n; /* later ones are nearer */
		float x = rl_between(r, 0, width), t = .012f + .03f * far * rl_between(r, .5f, 1);
		struct rl_material lit = rl_darker(bark, .6f + .5f * far);

		rl_limb(p, x, -.06f * far, t, x + rl_between(r, -.05f, .05f), .9f, .6f * t, &lit);
	}
	for (int i = 0; i < 12; i++) {
		struct rl_material lit = rl_darker(crown, rl_between(r, .6f, 1.1f));

		lit.round = .5f;
		rl_ellipse(p, rl_between(r, 0, width), rl_between(r, .42f, .7f),
			   rl_between(r, .1f, .25f), rl_between(r, .06f, .12f), 0, &lit);
	}
}

static void wall(const struct rl_pen *p, float width, struct rl_rng *r)
{
	static const enum rl_pattern papers[] = {RL_STRIPES, RL_CHECKS, RL_PLANKS, RL_KNIT,
						 RL_CLOUDS,  RL_BRICKS, RL_SPOTS};
	struct rl_material paper =
		muted(r, papers[rl_rng_below(r, RL_LEN(papers))], rl_between(r, .03f, .1f));
	struct rl_material skirting = muted(r, RL_WOOD, .05f);

	paper.angle = rl_chance(r, .5f) ? 1.57f : 0;
	paper.round = rl_between(r, 0, .5f);
	rl_box(p, -.01f, -.05f, width + .01f, 1.05f, &paper);
	if (rl_chance(r, .6f)) {
		struct rl_material rim = muted(r, RL_WOOD, .04f), inside = muted(r, RL_CLOUDS, .1f);
		float x = rl_between(r, .1f, width - .3f), w = rl_between(r, .15f, .4f);
		float y = rl_between(r, .15f, .25f), h = rl_between(r, .15f, .25f);

		rl_box(p, x, y, x + w, y + h, &rim);
		rl_box(p, x + .02f, y + .02f, x + w - .02f, y + h - .02f, &inside);
	}
	rl_box(p, -.01f, -.05f, width + .01f, .035f, &skirting);
}

static void road(const struct rl_pen *p, float width, float depth, struct rl_rng *r)
{
	struct rl_material tar = muted(r, RL_CLOUDS, .05f), paint = muted(r, RL_PLAIN, .1f);
	float vanish = rl_between(r, .2f, .8f) * width, left = rl_between(r, -.4f, .3f) * width;
	float right = left + rl_between(r, .6f, 1.1f) * width, bottom = -depth - .02f;

	rl_polygon(p, 4,
		   (const float[][2]){
			   {vanish - .01f, 0}, {vanish + .01f, 0}, {right, bottom}, {left, bottom}},
		   &tar);
	for (float t = .12f; t < 1; t *= 1.6f) {
		float mid = (left + right) / 2, w = .02f * t, end = fminf(1, 1.25f * t);
		float x0 = vanish + t * (mid - vanish), x1 = vanish + end * (mid - vanish);

		rl_polygon(p, 4,
			   (const float[][2]){{x0 - w, t * bottom},
					      {x0 + w, t * bottom},
					      {x1 + w, end * bottom},
					      {x1 - w, end * bottom}},
			   &paint);
	}
}

float rl_backdrop(struct rl_layer *picture, const float light[2], struct rl_rng *r)
{
	enum { FIELD, TOWN, SHORE, ROOM, WOOD, PLACES };
	float h = (float)picture->h, width = (float)picture->w / h;
	float horizon = h * rl_between(r, .3f, .6f);
	struct rl_pen p = rl_pen_make(picture, 0, horizon, h);
	struct rl_material soil;

	p.light[0] = light[0];
	p.light[1] = light[1];
	sky(picture, horizon, r);
	switch (rl_rng_below(r, PLACES)) {
	case FIELD:
		for (int i = (int)rl_rng_below(r, 3); i >= 0; i--)
			hills(&p, width, rl_between(r, .08f, .4f), r);
		soil = muted(r, RL_FUR, 1);
		ground(picture, horizon, &soil, rl_between(r, 4, 9));
		break;
	case TOWN:
		buildings(&p, width, r);
		soil = muted(r, rl_chance(r, .5f) ? RL_BRICKS : RL_CHECKS, 1);
		ground(picture, horizon, &soil, rl_between(r, 2, 5));
		road(&p, width, 1 - horizon / h, r);
		break;
	case SHORE:
		soil = muted(r, RL_STRIPES, 1);
		ground(picture, horizon, &soil, rl_between(r, 2, 4));
		soil = muted(r, RL_SPOTS, 1);
		ground(picture, horizon + (h - horizon) * rl_between(r, .2f, .6f), &soil,
		       rl_between(r, 4, 8));
		break;
	case ROOM:
		wall(&p, width, r);
		soil = muted(r, rl_chance(r, .5f) ? RL_PLANKS : RL_CHECKS, 1);
		ground(picture, horizon, &soil, rl_between(r, 1, 3));
		break;
	case WOOD:
		soil = muted(r, RL_CLOUDS, 1);
		ground(picture, horizon, &soil, rl_between(r, 3, 7));
		trunks(&p, width, r);
		break;
	}
	return horizon;
}

static void bush(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material leaf = rl_material_make(r, RL_CLOUDS, .06f);
	int n = 5 + (int)rl_rng_below(r, 6);

	for (int i = 0; i < n; i++) {
		struct rl_material lit = rl_darker(leaf, rl_between(r, .6f, 1.1f));
		float x = rl_between(r, -.35f, .35f), radius = rl_between(r, .12f, .22f);

		rl_ellipse(p, x, radius + rl_between(r, 0, .4f - fabsf(x)), radius, .9f * radius, 0,
			   &lit);
	}
}

static void rock(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material stone = muted(r, RL_CLOUDS, .15f);
	float at[9][2];

	stone.round = .8f;
	for (int i = 0; i < 9; i++) {
		float a = 6.2832f * (float)i / 9, k = rl_between(r, .3f, .5f);

		at[i][0] = k * cosf(a);
		at[i][1] = .25f + .55f * k * sinf(a);
	}
	rl_polygon(p, 9, (const float(*)[2])at, &stone);
}

static void crate(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material side = rl_material_make(r, RL_PLANKS, .12f);
	struct rl_material top = rl_darker(side, 1.2f), end = rl_darker(side, .6f);
	float w = rl_between(r, .3f, .45f), h = rl_between(r, .3f, .6f);

	side.round = 0;
	rl_box(p, -w, 0, w - .15f, h, &side);
	rl_polygon(p, 4,
		   (const float[][2]){
			   {w - .15f, 0}, {w + .05f, .1f}, {w + .05f, h + .1f}, {w - .15f, h}},
		   &end);
	rl_polygon(p, 4,
		   (const float[][2]){
			   {-w, h}, {w - .15f, h}, {w + .05f, h + .1f}, {-w + .2f, h + .1f}},
		   &top);
}

static void fence(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material wood = muted(r, RL_WOOD, .05f);
	float gap = rl_between(r, .14f, .22f), t = rl_between(r, .022f, .04f);

	wood.angle = 1.57f;
	for (float x = -.5f; x <= .5f; x += gap)
		rl_limb(p, x, 0, t, x, .6f, t, &wood);
	rl_limb(p, -.52f, .18f, t, .52f, .18f, t, &wood);
	rl_limb(p, -.52f, .46f, t, .52f, .46f, t, &wood);
}

static void tuft(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material blade = rl_material_make(r, RL_FUR, .1f);
	int n = 10 + (int)rl_rng_below(r, 14);

	for (int i = 0; i < n; i++) {
		struct rl_material lit = rl_darker(blade, rl_between(r, .6f, 1.2f));
		float x = rl_between(r, -.25f, .25f), lean = rl_between(r, -.3f, .3f);

		rl_limb(p, x, 0, .02f, x + lean, rl_between(r, .3f, .8f), .004f, &lit);
	}
}

void rl_clutter(const struct rl_pen *p, struct rl_rng *r)
{
	static void (*const kinds[])(const struct rl_pen *, struct rl_rng *) = {bush, rock, crate,
										fence, tuft};

	kinds[rl_rng_below(r, RL_LEN(kinds))](p, r);
}
