#include "eval/constellation.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NEAR = 0.125; /* of a side */
static const double ALIKE = 0.02; /* of a side: as much as rounding to pixels may make of it */

/* The place of the same size nearest to (x, y), less than NEAR away along both axes. */
static bool nearest(const float (*place)[4], size_t n, double x, double y, double width,
		    double height, size_t *found)
{
	double best = INFINITY;

	for (size_t j = 0; j < n; j++) {
		double dx = fabs((double)place[j][0] - x), dy = fabs((double)place[j][1] - y);

		if (dx >= NEAR * width || dy >= NEAR * height || dx + dy >= best ||
		    fabs((double)(place[j][2] - place[j][0]) - width) > ALIKE * width ||
		    fabs((double)(place[j][3] - place[j][1]) - height) > ALIKE * height)
			continue;
		best = dx + dy;
		*found = j;
	}
	return best < INFINITY;
}

bool rl_constellation_at(const float (*place)[4], size_t n, size_t first, size_t member[4])
{
	const float *at = place[first];
	double width = (double)(at[2] - at[0]), height = (double)(at[3] - at[1]);

	member[0] = first;
	for (int i = 1; i < 4; i++)
		if (!nearest(place, n, i & 1 ? (double)at[2] : (double)at[0],
			     i & 2 ? (double)at[3] : (double)at[1], width, height, &member[i]))
			return false;
	return true;
}

struct rl_constellations rl_constellations_new(size_t most, uint64_t seed)
{
	return (struct rl_constellations){.at = rl_calloc(most, sizeof(struct rl_constellation)),
					  .drawn = rl_lowest_new(most),
					  .seed = seed};
}

static void take(struct rl_constellations *c, const struct rl_block *b, size_t begin,
		 const size_t member[4], uint64_t draw)
{
	struct rl_constellation *e = &c->at[rl_lowest_take(&c->drawn, draw)];

	c->n = c->drawn.n;
	free(e->key);
	e->key = rl_strdup(b->key[begin]);
	e->draw = draw;
	if (!e->x)
		e->x = rl_realloc(NULL, 4 * b->d, sizeof(*e->x));
	for (int i = 0; i < 4; i++) {
		size_t row = begin + member[i];

		memcpy(e->place[i], b->place[row], sizeof(e->place[i]));
		memcpy(e->x + (size_t)i * b->d, b->x + row * b->d, b->d * sizeof(*e->x));
	}
}

static void show_image(struct rl_constellations *c, const struct rl_block *b, size_t begin,
		       size_t end)
{
	struct rl_rng r = rl_rng_make(c->seed, 0, rl_rng_id(b->key[begin]), RL_RNG_CONSTELLATION);
	size_t member[4];

	for (size_t j = begin; j < end; j++) {
		const uint64_t draw = rl_rng_u64(&r);

		if (rl_lowest_wants(&c->drawn, draw) &&
		    rl_constellation_at((const float(*)[4])b->place + begin, end - begin, j - begin,
					member))
			take(c, b, begin, member, draw);
	}
}

void rl_constellations_show(struct rl_constellations *c, const struct rl_block *b)
{
	c->d = b->d;
	for (size_t i = 0, end; i < b->n; i = end) {
		end = rl_block_image_end(b, i);
		show_image(c, b, i, end);
	}
}

static int by_draw(const void *a, const void *b)
{
	uint64_t x = ((const struct rl_constellation *)a)->draw;
	uint64_t y = ((const struct rl_constellation *)b)->draw;

	return (x > y) - (x < y);
}

void rl_constellations_finish(struct rl_constellations *c)
{
	qsort(c->at, c->n, sizeof(*c->at), by_draw);
}

void rl_constellations_free(struct rl_constellations *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->at[i].key);
		free(c->at[i].x);
	}
	free(c->at);
	rl_lowest_free(&c->drawn);
}
