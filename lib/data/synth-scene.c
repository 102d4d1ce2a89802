#include "data/synth.h"

#include "base/err.h"
#include "data/synth-backdrop.h"
#include "data/synth-things.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CROWD_SIZE = 7, MAX_ITEMS = 40 };

/* Something to be drawn, and where. */
struct item {
	int id;                       /* in the picture's ids; 0 is clutter */
	const struct rl_thing *thing; /* NULL: clutter */
	float x, base;                /* the point it stands on, pixels */
	float scale;                  /* pixels a unit */
	float tilt;
	bool mirrored;
};

struct stage {
	const struct rl_synth_cast *cast;
	struct rl_rng rng;
	struct rl_layer picture;
	float horizon;
	float light[2];
	uint8_t *ids;
	int nitem;
	struct item items[MAX_ITEMS];
	int64_t whole[RL_SYNTH_OBJECTS +
		      1]; /* pixels of each object, hidden and cut off included */
	int64_t inside[RL_SYNTH_OBJECTS + 1]; /* of these, within the frame */
};

/* ---- which things there are --------------------------------------------------------------------
 */

static int thing_named(const char *name)
{
	for (int c = 0; c < RL_THINGS; c++)
		if (!strcmp(rl_things[c].name, name))
			return c;
	rl_die_usage("%s: no such category", name);
}

struct rl_synth_cast rl_synth_cast(const char *names)
{
	char *copy = rl_strdup(names ? names : ""), *rest = names ? copy : NULL;
	struct rl_synth_cast cast = {0};
	bool in[RL_THINGS] = {false};

	for (char *name; (name = strsep(&rest, ","));) {
		int c = thing_named(name);

		if (in[c])
			rl_die_usage("%s: twice among the categories", name);
		in[c] = true;
	}
	for (int c = 0; c < RL_THINGS; c++)
		if (in[c] || !names)
			cast.member[cast.count++] = c;
	free(copy);
	return cast;
}

const char *rl_synth_category(const struct rl_synth_cast *cast, int c)
{
	return rl_things[cast->member[c]].name;
}

const char *rl_synth_supercategory(const struct rl_synth_cast *cast, int c)
{
	return rl_things[cast->member[c]].kind;
}

/* ---- where things go ---------------------------------------------------------------------------
 */

static float width_of(const struct item *i)
{
	return 2 * i->scale * i->thing->half_width;
}

/* Share of the smaller of two items' boxes that both cover. */
static float overlap(const struct item *a, const struct item *b)
{
	float wa = width_of(a), wb = width_of(b);
	float ha = a->scale * a->thing->height, hb = b->scale * b->thing->height;
	float w = fminf(a->x + wa / 2, b->x + wb / 2) - fmaxf(a->x - wa / 2, b->x - wb / 2);
	float h = fminf(a->base, b->base) - fmaxf(a->base - ha, b->base - hb);

	return w <= 0 || h <= 0 ? 0 : w * h / fminf(wa * ha, wb * hb);
}

/* The nearer (lower) a thing stands, the larger it tends to be. */
static float base_of(struct stage *s, const struct item *i, float size)
{
	float h = (float)s->picture.h, tall = i->scale * i->thing->height;
	float near = fminf(1, .25f + .7f * size + rl_between(&s->rng, -.15f, .2f));

	switch (i->thing->habitat) {
	case RL_ON_GROUND: return s->horizon + (h - s->horizon) * fmaxf(.12f, near);
	case RL_IN_AIR: return tall + (h - tall) * rl_between(&s->rng, -.1f, .8f);
	case RL_ANYWHERE: break;
	}
	return tall + (h - tall) * rl_between(&s->rng, -.05f, 1.05f);
}

/* size: root of the box's area over the picture's smaller side. */
static struct item place(struct stage *s, int id, int category, float size, float spread)
{
	const struct rl_thing *t = &rl_things[s->cast->member[category]];
	struct item i = {.id = id, .thing = t};
	float side = (float)(s->picture.w < s->picture.h ? s->picture.w : s->picture.h);

	i.scale = size * side / sqrtf(2 * t->half_width * t->height);
	i.tilt = t->tilt * rl_between(&s->rng, -1, 1);
	i.mirrored = rl_chance(&s->rng, .5f);
	i.x = (float)s->picture.w * (.5f + spread * rl_between(&s->rng, -.5f, .5f));
	i.base = base_of(s, &i, size);
	return i;
}

