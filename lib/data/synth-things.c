#include "data/synth-things.h"

#include <math.h>

#define PI 3.14159265f

/* Dark and bright, of any hue: pupils, tyres, gaps; glass, lamps, clock faces. */
static struct rl_material dark(struct rl_rng *r, enum rl_pattern pattern, float scale)
{
	return rl_darker(rl_material_make(r, pattern, scale), rl_between(r, .15f, .4f));
}

static struct rl_material bright(struct rl_rng *r, enum rl_pattern pattern, float scale)
{
	struct rl_material m = rl_material_make(r, pattern, scale);

	for (int i = 0; i < 3; i++) {
		m.rgb[i] = .6f + .4f * m.rgb[i];
		m.rgb2[i] = .45f + .4f * m.rgb2[i];
	}
	return m;
}

static void eye(const struct rl_pen *p, struct rl_rng *r, float x, float y, float radius)
{
	struct rl_material white = bright(r, RL_PLAIN, 1), pupil = dark(r, RL_PLAIN, 1);

	rl_ellipse(p, x, y, radius, radius, 0, &white);
	rl_ellipse(p, x + .25f * radius, y, .6f * radius, .6f * radius, 0, &pupil);
}

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
	struct rl_material rubber = dark(r, RL_PLAIN, .1f);
	struct rl_material metal = bright(r, RL_PLAIN, .1f);
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

static void bird(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material body = rl_material_make(r, RL_FUR, .05f);
	struct rl_material wing = rl_material_make(r, RL_FEATHERS, .1f);
	struct rl_material beak = rl_material_make(r, RL_PLAIN, .1f);
	struct rl_material belly = bright(r, RL_FUR, .05f);
	float lift = rl_between(r, .55f, 1), head = rl_between(r, .1f, .13f);

	wing.angle = rl_between(r, 1.8f, 2.3f);
	rl_polygon(
		p, 5,
		(const float[][2]){
			{-.25f, .42f}, {-.62f, .52f}, {-.56f, .42f}, {-.64f, .34f}, {-.25f, .34f}},
		&wing);
	struct rl_material far_wing = rl_darker(wing, .6f);
	rl_blob(p, 4,
		(const float[][2]){
			{.1f, .45f}, {.22f, lift - .1f}, {.05f, lift - .05f}, {-.1f, .45f}},
		&far_wing);
	rl_ellipse(p, 0, .38f, .33f, .14f, .12f, &body);
	rl_ellipse(p, .02f, .32f, .24f, .07f, .1f, &belly);
	rl_ellipse(p, .34f, .5f, head, head, 0, &body);
	rl_polygon(p, 3,
		   (const float[][2]){
			   {.33f + head, .55f}, {.44f + 1.3f * head, .48f}, {.33f + head, .46f}},
		   &beak);
	eye(p, r, .37f, .53f, .028f);
	rl_blob(p, 5,
		(const float[][2]){{.16f, .42f},
				   {.02f, lift - .15f},
				   {-.22f, lift},
				   {-.2f, lift - .25f},
				   {-.14f, .4f}},
		&wing);
	rl_limb(p, -.02f, .26f, .015f, -.08f, .06f, .012f, &beak);
	rl_limb(p, .06f, .26f, .015f, .02f, .06f, .012f, &beak);
	rl_limb(p, -.08f, .06f, .012f, 0, .03f, .01f, &beak);
	rl_limb(p, .02f, .06f, .012f, .1f, .03f, .01f, &beak);
}

