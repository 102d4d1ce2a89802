/*
 * Things to be discovered: class folders in whose pictures each category is one and the same
 * object, pasted whole at any place before another backdrop in each; and the same backdrops without
 * any.
 */
#include "data/synth-backdrop.h"
#include "data/synth-things.h"
#include "data/synth-write.h"

#include "base/progress.h"

#include <inttypes.h>
#include <math.h>

static const float LARGE = 0.6f; /* the object's longer side over the picture's shorter one */

/* Soft blotches of a few colours under coarse grain. */
static void blotches(struct rl_layer *l, struct rl_rng *r)
{
	float base[3], depth[3], fine = rl_between(r, 2, 12), grain = rl_between(r, .02f, .3f);
	uint32_t seed[4];

	for (int k = 0; k < 3; k++) {
		base[k] = rl_between(r, .2f, .8f);
		depth[k] = rl_between(r, -.8f, .8f);
	}
	for (int k = 0; k < 4; k++)
		seed[k] = rl_rng_u32(r);
	for (int y = 0; y < l->h; y++)
		for (int x = 0; x < l->w; x++) {
			float *rgba = l->rgba + 4 * ((size_t)y * (size_t)l->w + (size_t)x);
			float u = fine * (float)x / (float)l->h, v = fine * (float)y / (float)l->h;
			uint32_t bits = rl_lattice(x, y, seed[3]);

			for (int k = 0; k < 3; k++) {
				float rough = (float)(bits >> 8 * k & 255) / 255 - .5f;

				rgba[k] = rl_unit(base[k] +
						  depth[k] * (rl_fractal(u, v, seed[k]) - .5f) +
						  grain * rough);
			}
			rgba[3] = 1;
		}
}

/* Always the same object: it has its own random numbers, of its category. */
static void plant(struct rl_layer *picture, uint64_t seed, const struct rl_thing *thing,
		  struct rl_rng *r)
{
	struct rl_rng look = rl_rng_make(seed, 1, (uint64_t)(thing - rl_things), RL_RNG_SYNTH);
	float shorter = (float)(picture->w < picture->h ? picture->w : picture->h);
	float scale = LARGE * shorter / fmaxf(2 * thing->half_width, thing->height);
	float half = scale * thing->half_width, tall = scale * thing->height;
	float x = floorf(half + rl_between(r, 0, 1) * ((float)picture->w - 2 * half));
	float base = floorf(tall + rl_between(r, 0, 1) * ((float)picture->h - tall));
	struct rl_layer l;

	rl_layer_init(&l, (int)(x - 1.2f * half), (int)(base - 1.2f * tall), (int)(2.4f * half) + 2,
		      (int)(1.4f * tall) + 2);
	struct rl_pen p = rl_pen_make(&l, x, base, scale);
	p.light[0] = .4f;
	p.light[1] = .6f;
	thing->draw(&p, &look);
	rl_layer_over(picture, &l);
	rl_layer_free(&l);
}

static void draw(const struct rl_synth_set *set, int64_t number, bool planted,
		 struct rl_synth_scene *out)
{
	struct rl_rng r = rl_rng_make(set->seed, 0, (uint64_t)number, RL_RNG_SYNTH);
	int member = set->cast.member[number % set->cast.count];
	struct rl_layer l;

	*out = (struct rl_synth_scene){.image = rl_image_new(set->height, set->width)};
	rl_layer_init(&l, 0, 0, set->width, set->height);
	if (!planted || rl_chance(&r, .5f))
		blotches(&l, &r);
	else
		rl_backdrop(&l, (float[2]){.4f, .6f}, &r);
	if (planted)
		plant(&l, set->seed, &rl_things[member], &r);
	for (size_t i = 0; i < (size_t)set->width * (size_t)set->height; i++)
		for (size_t k = 0; k < 3; k++)
			out->image.data[3 * i + k] =
				(uint8_t)(255 * rl_unit(l.rgba[4 * i + k]) + .5f);
	out->quality = 60 + (int)rl_rng_below(&r, 36);
	rl_layer_free(&l);
}

static void write_all(const struct rl_synth_set *set, bool planted)
{
	int64_t n = set->train + set->val, done = 0;
	struct rl_progress progress = rl_progress_start("images", n, set->quiet);

#pragma omp parallel for schedule(dynamic)
	for (int64_t i = 0; i < n; i++) {
		const char *part = i < set->train ? "train" : "val";
		int category = (int)(i % set->cast.count);
		const char *class = planted ? rl_synth_category(&set->cast, category) : "nothing";
		struct rl_synth_scene scene;

		draw(set, i, planted, &scene);
		rl_synth_mkdir(set, "%s/%s", part, class);
		rl_synth_jpeg(set, &scene,
			      rl_synth_open(set, "%s/%s/%06" PRId64 ".jpg", part, class, i + 1));
		rl_synth_free(&scene);
#pragma omp critical
		rl_progress_show(&progress, ++done);
	}
	rl_progress_end(&progress, done);
}

void rl_synth_write_planted(const struct rl_synth_set *set)
{
	write_all(set, true);
}

void rl_synth_write_noise(const struct rl_synth_set *set)
{
	write_all(set, false);
}
