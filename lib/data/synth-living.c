#include "data/synth-living.h"

#include <math.h>

#define PI 3.14159265f

static void eye(const struct rl_pen *p, struct rl_rng *r, float x, float y, float radius)
{
	struct rl_material white = rl_bright(r, RL_PLAIN, 1), pupil = rl_dark(r, RL_PLAIN, 1);

	rl_ellipse(p, x, y, radius, radius, 0, &white);
	rl_ellipse(p, x + .25f * radius, y, .6f * radius, .6f * radius, 0, &pupil);
}

void rl_bird(const struct rl_pen *p, struct rl_rng *r)
{
	struct rl_material body = rl_material_make(r, RL_FUR, .05f);
	struct rl_material wing = rl_material_make(r, RL_FEATHERS, .1f);
	struct rl_material beak = rl_material_make(r, RL_PLAIN, .1f);
	struct rl_material belly = rl_bright(r, RL_FUR, .05f);
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

void rl_dog(const struct rl_pen *p, struct rl_rng *r)
{
	static const enum rl_pattern coats[] = {RL_FUR, RL_FUR, RL_SPOTS};
	struct rl_material coat = rl_material_make(r, coats[rl_rng_below(r, 3)], .06f);
	struct rl_material ear = rl_darker(coat, rl_between(r, .45f, .8f));
	struct rl_material nose = rl_dark(r, RL_PLAIN, .1f),
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

void rl_fish(const struct rl_pen *p, struct rl_rng *r)
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

void rl_flower(const struct rl_pen *p, struct rl_rng *r)
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

void rl_person(const struct rl_pen *p, struct rl_rng *r)
{
	static const enum rl_pattern cloths[] = {RL_STRIPES, RL_CHECKS, RL_KNIT, RL_PLAIN};
	struct rl_material skin = rl_material_make(r, RL_PLAIN, .2f);
	struct rl_material hair = rl_material_make(r, RL_FUR, .03f),
			   shoe = rl_dark(r, RL_PLAIN, .1f);
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