/* One object, where few others are in the way if such a place comes up soon. */
static void add_object(struct stage *s, int id, int category, float size, float spread)
{
	struct item i;

	for (int attempt = 0; attempt < 8; attempt++) {
		bool free_place = true;

		i = place(s, id, category, size, spread);
		for (int k = 0; k < s->nitem; k++)
			free_place &= overlap(&i, &s->items[k]) < .35f;
		if (free_place)
			break;
	}
	s->items[s->nitem++] = i;
}

/* Several small ones side by side. */
static void add_crowd(struct stage *s, int id, int category)
{
	struct item first = place(s, id, category, rl_between(&s->rng, .1f, .16f), .7f);

	for (int k = 0; k < CROWD_SIZE; k++) {
		struct item i = first;
		float step = .8f * width_of(&first);

		i.x += step * ((float)k - CROWD_SIZE / 2) * rl_between(&s->rng, .8f, 1.2f);
		i.base += .3f * step * rl_between(&s->rng, -1, 1);
		i.scale *= rl_between(&s->rng, .85f, 1.15f);
		s->items[s->nitem++] = i;
	}
}

static void add_clutter(struct stage *s)
{
	int n = 2 + (int)rl_rng_below(&s->rng, 6), nobject = s->nitem;
	float h = (float)s->picture.h;

	for (int k = 0; k < n && s->nitem < MAX_ITEMS; k++) {
		struct item i = {.scale = h * rl_between(&s->rng, .08f, .35f)};

		i.x = (float)s->picture.w * rl_between(&s->rng, 0, 1);
		i.base = s->horizon + (h - s->horizon) * rl_between(&s->rng, .1f, 1.1f);
		s->items[s->nitem++] = i;
	}
	/* And some just in front of an object. */
	for (int k = 0; k < nobject && s->nitem < MAX_ITEMS; k++) {
		const struct item *o = &s->items[k];
		float side = width_of(o);

		if (!rl_chance(&s->rng, .2f))
			continue;
		struct item i = {.scale = side * rl_between(&s->rng, .4f, 1.1f)};
		i.x = o->x + side * rl_between(&s->rng, -.4f, .4f);
		i.base = o->base + .1f * i.scale;
		s->items[s->nitem++] = i;
	}
}

static int by_depth(const void *a, const void *b)
{
	const struct item *p = a, *q = b;

	if (p->base != q->base)
		return p->base < q->base ? -1 : 1;
	return p->x < q->x ? -1 : p->x > q->x;
}

/* ---- drawing -----------------------------------------------------------------------------------
 */

/* A layer around an upright rectangle (units) that the pen may have turned. */
static void layer_around(struct rl_layer *l, const struct item *i, float half_width, float height)
{
	float c = cosf(i->tilt), s = sinf(i->tilt);
	float x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;

	for (int k = 0; k < 4; k++) {
		float x = k & 1 ? half_width : -half_width, y = k & 2 ? height : -.08f;
		float px = i->x + i->scale * (c * x - s * y),
		      py = i->base - i->scale * (s * x + c * y);

		x0 = fminf(x0, px), x1 = fmaxf(x1, px);
		y0 = fminf(y0, py), y1 = fmaxf(y1, py);
	}
	rl_layer_init(l, (int)floorf(x0) - 2, (int)floorf(y0) - 2, (int)(x1 - x0) + 5,
		      (int)(y1 - y0) + 5);
}

static void shadow(struct stage *s, const struct item *i, float half_width)
{
	struct rl_layer *p = &s->picture;
	float rx = 1.1f * i->scale * half_width, ry = .22f * rx;
	float cx = i->x - s->light[0] * .4f * rx, cy = i->base - .1f * ry;
	int y0 = (int)fmaxf(0, cy - 2 * ry), y1 = (int)fminf((float)p->h, cy + 2 * ry);
	int x0 = (int)fmaxf(0, cx - 2 * rx), x1 = (int)fminf((float)p->w, cx + 2 * rx);

	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++) {
			float u = ((float)x - cx) / rx, v = ((float)y - cy) / ry;
			float d = rl_unit(1 - .5f * (u * u + v * v));
			float *rgba = p->rgba + 4 * ((size_t)y * (size_t)p->w + (size_t)x);

			for (int k = 0; k < 3; k++)
				rgba[k] *= 1 - .5f * d * d;
		}
}

