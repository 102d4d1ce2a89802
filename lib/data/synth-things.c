#include "data/synth-things.h"

#include "data/synth-living.h"

#include <math.h>

#define PI 3.14159265f

static void wheel(const struct rl_pen *p, float x, float y, float radius, float tyre, int spokes,
		  float turn, const struct rl_material *rubber, const struct rl_material *metal)
{
	for (int i = 0; i < spokes; i++) {
		float a = turn + 2 * PI * (float)i / (float)spokes;

		rl_limb(p, x, y, .05f * radius, x + .9f * radius * cosf(a),
			y + .9f * radius * sinf(a), .04f * radius, metal);
	}
	rl_ring(p, x, y, radius, radius - tyre, rubber);
	rl_ellipse(p, x, y, .2f * radius, .2f * radius, 0, metal);
}

static void window(const struct rl_pen *p, float x0, float y0, float x1, float y1,
		   const struct rl_material *frame, const struct rl_material *glass)
{
	float t = .08f * (x1 - x0), x = (x0 + x1) / 2, y = (y0 + y1) / 2;

	rl_box(p, x0, y0, x1, y1, frame);
	rl_box(p, x0 + t, y0 + t, x - t / 2, y - t / 2, glass);
	rl_box(p, x + t / 2, y0 + t, x1 - t, y - t / 2, glass);
	rl_box(p, x0 + t, y + t / 2, x - t / 2, y1 - t, glass);
	rl_box(p, x + t / 2, y + t / 2, x1 - t, y1 - t, glass);
}

static void bicycle(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material rubber = rl_dark(r, RL_PLAIN, .1f);
	struct rl_material metal = rl_bright(r, RL_PLAIN, .1f);
	struct rl_material frame = rl_material_make(r, RL_PLAIN, .2f);
	struct rl_material leather = rl_material_make(r, RL_SPOTS, .05f);
	float wr = rl_between(r, .3f, .36f), base = rl_between(r, .5f, .58f);
	float seat = rl_between(r, .72f, .85f), bar = rl_between(r, .78f, .92f);
	float turn = rl_between(r, 0, 1), t = .03f;

	wheel(p, -base, wr, wr, .05f, 10, turn, &rubber, &metal);
	wheel(p, base, wr, wr, .05f, 10, turn + .2f, &rubber, &metal);
	rl_limb(p, -base, wr, t, -.05f, wr - .03f, t, &frame);
	rl_limb(p, -base, wr, t, -.2f, seat - .15f, t, &frame);
	rl_limb(p, -.05f, wr - .03f, t, -.23f, seat, t, &frame);
	rl_limb(p, -.05f, wr - .03f, t, .38f, bar - .2f, t, &frame);
	rl_limb(p, -.2f, seat - .15f, t, .38f, bar - .2f, t, &frame);
	rl_limb(p, base, wr, t, .34f, bar, t, &frame);
	rl_limb(p, .34f, bar, .025f, .46f, bar + .04f, .03f, &leather);
	rl_blob(p, 4,
		(const float[][2]){{-.36f, seat + .05f},
				   {-.2f, seat},
				   {-.08f, seat + .03f},
				   {-.2f, seat + .08f}},
		&leather);
	rl_ellipse(p, -.05f, wr - .03f, .08f, .08f, 0, &metal);
	rl_limb(p, -.05f, wr - .03f, .02f, .05f, wr - .17f, .03f, &rubber);
}