static void boat(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material hull = rl_material_make(r, RL_PLANKS, .07f);
	struct rl_material sail = bright(r, RL_STRIPES, rl_between(r, .06f, .15f));
	struct rl_material jib = bright(r, RL_PLAIN, .3f);
	struct rl_material wood = dark(r, RL_WOOD, .08f);
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
	struct rl_material glass = bright(r, RL_GLASS, .15f);
	struct rl_material rubber = dark(r, RL_PLAIN, .05f);
	struct rl_material metal = bright(r, RL_PLAIN, .05f);
	struct rl_material lamp = bright(r, RL_CHECKS, .03f);
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
	struct rl_material face = bright(r, RL_PLAIN, .3f);
	struct rl_material ink = dark(r, RL_PLAIN, .1f);
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

static void dog(const struct rl_pen *p, struct rl_rng *r)
{
	static const enum rl_pattern coats[] = {RL_FUR, RL_FUR, RL_SPOTS};
	struct rl_material coat = rl_material_make(r, coats[rl_rng_below(r, 3)], .06f);
	struct rl_material ear = rl_darker(coat, rl_between(r, .45f, .8f));
	struct rl_material nose = dark(r, RL_PLAIN, .1f),
			   collar = rl_material_make(r, RL_CHECKS, .03f);
	float leg = rl_between(r, .3f, .42f), long_body = rl_between(r, .32f, .42f);
	float y = leg + .12f, hx = long_body + .18f, hy = y + rl_between(r, .2f, .3f);
	float step = rl_between(r, -.08f, .08f), tail = rl_between(r, .1f, .4f);

	coat.round = .9f;
	if (coat.pattern == RL_SPOTS)
		coat.scale = .14f;
	struct rl_material far_leg = rl_darker(coat, .55f);
	rl_limb(p, -long_body + .1f, y, .07f, -long_body + .1f - step, .05f, .04f, &far_leg);
	rl_limb(p, long_body - .08f, y, .06f, long_body - .08f + step, .05f, .04f, &far_leg);
	rl_limb(p, -long_body, y + .05f, .045f, -long_body - .22f, y + tail, .02f, &coat);
	rl_ellipse(p, 0, y, long_body + .06f, .16f, .05f, &coat);
	rl_limb(p, -long_body + .02f, y - .02f, .1f, -long_body + step, .05f, .045f, &coat);
	rl_limb(p, long_body - .02f, y - .02f, .08f, long_body - step, .05f, .045f, &coat);
	rl_ellipse(p, -long_body + .04f + step, .035f, .07f, .035f, 0, &coat);
	rl_ellipse(p, long_body + .03f - step, .035f, .07f, .035f, 0, &coat);
	rl_limb(p, long_body - .04f, y + .04f, .13f, hx - .05f, hy, .09f, &coat);
	rl_limb(p, long_body + .06f, y + .12f, .1f, long_body + .08f, y + .14f, .1f, &collar);
	rl_ellipse(p, hx, hy + .04f, .14f, .12f, 0, &coat);
	rl_limb(p, hx + .08f, hy + .01f, .07f, hx + .2f, hy - .02f, .05f, &coat);
	rl_ellipse(p, hx + .24f, hy + .01f, .03f, .026f, 0, &nose);
	rl_limb(p, hx + .12f, hy - .05f, .006f, hx + .22f, hy - .05f, .006f, &nose);
	rl_blob(p, 4,
		(const float[][2]){{hx - .08f, hy + .15f},
				   {hx, hy + .1f},
				   {hx - .06f, hy - .12f},
				   {hx - .15f, hy - .06f}},
		&ear);
	eye(p, r, hx + .06f, hy + .07f, .024f);
}

static void fish(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material skin = rl_material_make(r, RL_SCALES, rl_between(r, .06f, .1f));
	struct rl_material fin = rl_material_make(r, RL_STRIPES, .03f);
	struct rl_material gill = rl_darker(skin, .5f);
	float tall = rl_between(r, .2f, .3f), y = .38f, fork = rl_between(r, .18f, .28f);

	skin.round = 1;
	fin.angle = rl_between(r, -.5f, .5f);
	rl_polygon(p, 5,
		   (const float[][2]){{-.4f, y + .07f},
				      {-.74f, y + fork},
				      {-.62f, y},
				      {-.74f, y - fork},
				      {-.4f, y - .07f}},
		   &fin);
	rl_blob(p, 4,
		(const float[][2]){{.2f, y + .7f * tall},
				   {-.05f, y + tall + .12f},
				   {-.32f, y + tall},
				   {-.25f, y + .5f * tall}},
		&fin);
	rl_polygon(p, 3,
		   (const float[][2]){
			   {.05f, y - .8f * tall}, {-.2f, y - tall - .1f}, {-.25f, y - .5f * tall}},
		   &fin);
	rl_blob(p, 8,
		(const float[][2]){{.6f, y},
				   {.48f, y + .45f * tall},
				   {.15f, y + tall},
				   {-.25f, y + .6f * tall},
				   {-.5f, y + .05f},
				   {-.5f, y - .05f},
				   {-.2f, y - .7f * tall},
				   {.2f, y - tall}},
		&skin);
	rl_limb(p, .32f, y + .55f * tall, .012f, .28f, y, .015f, &gill);
	rl_limb(p, .28f, y, .015f, .32f, y - .55f * tall, .012f, &gill);
	rl_blob(p, 3, (const float[][2]){{.18f, y - .02f}, {-.08f, y + .05f}, {-.04f, y - .12f}},
		&fin);
	rl_limb(p, .58f, y - .04f, .01f, .46f, y - .07f, .01f, &gill);
	eye(p, r, .44f, y + .25f * tall, .042f);
}

static void flower(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material stem = rl_material_make(r, RL_FUR, .04f);
	struct rl_material leaf = rl_material_make(r, RL_FEATHERS, .08f);
	struct rl_material petal = rl_material_make(r, RL_STRIPES, .03f);
	struct rl_material heart = rl_material_make(r, RL_SPOTS, .035f);
	int petals = 5 + (int)rl_rng_below(r, 5);
	float x = rl_between(r, -.08f, .08f), y = rl_between(r, .68f, .76f);
	float reach = rl_between(r, .16f, .19f), turn = rl_between(r, 0, 1);
	float wide = 1.5f * reach / (float)petals * 2;

	rl_limb(p, 0, .02f, .022f, x / 3, .4f, .02f, &stem);
	rl_limb(p, x / 3, .4f, .02f, x, y, .018f, &stem);
	for (int side = -1; side <= 1; side += 2) {
		float s = (float)side, at = rl_between(r, .12f, .3f);

		leaf.angle = s * .5f + PI / 2;
		rl_blob(p, 4,
			(const float[][2]){{0, at},
					   {.14f * s, at + .15f},
					   {.32f * s, at + .16f},
					   {.18f * s, at + .02f}},
			&leaf);
	}
	for (int i = 0; i < petals; i++) {
		float a = turn + 2 * PI * (float)i / (float)petals;

		petal.angle = a;
		rl_ellipse(p, x + reach * cosf(a), y + reach * sinf(a), .13f, wide, a, &petal);
	}
	heart.round = 1;
	rl_ellipse(p, x, y, .105f, .105f, 0, &heart);
}

static void house(const struct rl_pen *p, struct rl_rng *r)
{
	static const enum rl_pattern walls[] = {RL_BRICKS, RL_PLANKS};
	struct rl_material wall = rl_material_make(r, walls[rl_rng_below(r, 2)], .06f);
	struct rl_material roof = rl_material_make(r, RL_SCALES, .09f);
	struct rl_material frame = bright(r, RL_WOOD, .1f), glass = dark(r, RL_GLASS, .1f);
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
	struct rl_material shade = bright(r, RL_STRIPES, rl_between(r, .03f, .06f));
	struct rl_material metal = rl_material_make(r, RL_GLASS, .1f);
	struct rl_material bulb = bright(r, RL_PLAIN, .2f);
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

static void person(const struct rl_pen *p, struct rl_rng *r)
{
	static const enum rl_pattern cloths[] = {RL_STRIPES, RL_CHECKS, RL_KNIT, RL_PLAIN};
	struct rl_material skin = rl_material_make(r, RL_PLAIN, .2f);
	struct rl_material hair = rl_material_make(r, RL_FUR, .03f), shoe = dark(r, RL_PLAIN, .1f);
	struct rl_material shirt = rl_material_make(r, cloths[rl_rng_below(r, 4)], .04f);
	struct rl_material trousers = rl_material_make(r, RL_KNIT, .025f);
	float hip = rl_between(r, .42f, .48f), stride = rl_between(r, .02f, .12f);
	float arm = rl_between(r, -.4f, 1), other = rl_between(r, -.4f, 1), sw = .12f;

	struct rl_material far_arm = rl_darker(shirt, .7f), far_leg = rl_darker(trousers, .7f);
	hair.angle = PI / 2;
	rl_limb(p, -sw, .76f, .04f, -sw - .1f, .62f - .1f * other, .035f, &far_arm);
	rl_limb(p, -sw - .1f, .62f - .1f * other, .03f, -sw - .06f + .1f * other,
		.46f + .2f * fabsf(other), .025f, &skin);
	rl_limb(p, -.05f, hip, .075f, -.06f - stride, .06f, .045f, &far_leg);
	rl_ellipse(p, -.03f - stride, .03f, .075f, .03f, 0, &shoe);
	rl_limb(p, .05f, hip, .075f, .06f + stride, .06f, .045f, &trousers);
	rl_ellipse(p, .09f + stride, .03f, .075f, .03f, 0, &shoe);
	rl_limb(p, 0, .78f, .035f, 0, .86f, .035f, &skin);
	rl_blob(p, 6,
		(const float[][2]){{-sw - .03f, .79f},
				   {sw + .03f, .79f},
				   {sw, .6f},
				   {sw - .01f, hip},
				   {-sw + .01f, hip},
				   {-sw, .6f}},
		&shirt);
	rl_limb(p, sw, .76f, .042f, sw + .1f, .62f - .1f * arm, .036f, &shirt);
	rl_limb(p, sw + .1f, .62f - .1f * arm, .03f, sw + .06f + .1f * arm, .46f + .2f * fabsf(arm),
		.025f, &skin);
	rl_ellipse(p, 0, .925f, .085f, .085f, 0, &hair);
	rl_ellipse(p, .01f, .905f, .068f, .08f, 0, &skin);
	eye(p, r, -.018f, .92f, .013f);
	eye(p, r, .042f, .92f, .013f);
	rl_limb(p, -.01f, .868f, .006f, .035f, .868f, .006f, &shoe);
}

const struct rl_thing rl_things[RL_THINGS] = {
	{"bicycle", "vehicle", .95f, 1, .1f, RL_ON_GROUND, bicycle},
	{"bird", "animal", .68f, 1.05f, .35f, RL_IN_AIR, bird},
	{"boat", "vehicle", .75f, 1.2f, .12f, RL_ON_GROUND, boat},
	{"car", "vehicle", 1, .78f, .06f, RL_ON_GROUND, car},
	{"chair", "furniture", .45f, 1.1f, .06f, RL_ON_GROUND, chair},
	{"clock", "appliance", .46f, 1.05f, .15f, RL_ANYWHERE, clock_face},
	{"dog", "animal", .9f, 1.1f, .08f, RL_ON_GROUND, dog},
	{"fish", "animal", .78f, .85f, .4f, RL_ANYWHERE, fish},
	{"flower", "plant", .4f, 1.08f, .15f, RL_ON_GROUND, flower},
	{"house", "building", .72f, 1.05f, .03f, RL_ON_GROUND, house},
	{"lamp", "appliance", .4f, 1.02f, .08f, RL_ON_GROUND, lamp},
	{"person", "person", .4f, 1.04f, .08f, RL_ON_GROUND, person},
};
