#include "eval/discover.h"

#include "base/err.h"

#include <cblas.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL = 64 }; /* constellations in a product */

struct heap {
	struct rl_match *at; /* the first is the one to go next */
	size_t n;
};

struct rl_search {
	const struct rl_constellations *of;
	const struct rl_copies *copies;
	uint32_t *own; /* [n], the copies' groups of the constellations' images */
	size_t top, d;
	float *query; /* [4 n,d] */
	struct heap *heap;
	struct rl_match *matches; /* [n,top], the heaps' memory */
};

struct rl_search *rl_search_new(const struct rl_constellations *c, size_t top,
				const struct rl_copies *copies)
{
	struct rl_search *s = rl_calloc(1, sizeof(*s));

	if (c->d > INT_MAX)
		rl_die("%zu features: too many for BLAS", c->d);
	*s = (struct rl_search){.of = c, .copies = copies, .top = top, .d = c->d};
	s->query = rl_realloc(NULL, 4 * c->n, c->d * sizeof(*s->query));
	s->matches = rl_realloc(NULL, c->n, top * sizeof(*s->matches));
	s->own = rl_malloc(c->n * sizeof(*s->own));
	s->heap = rl_calloc(c->n, sizeof(*s->heap));
	for (size_t i = 0; i < c->n; i++) {
		memcpy(s->query + 4 * i * c->d, c->at[i].x, 4 * c->d * sizeof(*s->query));
		s->heap[i].at = s->matches + i * top;
		s->own[i] = rl_copies_group(copies, c->at[i].key);
	}
	return s;
}

static bool better(const struct rl_match *a, const struct rl_match *b)
{
	return a->score > b->score || (a->score == b->score && a->image < b->image);
}

/* *e, which is better than what was there, in the place of entry i. */
static void replace(struct rl_match *at, size_t n, size_t i, const struct rl_match *e)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && better(&at[child], &at[child + 1]))
			child++;
		if (!better(e, &at[child]))
			break;
		at[i] = at[child];
	}
	at[i] = *e;
}

static void sift_up(struct rl_match *at, size_t i, const struct rl_match *e)
{
	for (; i && better(&at[(i - 1) / 2], e); i = (i - 1) / 2)
		at[i] = at[(i - 1) / 2];
	at[i] = *e;
}

/* The entry that is a copy, or h->n. */
static size_t find_group(const struct heap *h, uint32_t group)
{
	size_t i = group ? 0 : h->n;

	while (i < h->n && h->at[i].group != group)
		i++;
	return i;
}

/* The image of rows begin to end - 1; product[4][n of the block] is the constellation's. */
static void meet(const struct rl_search *s, struct heap *h, const struct rl_block *b, size_t begin,
		 size_t end, uint32_t group, const float *product)
{
	struct rl_match m = {.image = (uint32_t)b->image[begin], .group = group};
	size_t best[4];

	for (size_t i = 0; i < 4; i++) {
		const float *row = product + i * b->n;

		best[i] = begin;
		for (size_t j = begin + 1; j < end; j++)
			if (row[j] > row[best[i]])
				best[i] = j;
		m.score += row[best[i]];
	}
	const size_t copy = find_group(h, group);
	if (copy < h->n ? !better(&m, &h->at[copy]) : h->n == s->top && !better(&m, &h->at[0]))
		return;
	for (size_t i = 0; i < 4; i++)
		memcpy(m.place[i], b->place[best[i]], sizeof(m.place[i]));
	if (copy < h->n)
		replace(h->at, h->n, copy, &m);
	else if (h->n < s->top)
		sift_up(h->at, h->n++, &m);
	else
		replace(h->at, h->n, 0, &m);
}

/* group[n of the block]: of each image's first row. */
static void meet_all(const struct rl_search *s, size_t constellation, const struct rl_block *b,
		     const uint32_t *group, const float *product)
{
	const char *own = s->of->at[constellation].key;

	for (size_t i = 0, end; i < b->n; i = end) {
		end = rl_block_image_end(b, i);
		if (strcmp(b->key[i], own) && !(group[i] && group[i] == s->own[constellation]))
			meet(s, &s->heap[constellation], b, i, end, group[i], product);
	}
}

static uint32_t *groups_of(const struct rl_copies *c, const struct rl_block *b)
{
	uint32_t *group = rl_calloc(b->n, sizeof(*group));

	for (size_t i = 0; i < b->n; i = rl_block_image_end(b, i))
		group[i] = rl_copies_group(c, b->key[i]);
	return group;
}

/* Within a parallel region OpenBLAS runs each call on the calling thread alone. */
void rl_search_show(struct rl_search *s, const struct rl_block *b)
{
	size_t n = s->of->n;

	if (b->n > INT_MAX)
		rl_die("%zu patches in a block: too many for BLAS", b->n);
	uint32_t *group = groups_of(s->copies, b);
#pragma omp parallel
	{
		float *product = rl_aligned(4 * PANEL * b->n * sizeof(*product));

#pragma omp for schedule(dynamic)
		for (size_t i = 0; i < n; i += PANEL) {
			size_t m = n - i < PANEL ? n - i : PANEL;

			cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)(4 * m),
				    (int)b->n, (int)s->d, 1, s->query + 4 * i * s->d, (int)s->d,
				    b->x, (int)s->d, 0, product, (int)b->n);
			for (size_t k = 0; k < m; k++)
				meet_all(s, i + k, b, group, product + 4 * k * b->n);
		}
		free(product);
	}
	free(group);
}

static int by_score(const void *a, const void *b)
{
	return better(b, a) - better(a, b);
}

struct rl_match *rl_search_matches(struct rl_search *s, size_t constellation, size_t *n)
{
	struct heap *h = &s->heap[constellation];

	*n = h->n;
	if (h->n)
		qsort(h->at, h->n, sizeof(*h->at), by_score);
	for (size_t i = 0; i < h->n; i++)
		h->at[i].square = rl_square_fit((const float(*)[4])h->at[i].place);
	return h->at;
}

void rl_search_free(struct rl_search *s)
{
	free(s->query);
	free(s->own);
	free(s->heap);
	free(s->matches);
	free(s);
}
