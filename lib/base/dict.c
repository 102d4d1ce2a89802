#include "base/dict.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct rl_dict_slot {
	const void *key; /* NULL: free */
	uint32_t size, hash;
	size_t value;
};

static struct rl_dict_slot *place(const struct rl_dict *d, const void *key, size_t size,
				  uint32_t hash)
{
	size_t i = hash & (d->room - 1);

	for (const struct rl_dict_slot *s; (s = &d->slot[i])->key; i = (i + 1) & (d->room - 1))
		if (s->hash == hash && s->size == size && !memcmp(s->key, key, size))
			break;
	return &d->slot[i];
}

static uint32_t hash_of(const void *key, size_t size)
{
	if (size > UINT32_MAX)
		rl_die("dictionary: a key of %zu bytes", size);
	return (uint32_t)XXH3_64bits(key, size);
}

static void grow(struct rl_dict *d)
{
	struct rl_dict old = *d;

	d->room = old.room ? 2 * old.room : 64;
	d->slot = rl_calloc(d->room, sizeof(*d->slot));
	for (size_t i = 0; i < old.room; i++) {
		const struct rl_dict_slot *s = &old.slot[i];

		if (s->key)
			*place(d, s->key, s->size, s->hash) = *s;
	}
	free(old.slot);
}

size_t rl_dict_add(struct rl_dict *d, const void *key, size_t size, size_t value)
{
	uint32_t hash = hash_of(key, size);

	if (3 * d->used >= 2 * d->room)
		grow(d);
	struct rl_dict_slot *s = place(d, key, size, hash);
	if (s->key)
		return s->value;
	*s = (struct rl_dict_slot){key, (uint32_t)size, hash, value};
	d->used++;
	return RL_DICT_NONE;
}

size_t rl_dict_find(const struct rl_dict *d, const void *key, size_t size)
{
	const struct rl_dict_slot *s = d->room ? place(d, key, size, hash_of(key, size)) : NULL;

	return s && s->key ? s->value : RL_DICT_NONE;
}

void rl_dict_free(struct rl_dict *d)
{
	free(d->slot);
	*d = (struct rl_dict){0};
}