static void boat(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material hull = rl_material_make(r, RL_PLANKS, .07f);
	struct rl_material sail = rl_bright(r, RL_STRIPES, rl_between(r, .06f, .15f));
	struct rl_material jib = rl_bright(r, RL_PLAIN, .3f);
	struct rl_material wood = rl_dark(r, RL_WOOD, .08f);
	struct rl_material flag = rl_material_make(r, RL_CHECKS, .04f);
	float top = rl_between(r, 1, 1.15f), mast = rl_between(r, -.08f, .1f);

	sail.angle = rl_between(r, -.2f, .2f);
	rl_limb(p, mast, .25f, .025f, mast, top, .015f, &wood);
	rl_polygon(p, 3,
		   (const float[][2]){{mast, top}, {mast + .14f, top - .05f}, {mast, top - .1f}},
		   &flag);
	rl_blob(p, 5,
		(const float[][2]){{mast - .03f, .36f},
				   {mast - .55f, .38f},
				   {mast - .3f, .68f},
				   {mast - .04f, top - .14f},
				   {mast - .03f, .6f}},
		&sail);
	rl_polygon(p, 3,
		   (const float[][2]){
			   {mast + .03f, top - .15f}, {mast + .5f, .36f}, {mast + .04f, .34f}},
		   &jib);
	rl_limb(p, mast - .55f, .34f, .018f, mast, .33f, .018f, &wood);
	rl_blob(p, 7,
		(const float[][2]){{-.66f, .28f},
				   {-.58f, .1f},
				   {-.3f, .02f},
				   {.3f, .02f},
				   {.56f, .12f},
				   {.72f, .3f},
				   {0, .25f}},
		&hull);
	for (int i = 0; i < 3; i++)
		rl_ellipse(p, -.3f + .28f * (float)i, .16f, .045f, .045f, 0, &wood);
}

static void car(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material paint = rl_material_make(r, RL_GLASS, .5f);
	struct rl_material glass = rl_bright(r, RL_GLASS, .15f);
	struct rl_material rubber = rl_dark(r, RL_PLAIN, .05f);
	struct rl_material metal = rl_bright(r, RL_PLAIN, .05f);
	struct rl_material lamp = rl_bright(r, RL_CHECKS, .03f);
	float roof = rl_between(r, .58f, .72f), belt = rl_between(r, .36f, .42f);
	float back = rl_between(r, -.62f, -.35f), front = rl_between(r, .2f, .34f);
	float wr = rl_between(r, .14f, .18f);

	struct rl_material shadow = rl_darker(paint, .4f);
	rl_box(p, -.75f, .1f, .75f, .25f, &shadow);
	rl_blob(p, 6,
		(const float[][2]){{back - .12f, belt - .04f},
				   {back, roof - .06f},
				   {back + .15f, roof},
				   {front - .15f, roof},
				   {front, roof - .06f},
				   {front + .2f, belt - .04f}},
		&paint);
	rl_polygon(p, 4,
		   (const float[][2]){{back - .02f, belt},
				      {back + .06f, roof - .07f},
				      {-.07f, roof - .06f},
				      {-.07f, belt}},
		   &glass);
	rl_polygon(p, 4,
		   (const float[][2]){{-.02f, belt},
				      {-.02f, roof - .06f},
				      {front - .08f, roof - .07f},
				      {front + .1f, belt}},
		   &glass);
	rl_blob(p, 9,
		(const float[][2]){{-.93f, .2f},
				   {-.93f, .34f},
				   {-.8f, belt},
				   {-.2f, belt},
				   {.4f, belt - .01f},
				   {.85f, .34f},
				   {.95f, .2f},
				   {.8f, .13f},
				   {-.8f, .13f}},
		&paint);
	rl_box(p, -.05f, .17f, -.035f, belt - .01f, &shadow);
	rl_box(p, -.2f, .31f, -.1f, .33f, &metal);
	rl_ellipse(p, .87f, .28f, .05f, .035f, -.3f, &lamp);
	rl_ellipse(p, -.9f, .29f, .025f, .04f, 0, &rubber);
	for (int side = -1; side <= 1; side += 2) {
		float x = .55f * (float)side;

		rl_ellipse(p, x, wr, wr, wr, 0, &rubber);
		rl_ellipse(p, x, wr, .62f * wr, .62f * wr, 0, &metal);
		wheel(p, x, wr, .62f * wr, .02f, 5, .3f * x, &rubber, &rubber);
	}
}

