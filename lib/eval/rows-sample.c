#include "eval/rows.h"

#include "base/err.h"
#include "base/lowest.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* A row that is kept: which of all it is, and where in the block it lies. */
struct kept {
	size_t order, slot;
};

struct sample {
	struct rl_block block; /* room for as many as there may be, in no order */
	struct rl_lowest drawn;
	struct kept *kept; /* by slot */
	size_t seen;
};

static void copy(struct rl_block *to, size_t slot, const struct rl_block *from, size_t i)
{
	memcpy(to->x + slot * from->d, from->x + i * from->d, from->d * sizeof(*to->x));
	to->label[slot] = from->label[i];
	to->image[slot] = from->image[i];
	to->key[slot] = rl_strdup(from->key[i]);
	if (from->place)
		memcpy(to->place[slot], from->place[i], sizeof(*to->place));
}

static struct rl_block with_room(size_t n, size_t d, bool places)
{
	return (struct rl_block){.d = d,
				 .x = rl_realloc(NULL, n, d * sizeof(float)),
				 .label = rl_calloc(n, sizeof(int32_t)),
				 .key = rl_calloc(n, sizeof(char *)),
				 .image = rl_calloc(n, sizeof(size_t)),
				 .place = places ? rl_calloc(n, sizeof(float[4])) : NULL,
				 .room = n};
}

static void offer(struct sample *s, const struct rl_block *b, size_t i, uint64_t draw)
{
	const size_t order = s->seen++;

	if (!rl_lowest_wants(&s->drawn, draw))
		return;
	const size_t slot = rl_lowest_take(&s->drawn, draw);

	s->kept[slot] = (struct kept){order, slot};
	free(s->block.key[slot]);
	copy(&s->block, slot, b, i);
}

static void offer_block(struct sample *s, const struct rl_block *b, uint64_t seed)
{
	for (size_t i = 0; i < b->n;) {
		struct rl_rng r = rl_rng_make(seed, 0, rl_rng_id(b->key[i]), RL_RNG_QUERY);

		for (size_t end = rl_block_image_end(b, i); i < end; i++)
			offer(s, b, i, rl_rng_u64(&r));
	}
}

static int by_order(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

struct rl_block rl_rows_sample(struct rl_rows *r, size_t n, uint64_t seed)
{
	struct sample s = {.drawn = rl_lowest_new(n), .kept = rl_calloc(n, sizeof(*s.kept))};
	struct rl_block b = {0};

	while (rl_rows_read(r, 1024, &b)) {
		if (!s.block.room)
			s.block = with_room(n, b.d, b.place);
		offer_block(&s, &b, seed);
	}
	const size_t drawn = s.drawn.n;
	qsort(s.kept, drawn, sizeof(*s.kept), by_order);
	struct rl_block sorted = with_room(n, s.block.d, s.block.place);
	for (size_t i = 0; i < drawn; i++)
		copy(&sorted, i, &s.block, s.kept[i].slot);
	sorted.n = s.block.n = drawn;
	rl_block_free(&s.block);
	rl_block_free(&b);
	rl_lowest_free(&s.drawn);
	free(s.kept);
	return sorted;
}
