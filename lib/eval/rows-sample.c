#include "eval/rows.h"

#include "base/err.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* A row that is kept, and where in the block it lies. */
struct kept {
	uint64_t draw;
	size_t order, slot;
};

struct sample {
	struct rl_block block; /* room for `most`, in no order */
	struct kept *heap;     /* the largest number first */
	size_t n, most, seen;
};

static void sift_down(struct kept *at, size_t n, struct kept e)
{
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && at[child + 1].draw > at[child].draw)
			child++;
		if (e.draw >= at[child].draw)
			break;
		at[i] = at[child];
	}
	at[i] = e;
}

static void sift_up(struct kept *at, size_t i, struct kept e)
{
	for (; i && at[(i - 1) / 2].draw < e.draw; i = (i - 1) / 2)
		at[i] = at[(i - 1) / 2];
	at[i] = e;
}

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
	struct kept e = {draw, s->seen++, s->n};

	if (s->n < s->most) {
		copy(&s->block, e.slot, b, i);
		sift_up(s->heap, s->n++, e);
	} else if (draw < s->heap[0].draw) {
		e.slot = s->heap[0].slot;
		free(s->block.key[e.slot]);
		copy(&s->block, e.slot, b, i);
		sift_down(s->heap, s->n, e);
	}
}

static void offer_block(struct sample *s, const struct rl_block *b, uint64_t seed)
{
	for (size_t i = 0; i < b->n;) {
		struct rl_rng r = rl_rng_make(seed, 0, rl_rng_id(b->key[i]), RL_RNG_QUERY);

		for (size_t end = rl_block_image_end(b, i); i < end; i++) {
			uint64_t draw = (uint64_t)rl_rng_u32(&r) << 32;

			offer(s, b, i, draw | rl_rng_u32(&r));
		}
	}
}

static int by_order(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

struct rl_block rl_rows_sample(struct rl_rows *r, size_t n, uint64_t seed)
{
	struct sample s = {.most = n, .heap = rl_calloc(n, sizeof(*s.heap))};
	struct rl_block b = {0};

	while (rl_rows_read(r, 1024, &b)) {
		if (!s.block.room)
			s.block = with_room(n, b.d, b.place);
		offer_block(&s, &b, seed);
	}
	qsort(s.heap, s.n, sizeof(*s.heap), by_order);
	struct rl_block sorted = with_room(n, s.block.d, s.block.place);
	for (size_t i = 0; i < s.n; i++)
		copy(&sorted, i, &s.block, s.heap[i].slot);
	sorted.n = s.block.n = s.n;
	rl_block_free(&s.block);
	rl_block_free(&b);
	free(s.heap);
	return sorted;
}
