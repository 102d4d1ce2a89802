#include "train/gradient.h"

#include "base/err.h"

#include <stdlib.h>

enum { BUCKET = 1 << 20 }; /* floats: small enough to overlap, large enough to be worth a message */

struct rl_gradient {
	struct rl_params *params;
	struct rl_comm *comm;
	double *sum;   /* over the micro-batches so far; NULL: there is only one a step */
	bool empty;    /* none so far */
	float *leaves; /* what goes to the other ranks; NULL: there are none */
	int64_t weight, total;
	size_t end; /* gradients from here on are on their way */
};

struct rl_gradient *rl_gradient_new(struct rl_params *p, struct rl_comm *c, bool accumulate)
{
	struct rl_gradient *g = rl_calloc(1, sizeof(*g));

	g->params = p;
	g->comm = c;
	g->empty = true;
	if (accumulate)
		g->sum = rl_aligned(p->total * sizeof(*g->sum));
	if (c->size > 1)
		g->leaves = rl_aligned(p->total * sizeof(*g->leaves));
	return g;
}

void rl_gradient_free(struct rl_gradient *g)
{
	free(g->sum);
	free(g->leaves);
	free(g);
}

void rl_gradient_add(struct rl_gradient *g, int64_t weight)
{
	const float *grad = g->params->grad;

#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < g->params->total; i++)
		g->sum[i] = (g->empty ? 0 : g->sum[i]) + (weight ? (double)weight * grad[i] : 0);
	g->empty = false;
}

void rl_gradient_last(struct rl_gradient *g, int64_t weight, int64_t total)
{
	g->weight = weight;
	g->total = total;
	g->end = g->params->total;
}

/* This rank's share of the mean.  A rank without samples has no gradients, whatever lies there. */
static void take_share(const struct rl_gradient *g, float *share, size_t from, size_t end)
{
	const float *grad = g->params->grad;
	double weight = (double)g->weight, total = (double)g->total;

#pragma omp parallel for simd schedule(static)
	for (size_t i = from; i < end; i++)
		share[i] =
			(float)(((g->empty ? 0 : g->sum[i]) + (g->weight ? weight * grad[i] : 0)) /
				total);
}

static void hand_on(struct rl_gradient *g, size_t from, size_t end)
{
	float *grad = g->params->grad;

	if (g->leaves) {
		take_share(g, g->leaves, from, end);
		g->comm->start_sum(g->comm, g->leaves + from, grad + from, end - from);
	} else if (g->sum) {
		take_share(g, grad, from, end);
	}
}

void rl_gradient_final(void *gradient, size_t from)
{
	struct rl_gradient *g = gradient;

	while (g->end > from && (g->end - from >= BUCKET || from == 0)) {
		size_t begin = g->end - from > BUCKET ? g->end - BUCKET : from;

		hand_on(g, begin, g->end);
		g->end = begin;
	}
	g->comm->poll(g->comm);
}

void rl_gradient_end(struct rl_gradient *g)
{
	rl_gradient_final(g, 0);
	g->comm->wait(g->comm);
	g->empty = true;
}
