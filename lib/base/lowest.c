#include "base/lowest.h"

#include "base/err.h"

#include <stdlib.h>

struct rl_lowest rl_lowest_new(size_t most)
{
	return (struct rl_lowest){.heap = rl_calloc(most, sizeof(struct rl_lowest_item)),
				  .most = most};
}

void rl_lowest_free(struct rl_lowest *l)
{
	free(l->heap);
}

bool rl_lowest_wants(const struct rl_lowest *l, uint64_t draw)
{
	return l->n < l->most || draw < l->heap[0].draw;
}

static void sift_down(struct rl_lowest_item *at, size_t n, struct rl_lowest_item e)
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

static void sift_up(struct rl_lowest_item *at, size_t i, struct rl_lowest_item e)
{
	for (; i && at[(i - 1) / 2].draw < e.draw; i = (i - 1) / 2)
		at[i] = at[(i - 1) / 2];
	at[i] = e;
}

size_t rl_lowest_take(struct rl_lowest *l, uint64_t draw)
{
	struct rl_lowest_item e = {draw, l->n};

	if (l->n < l->most) {
		sift_up(l->heap, l->n++, e);
		return e.slot;
	}
	e.slot = l->heap[0].slot;
	sift_down(l->heap, l->n, e);
	return e.slot;
}