/* A pixel belongs to the last thing that covers at least half of it. */
static void mark(struct stage *s, const struct rl_layer *l, int id)
{
	const struct rl_layer *p = &s->picture;

	for (int y = 0; y < l->h; y++)
		for (int x = 0; x < l->w; x++) {
			int px = l->x0 + x, py = l->y0 + y;

			if (l->rgba[4 * ((size_t)y * (size_t)l->w + (size_t)x) + 3] < .5f)
				continue;
			s->whole[id]++;
			if (px < 0 || py < 0 || px >= p->w || py >= p->h)
				continue;
			s->inside[id]++;
			s->ids[(size_t)py * (size_t)p->w + (size_t)px] = (uint8_t)id;
		}
}

static void draw_item(struct stage *s, const struct item *i)
{
	float half_width = i->thing ? i->thing->half_width : .6f;
	float height = i->thing ? i->thing->height : 1;
	struct rl_layer l;

	layer_around(&l, i, half_width * 1.05f, height * 1.05f);
	struct rl_pen p = rl_pen_make(&l, i->x, i->base, i->scale);
	p.turn[0] = cosf(i->tilt);
	p.turn[1] = sinf(i->tilt);
	p.mirror = i->mirrored ? -1 : 1;
	p.light[0] = s->light[0];
	p.light[1] = s->light[1];
	if (i->thing) {
		i->thing->draw(&p, &s->rng);
		if (i->thing->habitat == RL_ON_GROUND)
			shadow(s, i, half_width);
	} else {
		rl_clutter(&p, &s->rng);
	}
	rl_layer_over(&s->picture, &l);
	mark(s, &l, i->id);
	rl_layer_free(&l);
}

/* ---- the camera --------------------------------------------------------------------------------
 */

/* Cast, a gradient of light, a little blur, sensor noise. */
static void develop(struct stage *s, struct rl_image *out)
{
	const struct rl_layer *p = &s->picture;
	float gain[3], exposure = rl_between(&s->rng, .75f, 1.2f);
	float slope = s->light[0] * rl_between(&s->rng, 0, .25f);
	float blur = rl_chance(&s->rng, .5f) ? rl_between(&s->rng, 0, .18f) : 0;
	float noise = rl_between(&s->rng, 0, .05f);
	uint32_t seed = rl_rng_u32(&s->rng);

	for (int k = 0; k < 3; k++)
		gain[k] = exposure * rl_between(&s->rng, .88f, 1.12f);
	for (int y = 0; y < p->h; y++) {
		const float *row = p->rgba + 4 * (size_t)y * (size_t)p->w;
		const float *up = y ? row - 4 * p->w : row;
		const float *down = y + 1 < p->h ? row + 4 * p->w : row;

		for (int x = 0; x < p->w; x++) {
			int left = 4 * (x ? x - 1 : x), right = 4 * (x + 1 < p->w ? x + 1 : x);
			float light = 1 + slope * (2 * (float)x / (float)p->w - 1);
			uint32_t bits = rl_lattice(x, y, seed);

			for (int k = 0; k < 3; k++) {
				float c = (1 - 4 * blur) * row[4 * x + k] +
					  blur * (row[left + k] + row[right + k] + up[4 * x + k] +
						  down[4 * x + k]);
				/* Two bytes of the hash: a triangular distribution. */
				float grain = (float)(bits >> 4 * k & 255) +
					      (float)(bits >> (4 * k + 12) & 255);

				c = light * gain[k] * c + noise * (grain / 255 - 1);
				out->data[3 * ((size_t)y * (size_t)p->w + (size_t)x) + (size_t)k] =
					(uint8_t)(255 * rl_unit(c) + .5f);
			}
		}
	}
}

/* ---- the labels --------------------------------------------------------------------------------
 */

