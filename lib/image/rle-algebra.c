/* Areas, boxes, unions and intersections of masks, without a pixel of them. */
#include "image/rle.h"

#include "base/err.h"

#include <stdlib.h>

/* A place in a mask: `left` more pixels are inside or outside.  0 is the end. */
struct place {
	const uint32_t *next, *end;
	uint32_t left;
	bool inside;
};

/* Runs may be empty, so more than one may have to go. */
static void take(struct place *p, uint32_t pixels)
{
	p->left -= pixels;
	while (!p->left && p->next < p->end) {
		p->left = *p->next++;
		p->inside = !p->inside;
	}
}

static struct place start(const struct rl_rle *r)
{
	struct place p = {r->run, r->run + r->count, 0, true};

	take(&p, 0);
	return p;
}

/* The pixels ahead that are alike in both. */
static uint32_t alike(const struct place *a, const struct place *b)
{
	return a->left < b->left ? a->left : b->left;
}

uint64_t rl_rle_area(const struct rl_rle *r)
{
	uint64_t area = 0;

	for (size_t i = 1; i < r->count; i += 2)
		area += r->run[i];
	return area;
}

uint64_t rl_rle_common(const struct rl_rle *a, const struct rl_rle *b)
{
	struct place p = start(a), q = start(b);
	uint64_t common = 0;

	for (uint32_t n; (n = alike(&p, &q)); take(&p, n), take(&q, n))
		if (p.inside && q.inside)
			common += n;
	return common;
}

struct rl_rle rl_rle_union(const struct rl_rle *a, const struct rl_rle *b)
{
	struct place p = start(a), q = start(b);
	struct rl_rle u = {.count = 1, .run = rl_calloc(a->count + b->count + 1, sizeof(*u.run))};

	for (uint32_t n; (n = alike(&p, &q)); take(&p, n), take(&q, n)) {
		bool inside = p.inside || q.inside;

		u.count += inside == (u.count & 1); /* runs of even index are outside */
		u.run[u.count - 1] += n;
	}
	u.run = rl_realloc(u.run, u.count, sizeof(*u.run));
	return u;
}

void rl_rle_box(const struct rl_rle *r, int height, uint32_t box[4])
{
	uint32_t h = (uint32_t)height, left = UINT32_MAX, top = UINT32_MAX, right = 0, bottom = 0;
	uint64_t at = 0;

	for (size_t i = 0; i < r->count; at += r->run[i++]) {
		if (!(i & 1) || !r->run[i])
			continue;
		uint64_t last = at + r->run[i] - 1;
		uint32_t first_column = (uint32_t)(at / h), last_column = (uint32_t)(last / h);
		bool wraps = last_column > first_column;
		uint32_t high = wraps ? 0 : (uint32_t)(at % h);
		uint32_t low = wraps ? h - 1 : (uint32_t)(last % h);

		left = first_column < left ? first_column : left;
		right = last_column > right ? last_column : right;
		top = high < top ? high : top;
		bottom = low > bottom ? low : bottom;
	}
	bool some = left != UINT32_MAX;
	box[0] = some ? left : 0;
	box[1] = some ? top : 0;
	box[2] = some ? right - left + 1 : 0;
	box[3] = some ? bottom - top + 1 : 0;
}
