#include "stream/keyset.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct rl_keyset_slot {
	XXH128_hash_t hash; /* all zero: free */
};

static XXH128_hash_t hash_of(const char *key)
{
	XXH128_hash_t h = XXH3_128bits(key, strlen(key));

	h.low64 |= !h.low64;
	return h;
}

/* Where the hash is, or would be. */
static XXH128_hash_t *find(const struct rl_keyset *s, XXH128_hash_t h)
{
	size_t i = h.low64 & (s->size - 1);

	while (s->slot[i].hash.low64 && !XXH128_isEqual(s->slot[i].hash, h))
		i = (i + 1) & (s->size - 1);
	return &s->slot[i].hash;
}

static void grow(struct rl_keyset *s)
{
	struct rl_keyset old = *s;

	s->size = old.size ? 2 * old.size : 64;
	s->slot = rl_calloc(s->size, sizeof(*s->slot));
	for (size_t i = 0; i < old.size; i++)
		if (old.slot[i].hash.low64)
			*find(s, old.slot[i].hash) = old.slot[i].hash;
	free(old.slot);
}

bool rl_keyset_add(struct rl_keyset *s, const char *key)
{
	XXH128_hash_t h = hash_of(key);

	if (2 * s->used >= s->size)
		grow(s);
	XXH128_hash_t *at = find(s, h);
	if (at->low64)
		return false;
	*at = h;
	s->used++;
	return true;
}

bool rl_keyset_has(const struct rl_keyset *s, const char *key)
{
	return s->used && find(s, hash_of(key))->low64;
}

void rl_keyset_free(struct rl_keyset *s)
{
	free(s->slot);
	*s = (struct rl_keyset){0};
}
