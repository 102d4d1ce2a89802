#include "data/synth-pen.h"

#include <math.h>

#define PI 3.14159265f

struct rl_pen rl_pen_make(struct rl_layer *layer, float x, float y, float scale)
{
	return (struct rl_pen){
		.layer = layer, .scale = scale, .turn = {1, 0}, .mirror = 1, .origin = {x, y}};
}

static void to_picture(const struct rl_pen *p, const float at[2], float out[2])
{
	float x = p->mirror * at[0], y = at[1];

	out[0] = p->origin[0] + p->scale * (p->turn[0] * x - p->turn[1] * y);
	out[1] = p->origin[1] - p->scale * (p->turn[1] * x + p->turn[0] * y);
}

static void to_object(const struct rl_pen *p, float px, float py, float out[2])
{
	float x = (px - p->origin[0]) / p->scale, y = (p->origin[1] - py) / p->scale;

	out[0] = p->mirror * (p->turn[0] * x + p->turn[1] * y);
	out[1] = p->turn[0] * y - p->turn[1] * x;
}

/* A material made ready for one part. */
struct brush {
	const struct rl_material *m;
	float middle[2], half[2]; /* of the part's bounding box */
	float light[2];           /* in the object's coordinates */
	float cosine, sine;       /* of the pattern, over its scale */
	float strength;           /* patterns too fine for the pixels fade to their mean */
};

static struct brush prepare(const struct rl_pen *p, const struct rl_outline *o,
			    const struct rl_material *m)
{
	float lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
	struct brush b = {.m = m};

	for (int i = 0; i < o->n; i++)
		for (int k = 0; k < 2; k++) {
			lo[k] = fminf(lo[k], o->at[i][k]);
			hi[k] = fmaxf(hi[k], o->at[i][k]);
		}
	for (int k = 0; k < 2; k++) {
		b.middle[k] = (lo[k] + hi[k]) / 2;
		b.half[k] = fmaxf((hi[k] - lo[k]) / 2, 1e-6f);
	}
	b.light[0] = p->mirror * (p->turn[0] * p->light[0] + p->turn[1] * p->light[1]);
	b.light[1] = p->turn[0] * p->light[1] - p->turn[1] * p->light[0];
	b.cosine = cosf(m->angle) / m->scale;
	b.sine = sinf(m->angle) / m->scale;
	b.strength = fminf(1, fmaxf(.1f, (p->scale * m->scale - 1) / 2));
	return b;
}

static void colour_at(const struct brush *b, const float at[2], float rgb[3])
{
	const struct rl_material *m = b->m;
	float t = rl_pattern_at(m->pattern, b->cosine * at[0] + b->sine * at[1],
				b->cosine * at[1] - b->sine * at[0], m->seed);
	float nx = (at[0] - b->middle[0]) / b->half[0], ny = (at[1] - b->middle[1]) / b->half[1];
	float facing = nx * b->light[0] + ny * b->light[1];
	float shade = 1 + .15f * facing + m->round * (.35f * facing - .22f * (nx * nx + ny * ny));

	t = .4f + b->strength * (t - .4f);
	for (int i = 0; i < 3; i++)
		rgb[i] = rl_unit(shade * (m->rgb[i] + t * (m->rgb2[i] - m->rgb[i])));
}

void rl_paint(const struct rl_pen *p, const struct rl_outline *o, const struct rl_material *m)
{
	struct brush b = prepare(p, o, m);
	struct rl_outline placed = *o;
	struct rl_layer *l = p->layer;

	for (int i = 0; i < o->n; i++)
		to_picture(p, o->at[i], placed.at[i]);
	struct rl_span s = rl_layer_cover(l, &placed);
	for (int y = s.y0; y < s.y1; y++) {
		const float *cover = l->cover + (size_t)y * (size_t)(l->w + 2);
		float *row = l->rgba + 4 * (size_t)y * (size_t)l->w;

		for (int x = s.x0; x < s.x1; x++) {
			float at[2], rgb[3];

			if (cover[x] < 1 / 512.f)
				continue;
			to_object(p, (float)(l->x0 + x) + .5f, (float)(l->y0 + y) + .5f, at);
			colour_at(&b, at, rgb);
			rl_blend(row + 4 * x, rgb, cover[x]);
		}
	}
}

static void arc(struct rl_outline *o, float x, float y, float rx, float ry, float turn, float from,
		float to, int steps)
{
	float c = cosf(turn), s = sinf(turn);

	for (int i = 0; i < steps; i++) {
		float a = from + (to - from) * (float)i / (float)steps;
		float u = rx * cosf(a), v = ry * sinf(a);

		rl_outline_point(o, x + c * u - s * v, y + s * u + c * v);
	}
}

void rl_ellipse(const struct rl_pen *p, float x, float y, float rx, float ry, float angle,
		const struct rl_material *m)
{
	struct rl_outline o = {0};

	arc(&o, x, y, rx, ry, angle, 0, 2 * PI, 40);
	rl_outline_close(&o);
	rl_paint(p, &o, m);
}

void rl_ring(const struct rl_pen *p, float x, float y, float outer, float inner,
	     const struct rl_material *m)
{
	struct rl_outline o = {0};

	arc(&o, x, y, outer, outer, 0, 0, 2 * PI, 48);
	rl_outline_close(&o);
	arc(&o, x, y, inner, inner, 0, 2 * PI, 0, 48);
	rl_outline_close(&o);
	rl_paint(p, &o, m);
}

void rl_polygon(const struct rl_pen *p, int n, const float at[][2], const struct rl_material *m)
{
	struct rl_outline o = {0};

	for (int i = 0; i < n; i++)
		rl_outline_point(&o, at[i][0], at[i][1]);
	rl_outline_close(&o);
	rl_paint(p, &o, m);
}

void rl_box(const struct rl_pen *p, float x0, float y0, float x1, float y1,
	    const struct rl_material *m)
{
	rl_polygon(p, 4, (const float[][2]){{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, m);
}

/* Catmull-Rom: between b and c the curve leaves b in the direction from a to c. */
void rl_blob(const struct rl_pen *p, int n, const float at[][2], const struct rl_material *m)
{
	enum { STEPS = 8 };
	struct rl_outline o = {0};

	for (int i = 0; i < n; i++) {
		const float *a = at[(i + n - 1) % n], *b = at[i];
		const float *c = at[(i + 1) % n], *d = at[(i + 2) % n];

		for (int k = 0; k < STEPS; k++) {
			float t = (float)k / STEPS, xy[2];

			for (int j = 0; j < 2; j++)
				xy[j] = b[j] +
					.5f * t *
						(c[j] - a[j] +
						 t * (2 * a[j] - 5 * b[j] + 4 * c[j] - d[j] +
						      t * (3 * (b[j] - c[j]) + d[j] - a[j])));
			rl_outline_point(&o, xy[0], xy[1]);
		}
	}
	rl_outline_close(&o);
	rl_paint(p, &o, m);
}

void rl_limb(const struct rl_pen *p, float ax, float ay, float ra, float bx, float by, float rb,
	     const struct rl_material *m)
{
	struct rl_outline o = {0};
	float along = atan2f(by - ay, bx - ax);

	arc(&o, ax, ay, ra, ra, along, PI / 2, 3 * PI / 2, 12);
	rl_outline_point(&o, ax + ra * sinf(along), ay - ra * cosf(along));
	arc(&o, bx, by, rb, rb, along, -PI / 2, PI / 2, 12);
	rl_outline_point(&o, bx - rb * sinf(along), by + rb * cosf(along));
	rl_outline_close(&o);
	rl_paint(p, &o, m);
}
