/*
 * A set of keys, by 128 bits of a hash of each: whole keys of a million images are not worth
 * keeping when 128 bits tell them apart.  32 to 64 bytes a key; a zeroed struct is an empty set.
 */
#ifndef RL_STREAM_KEYSET_H
#define RL_STREAM_KEYSET_H

#include <stdbool.h>
#include <stddef.h>

struct rl_keyset {
	struct rl_keyset_slot *slot;
	size_t used, size; /* keys; slots, a power of two */
};

/* False when the key is there already. */
bool rl_keyset_add(struct rl_keyset *s, const char *key);
bool rl_keyset_has(const struct rl_keyset *s, const char *key);
void rl_keyset_free(struct rl_keyset *s);

#endif
