#include "base/order.h"

#include "base/err.h"
#include "base/rng.h"

#include <stdlib.h>

int64_t rl_order_per_epoch(const struct rl_order *o)
{
	return (o->count + o->shards - 1) / o->shards;
}

static void permute(struct rl_order *o, int64_t epoch)
{
	struct rl_rng r = rl_rng_make(o->seed, (uint32_t)epoch, 0, RL_RNG_SHUFFLE);

	if (!o->index)
		o->index = rl_realloc(NULL, (size_t)o->count, sizeof(*o->index));
	for (int64_t i = 0; i < o->count; i++)
		o->index[i] = i;
	rl_rng_shuffle(&r, o->index, (size_t)o->count);
	o->current = epoch + 1;
}

int64_t rl_order_at(struct rl_order *o, int64_t position, int64_t *epoch)
{
	int64_t length = rl_order_per_epoch(o);
	int64_t i = (position % length * o->shards + o->shard) % o->count;

	*epoch = position / length;
	if (!o->shuffle)
		return i;
	if (o->current != *epoch + 1)
		permute(o, *epoch);
	return o->index[i];
}

void rl_order_free(struct rl_order *o)
{
	free(o->index);
	o->index = NULL;
	o->current = 0;
}
