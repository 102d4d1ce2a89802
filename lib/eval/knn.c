#include "eval/knn.h"

#include "base/clones.h"
#include "base/err.h"

#include <cblas.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PANEL = 1024, /* queries in a matrix product */
	LANES = 8,    /* of the sum in double */
};

struct heap {
	struct rl_neighbour *at; /* the least near is the first */
	size_t n;
};

struct rl_knn {
	const float *query;
	char *const *key;
	size_t n, d, k;
	size_t offered;
	struct heap *heap;
	struct rl_neighbour *neighbours; /* [n,k], the heaps' memory */
	float *product;                  /* [PANEL, rows of the largest block so far] */
	size_t room;
	double slack; /* a float similarity is off by no more */
};

bool rl_knn_unit(float *x, size_t d)
{
	double sum = 0;

	for (size_t j = 0; j < d; j++)
		sum += (double)x[j] * (double)x[j];
	if (sum == 0)
		return false;
	double norm = sqrt(sum);
	for (size_t j = 0; j < d; j++)
		x[j] = (float)((double)x[j] / norm);
	return true;
}

struct rl_knn *rl_knn_new(const float *query, size_t n, size_t d, size_t k, char *const *key)
{
	struct rl_knn *q = rl_calloc(1, sizeof(*q));

	if (n > INT_MAX || d > INT_MAX)
		rl_die("neighbours: %zu queries of %zu features: too large for BLAS", n, d);
	*q = (struct rl_knn){.query = query, .key = key, .n = n, .d = d, .k = k};
	q->neighbours = rl_realloc(NULL, n, k * sizeof(*q->neighbours));
	q->heap = rl_calloc(n, sizeof(*q->heap));
	for (size_t i = 0; i < n; i++)
		q->heap[i].at = q->neighbours + i * k;
	/* A sum of d products in any order is off by at most d u / (1 - d u) of the sum of their
	 * magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 3.1), which is at
	 * most 1 and a rounding for unit rows; u = FLT_EPSILON / 2. */
	q->slack = 1.01 * (double)d * FLT_EPSILON / 2 + FLT_EPSILON;
	return q;
}

RL_CLONES
static double dot(const float *a, const float *b, size_t d)
{
	double lane[LANES] = {0}, sum = 0;
	size_t j = 0;

	for (; j + LANES <= d; j += LANES)
		for (size_t l = 0; l < LANES; l++)
			lane[l] += (double)a[j + l] * (double)b[j + l];
	for (; j < d; j++)
		sum += (double)a[j] * (double)b[j];
	for (size_t l = 0; l < LANES; l++)
		sum += lane[l];
	return sum;
}

static bool nearer(const struct rl_neighbour *a, const struct rl_neighbour *b)
{
	return a->similarity > b->similarity || (a->similarity == b->similarity && a->row < b->row);
}

/* Put e at the hole i of a heap of n, moving the less near of its children up. */
static void sift_down(struct rl_neighbour *at, size_t n, size_t i, struct rl_neighbour e)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && nearer(&at[child], &at[child + 1]))
			child++;
		if (!nearer(&e, &at[child]))
			break;
		at[i] = at[child];
	}
	at[i] = e;
}

static void sift_up(struct rl_neighbour *at, size_t i, struct rl_neighbour e)
{
	for (; i && nearer(&at[(i - 1) / 2], &e); i = (i - 1) / 2)
		at[i] = at[(i - 1) / 2];
	at[i] = e;
}

struct offer {
	const float *x;
	const int32_t *label;
	char *const *key;
	const size_t *group; /* NULL: each row is one */
	size_t n;
};

static void push(const struct rl_knn *q, struct heap *h, const struct rl_neighbour *e)
{
	if (h->n < q->k)
		sift_up(h->at, h->n++, *e);
	else if (nearer(e, &h->at[0]))
		sift_down(h->at, h->n, 0, *e);
}

static float least_product(const struct rl_knn *q, const struct heap *h)
{
	return h->n == q->k ? (float)(h->at[0].similarity - q->slack) : -INFINITY;
}

static void scan(const struct rl_knn *q, size_t i, const float *product, const struct offer *o)
{
	struct heap *h = &q->heap[i];
	float least = least_product(q, h);
	struct rl_neighbour best = {0}; /* of the group of row j */
	bool any = false;

	for (size_t j = 0; j < o->n; j++) {
		bool last = !o->group || j + 1 == o->n || o->group[j + 1] != o->group[j];

		if (product[j] >= least && !(o->key && q->key && !strcmp(o->key[j], q->key[i]))) {
			struct rl_neighbour e = {dot(q->query + i * q->d, o->x + j * q->d, q->d),
						 q->offered + j, o->label[j]};

			if (!any || nearer(&e, &best))
				best = e;
			any = true;
		}
		if (last && any) {
			push(q, h, &best);
			least = least_product(q, h);
			any = false;
		}
	}
}

void rl_knn_offer_groups(struct rl_knn *q, const float *x, const int32_t *label, char *const *key,
			 const size_t *group, size_t n)
{
	const struct offer o = {x, label, key, group, n};

	if (n > q->room) {
		free(q->product);
		q->product = rl_aligned(PANEL * n * sizeof(*q->product));
		q->room = n;
	}
	for (size_t i = 0; i < q->n; i += PANEL) {
		size_t m = q->n - i < PANEL ? q->n - i : PANEL;

		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)q->d, 1,
			    q->query + i * q->d, (int)q->d, x, (int)q->d, 0, q->product, (int)n);
#pragma omp parallel for schedule(dynamic, 8)
		for (size_t p = 0; p < m; p++)
			scan(q, i + p, q->product + p * n, &o);
	}
	q->offered += n;
}

void rl_knn_offer(struct rl_knn *q, const float *x, const int32_t *label, char *const *key,
		  size_t n)
{
	rl_knn_offer_groups(q, x, label, key, NULL, n);
}

static int by_nearness(const void *a, const void *b)
{
	return nearer(b, a) - nearer(a, b);
}

const struct rl_neighbour *rl_knn_nearest(struct rl_knn *q, size_t query, size_t *count)
{
	struct heap *h = &q->heap[query];

	if (h->n)
		qsort(h->at, h->n, sizeof(*h->at), by_nearness);
	*count = h->n;
	return h->at;
}

void rl_knn_free(struct rl_knn *q)
{
	free(q->neighbours);
	free(q->heap);
	free(q->product);
	free(q);
}

size_t rl_knn_rank(const struct rl_neighbour *nearest, size_t k, double temperature, int32_t label,
		   double *score)
{
	size_t rank = 0;

	/* Relative to the nearest, so that no temperature overflows; the order is the same. */
	for (size_t i = 0; i < k; i++)
		score[nearest[i].label] +=
			exp((nearest[i].similarity - nearest[0].similarity) / temperature);
	double own = score[label];
	for (size_t i = 0; i < k; i++) {
		int32_t other = nearest[i].label;

		rank += score[other] > own || (score[other] == own && other < label);
		score[other] = 0; /* counted */
	}
	return own > 0 ? rank : SIZE_MAX;
}
