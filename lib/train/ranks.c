#include "train/ranks.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *rl_ranks_share_strings(struct rl_comm *c, json_t *first)
{
	char *text = c->rank == 0 && first ? json_dumps(first, JSON_COMPACT) : NULL;
	size_t size = text ? strlen(text) : 0;
	json_t *shared = NULL;

	if (c->size == 1) {
		free(text);
		return first;
	}
	c->broadcast(c, &size, sizeof(size));
	if (c->rank)
		text = rl_malloc(size);
	c->broadcast(c, text, size);
	if (c->rank && size)
		shared = rl_json_parse(text, size, "rank 0");
	free(text);
	return c->rank ? shared : first;
}

void rl_ranks_share_weights(struct rl_comm *c, struct rl_params *p, struct rl_optim *o)
{
	c->broadcast(c, p->value, p->total * sizeof(*p->value));
	c->broadcast(c, p->state, p->total_state * sizeof(*p->state));
	for (int i = 0; i < p->n; i++)
		c->broadcast(c, &p->list[i].tracked, sizeof(p->list[i].tracked));
	c->broadcast(c, o->m, p->total * sizeof(*o->m));
	if (o->v)
		c->broadcast(c, o->v, p->total * sizeof(*o->v));
	c->broadcast(c, &o->t, sizeof(o->t));
	p->version++;
}

void rl_ranks_check(struct rl_comm *c, const struct rl_params *p)
{
	if (c->size > 1)
		rl_comm_agree(c, p->value, p->total * sizeof(*p->value), "parameters");
}

struct rl_score rl_ranks_score(struct rl_comm *c, struct rl_score mine)
{
	double x[3 + RL_PARTS] = {(double)mine.items, (double)mine.correct,
				  mine.loss * (double)mine.items};

	if (c->size == 1)
		return mine;
	for (int i = 0; i < RL_PARTS; i++)
		x[3 + i] = mine.part[i] * (double)mine.items;
	c->sum(c, x, RL_LEN(x));
	const double items = fmax(x[0], 1);
	struct rl_score all = {
		.items = (int64_t)x[0], .correct = (int64_t)x[1], .loss = x[2] / items};
	for (int i = 0; i < RL_PARTS; i++)
		all.part[i] = x[3 + i] / items;
	return all;
}

struct rl_place *rl_ranks_places(struct rl_comm *c, const struct rl_place *mine)
{
	enum { NUMBERS = 4 };
	size_t n = (size_t)c->size;
	struct rl_place *places = rl_calloc(n, sizeof(*places));
	double *x = rl_calloc(n * NUMBERS, sizeof(*x)), *own = x + c->rank * NUMBERS;

	own[0] = (double)mine->taken;
	own[1] = (double)mine->next;
	own[2] = (double)mine->from;
	own[3] = (double)mine->recall;
	c->sum(c, x, n * NUMBERS);
	for (size_t i = 0; i < n; i++) {
		const double *of = x + i * NUMBERS;

		places[i] = (struct rl_place){(int64_t)of[0], (int64_t)of[1], (int64_t)of[2],
					      (int64_t)of[3]};
	}
	free(x);
	return places;
}