static void chair(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material wood = rl_material_make(r, RL_WOOD, rl_between(r, .05f, .1f));
	struct rl_material seat =
		rl_material_make(r, rl_chance(r, .5f) ? RL_CHECKS : RL_KNIT, .06f);
	struct rl_material back_wood = rl_darker(wood, .65f);
	float sy = rl_between(r, .4f, .48f), top = rl_between(r, .95f, 1.05f), t = .03f;
	int slats = 2 + (int)rl_rng_below(r, 3);

	wood.angle = PI / 2;
	rl_limb(p, -.16f, sy, t, -.16f, .12f, t, &back_wood);
	rl_limb(p, .34f, sy + .06f, t, .34f, .12f, t, &back_wood);
	rl_limb(p, -.3f, sy, t, -.36f, top, t, &wood);
	rl_limb(p, -.12f, sy + .08f, t, -.18f, top, t, &back_wood);
	for (int i = 0; i < slats; i++) {
		float y = sy + .2f + (top - sy - .25f) * (float)i / (float)(slats - 1);

		rl_limb(p, -.33f, y, .035f, -.15f, y + .03f, .035f, &wood);
	}
	rl_polygon(p, 4,
		   (const float[][2]){{-.34f, sy - .02f},
				      {.2f, sy - .02f},
				      {.38f, sy + .09f},
				      {-.12f, sy + .09f}},
		   &seat);
	rl_box(p, -.34f, sy - .07f, .2f, sy - .02f, &wood);
	rl_limb(p, -.3f, sy - .05f, t, -.32f, .03f, .025f, &wood);
	rl_limb(p, .17f, sy - .05f, t, .19f, .03f, .025f, &wood);
	rl_limb(p, -.3f, .18f, .016f, .18f, .18f, .016f, &back_wood);
}

static void clock_face(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material rim = rl_material_make(r, RL_WOOD, .08f);
	struct rl_material face = rl_bright(r, RL_PLAIN, .3f);
	struct rl_material ink = rl_dark(r, RL_PLAIN, .1f);
	float x = 0, y = .5f, outer = .42f, inner = rl_between(r, .32f, .36f);
	float hour = rl_between(r, 0, 2 * PI), minute = rl_between(r, 0, 2 * PI);

	for (int side = -1; side <= 1; side += 2) {
		float s = (float)side;

		rl_ellipse(p, .26f * s, .9f, .13f, .09f, -.6f * s, &rim);
		rl_limb(p, .22f * s, .2f, .04f, .32f * s, .04f, .03f, &ink);
	}
	rl_ellipse(p, x, y, outer, outer, 0, &rim);
	rl_ellipse(p, x, y, inner, inner, 0, &face);
	for (int i = 0; i < 12; i++) {
		float c = cosf(PI / 6 * (float)i), s = sinf(PI / 6 * (float)i);
		float t = i % 3 ? .008f : .016f;

		rl_limb(p, x + .93f * inner * c, y + .93f * inner * s, t, x + .8f * inner * c,
			y + .8f * inner * s, t, &ink);
	}
	rl_limb(p, x, y, .025f, x + .5f * inner * cosf(hour), y + .5f * inner * sinf(hour), .018f,
		&ink);
	rl_limb(p, x, y, .02f, x + .78f * inner * cosf(minute), y + .78f * inner * sinf(minute),
		.01f, &ink);
	rl_ellipse(p, x, y, .035f, .035f, 0, &rim);
}

