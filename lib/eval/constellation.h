/*
 * Constellations: 2 x 2 patches of an image that lie side by side, drawn at random from a stream of
 * patches of unknown length.
 *
 * Every constellation there is has the same chance, whatever its image, and which are drawn is a
 * function of the seed, the images' keys and their places alone: those whose random numbers are the
 * smallest.
 */
#ifndef RL_EVAL_CONSTELLATION_H
#define RL_EVAL_CONSTELLATION_H

#include "base/lowest.h"
#include "eval/rows.h"

struct rl_constellation {
	char *key;         /* of its image */
	float place[4][4]; /* x1 y1 x2 y2, top left, top right, bottom left, bottom right */
	float *x;          /* [4,d], the patches' rows */
	uint64_t draw;     /* its random number */
};

struct rl_constellations {
	struct rl_constellation *at; /* ascending by draw when finished */
	size_t n, d;
	uint64_t seed;
	struct rl_lowest drawn; /* which are kept so far, and where */
};

/* To draw up to `most` with this seed. */
struct rl_constellations rl_constellations_new(size_t most, uint64_t seed);

/* Show a block of whole images. */
void rl_constellations_show(struct rl_constellations *c, const struct rl_block *b);

/* After all were shown. */
void rl_constellations_finish(struct rl_constellations *c);
void rl_constellations_free(struct rl_constellations *c);

/* The patches of which place[n][4]'s number `first` is the top left: of its size, within an eighth
 * of it of where they would share edges, the nearest to that.  False when there are not four. */
bool rl_constellation_at(const float (*place)[4], size_t n, size_t first, size_t member[4]);

#endif
