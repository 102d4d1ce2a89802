/*
 * A sample of a stream of unknown length: of what has a random number each, those with the
 * smallest.
 *
 * Which they are depends on the numbers alone, not on the order.  The items lie in slots of the
 * caller's, 0 to most - 1.
 */
#ifndef RL_BASE_LOWEST_H
#define RL_BASE_LOWEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_lowest {
	struct rl_lowest_item {
		uint64_t draw;
		size_t slot;
	} * heap; /* the largest number first */
	size_t n, most;
};

struct rl_lowest rl_lowest_new(size_t most);
void rl_lowest_free(struct rl_lowest *l);

/* Is an item of this number among them? */
bool rl_lowest_wants(const struct rl_lowest *l, uint64_t draw);

/* The slot for one that is wanted: a new one, the n-th, or that of the item which it takes the
 * place of. */
size_t rl_lowest_take(struct rl_lowest *l, uint64_t draw);

#endif
