/*
 * A hash table from byte strings to numbers, in linear time and without copies: keys are borrowed
 * and must stay where they are.  A zeroed struct is an empty dictionary; free it with
 * rl_dict_free().  An entry costs 24 bytes, at most two thirds of the slots are used.
 */
#ifndef RL_BASE_DICT_H
#define RL_BASE_DICT_H

#include <stddef.h>
#include <stdint.h>

#define RL_DICT_NONE SIZE_MAX /* not in the dictionary; no value may be this */

struct rl_dict {
	struct rl_dict_slot *slot;
	size_t used, room;
};

/* RL_DICT_NONE when the key is new and now has the value; else the value it has had, and keeps. */
size_t rl_dict_add(struct rl_dict *d, const void *key, size_t size, size_t value);
size_t rl_dict_find(const struct rl_dict *d, const void *key, size_t size);
void rl_dict_free(struct rl_dict *d);

#endif