static void measure(const struct stage *s, int id, struct rl_synth_object *o)
{
	int w = s->picture.w, h = s->picture.h;

	o->box[0] = w, o->box[1] = h;
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			if (s->ids[(size_t)y * (size_t)w + (size_t)x] != id)
				continue;
			o->area++;
			o->box[0] = x < o->box[0] ? x : o->box[0];
			o->box[1] = y < o->box[1] ? y : o->box[1];
			o->box[2] = x + 1 > o->box[2] ? x + 1 : o->box[2];
			o->box[3] = y + 1 > o->box[3] ? y + 1 : o->box[3];
		}
}

static void renumber(struct stage *s, int from, int to)
{
	size_t n = (size_t)s->picture.w * (size_t)s->picture.h;

	for (size_t i = 0; i < n; i++)
		if (s->ids[i] == from)
			s->ids[i] = (uint8_t)to;
}

/* What can hardly be seen is difficult; of what is hidden but for a trace, the trace is void. */
static void annotate(struct stage *s, struct rl_synth_scene *out,
		     const struct rl_synth_object *drawn, int ndrawn)
{
	int64_t pixels = (int64_t)s->picture.w * s->picture.h;

	for (int id = 1; id <= ndrawn; id++) {
		struct rl_synth_object o = drawn[id - 1];
		double whole = (double)s->whole[id];

		measure(s, id, &o);
		if (o.area < 16 || (double)o.area < .08 * whole) {
			renumber(s, id, RL_SYNTH_VOID);
			continue;
		}
		o.truncated = (double)s->inside[id] < .97 * whole;
		o.difficult = o.crowd || (double)o.area < .4 * whole || o.area * 400 < pixels;
		out->objects[out->nobject++] = o;
		renumber(s, id, out->nobject);
	}
}

/* ---- a scene -----------------------------------------------------------------------------------
 */

static int cast_scene(struct stage *s, struct rl_synth_object *drawn, int category)
{
	int n = 0;

	if (category != RL_SYNTH_ANY) {
		drawn[n++].category = category;
		add_object(s, n, category, rl_between(&s->rng, .5f, .85f), .25f);
	} else {
		static const int many[] = {1, 1, 1, 2, 2, 2, 3, 3, 4, 4};
		int count = many[rl_rng_below(&s->rng, RL_LEN(many))];
		float largest = count == 1 ? .8f : count == 2 ? .65f : .5f;

		while (n < count) {
			drawn[n].category = (int)rl_rng_below(&s->rng, (uint32_t)s->cast->count);
			add_object(s, n + 1, drawn[n].category, rl_between(&s->rng, .22f, largest),
				   .85f);
			n++;
		}
		if (rl_chance(&s->rng, .06f)) {
			drawn[n].category = (int)rl_rng_below(&s->rng, (uint32_t)s->cast->count);
			drawn[n].crowd = true;
			add_crowd(s, n + 1, drawn[n].category);
			n++;
		}
	}
	add_clutter(s);
	qsort(s->items, (size_t)s->nitem, sizeof(*s->items), by_depth);
	return n;
}

void rl_synth_draw(struct rl_synth_scene *out, uint64_t seed, int64_t number, int width, int height,
		   const struct rl_synth_cast *cast, int category)
{
	struct stage s = {.cast = cast,
			  .rng = rl_rng_make(seed, 0, (uint64_t)number, RL_RNG_SYNTH)};
	struct rl_synth_object drawn[RL_SYNTH_OBJECTS] = {0};
	float from = rl_between(&s.rng, .35f, 2.8f);

	*out = (struct rl_synth_scene){.image = rl_image_new(height, width)};
	s.ids = out->ids = rl_calloc((size_t)width * (size_t)height, 1);
	s.light[0] = .8f * cosf(from);
	s.light[1] = .8f * sinf(from);
	rl_layer_init(&s.picture, 0, 0, width, height);
	s.horizon = rl_backdrop(&s.picture, s.light, &s.rng);
	int ndrawn = cast_scene(&s, drawn, category);
	for (int i = 0; i < s.nitem; i++)
		draw_item(&s, &s.items[i]);
	develop(&s, &out->image);
	annotate(&s, out, drawn, ndrawn);
	out->quality = 60 + (int)rl_rng_below(&s.rng, 36);
	rl_layer_free(&s.picture);
}

void rl_synth_free(struct rl_synth_scene *s)
{
	rl_image_free(&s->image);
	free(s->ids);
	*s = (struct rl_synth_scene){0};
}
