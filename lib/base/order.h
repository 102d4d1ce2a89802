/*
 * Which sample comes when: epochs, shuffling, shards and where to resume, as pure functions of the
 * options, so that every run and every rank agrees without talking.
 */
#ifndef RL_BASE_ORDER_H
#define RL_BASE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/* Samples 0 ... count-1, epochs times over.  An epoch's order is the list's own, or a permutation
 * that depends on (seed, epoch) alone.  Sharding pads it cyclically to a multiple of shards, so
 * that all are of one length, and deals it out like cards: the next B samples of each of n shards
 * are together the next n*B of the whole, so a training step sees the same samples on any number of
 * ranks.  (The reference cuts contiguous slices: of a shuffled list the same distribution.) */
struct rl_order {
	int64_t count, epochs; /* at least 1; count below 2^32, epochs below 2^24 */
	bool shuffle;
	uint64_t seed;
	int64_t shard, shards;

	/* Of each sample 0 or 1, or NULL.  Then a shuffled epoch is dealt in groups: of each shard
	 * every `group` samples in a row, counted from the epoch's first, are of one kind, but for
	 * what is left at the end.  Borrowed. */
	const uint8_t *kind;
	int64_t group;

	/* private: the permutation of epoch `current` - 1; zero to begin with */
	int64_t *index, current;
};

int64_t rl_order_per_epoch(const struct rl_order *o); /* of this shard */

/* Sample number and epoch at a position of this shard's whole sequence, 0 to
 * epochs * rl_order_per_epoch() - 1.  Cheap as long as positions of an epoch follow each other. */
int64_t rl_order_at(struct rl_order *o, int64_t position, int64_t *epoch);

void rl_order_free(struct rl_order *o);

#endif
