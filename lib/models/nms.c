#include "models/nms.h"

#include "base/clones.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct ranked {
	float score;
	size_t index;
};

static int by_score(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

size_t *rl_rank(const float *score, size_t n)
{
	struct ranked *rank = rl_malloc((n + 1) * sizeof(*rank));
	size_t *index = rl_malloc((n + 1) * sizeof(*index));

	for (size_t i = 0; i < n; i++)
		rank[i] = (struct ranked){score[i], i};
	qsort(rank, n, sizeof(*rank), by_score);
	for (size_t i = 0; i < n; i++)
		index[i] = rank[i].index;
	free(rank);
	return index;
}

/* The boxes in order of score, coordinate by coordinate, so that one is compared with many at once.
 */
struct ordered {
	float *x1, *y1, *x2, *y2, *area;
	int32_t *class, *gone;
};

RL_CLONES
static void suppress(const struct ordered *o, size_t by, size_t n, float iou)
{
	const float x1 = o->x1[by], y1 = o->y1[by], x2 = o->x2[by], y2 = o->y2[by];
	const float area = o->area[by];
	const int32_t class = o->class[by];

#pragma omp simd
	for (size_t j = by + 1; j < n; j++) {
		float left = x1 > o->x1[j] ? x1 : o->x1[j], right = x2 < o->x2[j] ? x2 : o->x2[j];
		float top = y1 > o->y1[j] ? y1 : o->y1[j], bottom = y2 < o->y2[j] ? y2 : o->y2[j];
		float w = right > left ? right - left : 0, h = bottom > top ? bottom - top : 0;
		float common = w * h;

		o->gone[j] |=
			(common / (area + o->area[j] - common) > iou) & (o->class[j] == class);
	}
}

size_t rl_nms(const struct rl_box *box, const float *score, const int32_t *class, size_t n,
	      double iou, size_t most, size_t *keep)
{
	size_t *rank = rl_rank(score, n);
	float *room = rl_malloc((5 * n + 1) * sizeof(*room));
	int32_t *more = rl_calloc(2 * n + 1, sizeof(*more));
	struct ordered o = {room,         room + n, room + 2 * n, room + 3 * n,
			    room + 4 * n, more,     more + n};
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct rl_box *b = &box[rank[i]];

		o.x1[i] = b->x1;
		o.y1[i] = b->y1;
		o.x2[i] = b->x2;
		o.y2[i] = b->y2;
		o.area[i] = (b->x2 - b->x1) * (b->y2 - b->y1);
		o.class[i] = class ? class[rank[i]] : 0;
	}
	for (size_t i = 0; i < n && kept < most; i++) {
		if (o.gone[i])
			continue;
		keep[kept++] = rank[i];
		suppress(&o, i, n, (float)iou);
	}
	free(rank);
	free(room);
	free(more);
	return kept;
}