static void house(const struct rl_pen *p, struct rl_rng *r)
{
	static const enum rl_pattern walls[] = {RL_BRICKS, RL_PLANKS};
	struct rl_material wall = rl_material_make(r, walls[rl_rng_below(r, 2)], .06f);
	struct rl_material roof = rl_material_make(r, RL_SCALES, .09f);
	struct rl_material frame = rl_bright(r, RL_WOOD, .1f), glass = rl_dark(r, RL_GLASS, .1f);
	struct rl_material door = rl_material_make(r, RL_PLANKS, .05f);
	float w = rl_between(r, .48f, .6f), eaves = rl_between(r, .5f, .62f);
	float chimney = rl_between(r, .1f, .3f), ridge = rl_between(r, .3f, .42f);

	wall.round = roof.round = door.round = glass.round = .1f;
	door.angle = PI / 2;
	rl_box(p, chimney, eaves + .15f, chimney + .12f, 1.02f, &wall);
	rl_box(p, -w, 0, w, eaves + .02f, &wall);
	rl_polygon(p, 4,
		   (const float[][2]){
			   {-w - .1f, eaves}, {w + .1f, eaves}, {ridge, .95f}, {-ridge, .95f}},
		   &roof);
	rl_box(p, -.1f, 0, .1f, .34f, &frame);
	rl_box(p, -.08f, 0, .08f, .32f, &door);
	rl_ellipse(p, .055f, .16f, .013f, .013f, 0, &frame);
	for (int side = -1; side <= 1; side += 2) {
		float x = (float)side * (w * .6f);

		window(p, x - .1f, .16f, x + .1f, .4f, &frame, &glass);
	}
	if (rl_chance(r, .5f))
		window(p, -.09f, .66f, .09f, .84f, &frame, &glass);
}

static void lamp(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material shade = rl_bright(r, RL_STRIPES, rl_between(r, .03f, .06f));
	struct rl_material metal = rl_material_make(r, RL_GLASS, .1f);
	struct rl_material bulb = rl_bright(r, RL_PLAIN, .2f);
	float low = rl_between(r, .58f, .68f), wide = rl_between(r, .28f, .36f);
	float narrow = rl_between(r, .12f, .2f), foot = rl_between(r, .18f, .26f);

	shade.angle = PI / 2;
	rl_ellipse(p, 0, .04f, foot, .04f, 0, &metal);
	rl_limb(p, 0, .05f, .025f, 0, low + .1f, .02f, &metal);
	for (int i = 0; i < 3; i++)
		rl_ellipse(p, 0, .14f + .13f * (float)i, .055f - .01f * (float)i, .05f, 0, &metal);
	rl_ellipse(p, 0, low, .08f, .09f, 0, &bulb);
	rl_polygon(p, 4,
		   (const float[][2]){{-wide, low}, {wide, low}, {narrow, .98f}, {-narrow, .98f}},
		   &shade);
	struct rl_material hem = rl_darker(shade, .6f);
	rl_box(p, -wide, low - .015f, wide, low + .02f, &hem);
	rl_box(p, -narrow, .965f, narrow, .995f, &hem);
	rl_limb(p, .6f * wide, low - .02f, .006f, .6f * wide, low - .15f, .012f, &metal);
}

const struct rl_thing rl_things[RL_THINGS] = {
	{"bicycle", "vehicle", .95f, 1, .1f, RL_ON_GROUND, bicycle},
	{"bird", "animal", .68f, 1.05f, .35f, RL_IN_AIR, rl_bird},
	{"boat", "vehicle", .75f, 1.2f, .12f, RL_ON_GROUND, boat},
	{"car", "vehicle", 1, .78f, .06f, RL_ON_GROUND, car},
	{"chair", "furniture", .45f, 1.1f, .06f, RL_ON_GROUND, chair},
	{"clock", "appliance", .46f, 1.05f, .15f, RL_ANYWHERE, clock_face},
	{"dog", "animal", .9f, 1.1f, .08f, RL_ON_GROUND, rl_dog},
	{"fish", "animal", .78f, .85f, .4f, RL_ANYWHERE, rl_fish},
	{"flower", "plant", .4f, 1.08f, .15f, RL_ON_GROUND, rl_flower},
	{"house", "building", .72f, 1.05f, .03f, RL_ON_GROUND, house},
	{"lamp", "appliance", .4f, 1.02f, .08f, RL_ON_GROUND, lamp},
	{"person", "person", .4f, 1.04f, .08f, RL_ON_GROUND, rl_person},
};
