#include "base/order.h"

#include "base/err.h"
#include "base/rng.h"

#include <stdlib.h>

int64_t rl_order_per_epoch(const struct rl_order *o)
{
	return (o->count + o->shards - 1) / o->shards;
}

/* Groups in the order in which they fill up, then what fills none. */
static void group_kinds(const struct rl_order *o, int64_t *to)
{
	int64_t *waiting[2], n[2] = {0, 0};

	for (int k = 0; k < 2; k++)
		waiting[k] = rl_realloc(NULL, (size_t)o->group, sizeof(**waiting));
	for (int64_t i = 0; i < o->count; i++) {
		int k = o->kind[o->index[i]];

		waiting[k][n[k]++] = o->index[i];
		if (n[k] < o->group)
			continue;
		while (n[k])
			*to++ = waiting[k][o->group - n[k]--];
	}
	for (int k = 0; k < 2; k++) {
		for (int64_t i = 0; i < n[k]; i++)
			*to++ = waiting[k][i];
		free(waiting[k]);
	}
}

/* Whole groups go round the shards, of which each sees every shards-th sample. */
static void deal_groups(struct rl_order *o)
{
	int64_t *row = rl_realloc(NULL, (size_t)o->count, sizeof(*row)),
		round = o->group * o->shards;

	group_kinds(o, row);
	for (int64_t i = 0; i < o->count; i++) {
		int64_t at = i % round;

		if (i < o->count / round * round)
			at = at % o->group * o->shards + at / o->group;
		o->index[i / round * round + at] = row[i];
	}
	free(row);
}

static void permute(struct rl_order *o, int64_t epoch)
{
	struct rl_rng r = rl_rng_make(o->seed, (uint32_t)epoch, 0, RL_RNG_SHUFFLE);

	if (!o->index)
		o->index = rl_realloc(NULL, (size_t)o->count, sizeof(*o->index));
	for (int64_t i = 0; i < o->count; i++)
		o->index[i] = i;
	rl_rng_shuffle(&r, o->index, (size_t)o->count);
	if (o->kind)
		deal_groups(o);
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
