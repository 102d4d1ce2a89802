/*
 * Counter-based random numbers: a draw is a pure function of (seed, epoch, key, purpose, counter),
 * so the same sample gets the same crop whatever the threads, shards or resume point.
 *
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011.
 */
#ifndef RL_BASE_RNG_H
#define RL_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rl_rng {
	uint32_t key[2];     /* from the seed */
	uint32_t counter[4]; /* block number, epoch-and-purpose, sample hash (64 bits) */
	uint32_t block[4];
	int used; /* words of block already handed out */
};

/* One purpose for each use of randomness, so that no two uses share draws.  Values are part of what
 * a seed means: never renumber. */
enum rl_purpose {
	RL_RNG_SHUFFLE = 1,
	RL_RNG_CROP = 2,
	RL_RNG_GREY = 3,
	RL_RNG_JITTER = 4,
	RL_RNG_INIT = 5,
	RL_RNG_DROPOUT = 6,
	RL_RNG_LOWSHOT = 7,
	RL_RNG_SVM = 8,
	RL_RNG_SYNTH = 9,
	RL_RNG_AUGMENT = 10,
	RL_RNG_HOLDOUT = 11,
	RL_RNG_SAMPLE = 12, /* of anchors and regions that a detector learns from */
	RL_RNG_BOOTSTRAP = 13,
	RL_RNG_CONSTELLATION = 14, /* which patches to search for */
	RL_RNG_PERMUTE = 15,       /* matches among images, for a null */
	RL_RNG_QUERY = 16,         /* which rows to ask for */
};

/* `id` says which sample or tensor: rl_rng_id() of its key, or an index. */
struct rl_rng rl_rng_make(uint64_t seed, uint32_t epoch, uint64_t id, enum rl_purpose purpose);
uint64_t rl_rng_id(const char *key);

uint32_t rl_rng_u32(struct rl_rng *r);
uint64_t rl_rng_u64(struct rl_rng *r);               /* of two, the first above */
uint32_t rl_rng_below(struct rl_rng *r, uint32_t n); /* uniform 0..n-1, exact; n >= 1 */
double rl_rng_uniform(struct rl_rng *r);             /* [0, 1), 32 bits */
double rl_rng_normal(struct rl_rng *r);              /* N(0, 1), Box-Muller, one of each pair */

/* The raw block function, for known-answer tests and for vectorised bulk use. */
void rl_philox4x32(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

/* Fisher-Yates of n indices. */
void rl_rng_shuffle(struct rl_rng *r, int64_t *index, size_t n);

#endif
