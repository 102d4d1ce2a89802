/*
 * From ops to steps, and from steps to groups that run tile by tile.
 *
 * A tile is as many images as let what a step reads and writes stay in the cache for the next one.
 * Every tile reads the weights again, so a tile also has to be worth that.
 */
#include "nn/tape.h"

#include "base/err.h"

#include <omp.h>
#include <stdlib.h>

/* ---- steps ------------------------------------------------------------------------------------
 */

/* A tile counts the images of an op's first input.  The other may have fewer rows, as the right
 * side of pairs has; ops of such inputs run whole. */
static void add_x(struct rl_net *n, struct op *op, int i, struct span at)
{
	struct value *v = rl_op_in(n, op, i);
	int64_t rows = at.count * v->dim[0] / rl_op_in(n, op, 0)->dim[0];

	rl_add_maps(rl_at(v->grad, at), rl_at(op->dx[i], at), rl_value_numbers(n, v, rows),
		    v->md.number);
}

#define ADD_INPUT(i)                                                              \
	static void add_input##i(struct rl_net *n, struct op *op, struct span at) \
	{                                                                         \
		add_x(n, op, i, at);                                              \
	}
ADD_INPUT(0)
ADD_INPUT(1)
ADD_INPUT(2)
ADD_INPUT(3)

static void (*const add_input[OP_IN])(struct rl_net *, struct op *, struct span) = {
	add_input0, add_input1, add_input2, add_input3};

/* Complete only after the last tile. */
static void add_params(struct rl_net *n, struct op *op, struct span at)
{
	if (at.first + at.count < rl_op_in(n, op, 0)->dim[0])
		return;
	for (int i = 0; i < op->nlearned; i++)
		if (op->add_p[i])
			rl_add_into(rl_params_grad(n->params, op->param[i]), op->dp[i],
				    n->params->list[op->param[i]].count);
}

static int append(struct rl_net *n, const struct op *op, struct stage stage)
{
	n->step = rl_realloc(n->step, (size_t)n->nstep + 1, sizeof(*n->step));
	n->step[n->nstep] = (struct step){.op = (int)(op - n->op), .stage = stage};
	return n->nstep++;
}

static void lower_forward(struct rl_net *n, struct op *op)
{
	op->forward[0] = n->nstep;
	for (const struct stage *s = op->type->forward; s->run; s++)
		op->forward[1] = append(n, op, *s);
}

static void lower_backward(struct rl_net *n, struct op *op)
{
	bool whole = false, params = false;

	op->backward[0] = n->nstep;
	for (const struct stage *s = op->type->backward; s->run; s++) {
		op->backward[1] = append(n, op, *s);
		whole = s->whole;
		if (!s->stores)
			continue;
		op->stores = op->backward[1];
		for (int i = 0; i < op->nin; i++)
			if (op->add_x[i])
				op->adds[i] =
					append(n, op, (struct stage){add_input[i], whole, false});
	}
	for (int i = 0; i < op->nlearned; i++)
		params |= op->add_p[i];
	if (params)
		op->backward[1] = append(n, op, (struct stage){add_params, whole, false});
}

/* ---- groups -----------------------------------------------------------------------------------
 */

static size_t number_bytes(enum rl_number number)
{
	return number == RL_BFLOAT16 ? sizeof(uint16_t) : sizeof(float);
}

/* Bytes of one image that an op reads and writes. */
static size_t traffic(const struct rl_net *n, const struct op *op)
{
	size_t bytes = 0;

	for (int i = 0; i <= op->nin; i++) {
		rl_val v = i < op->nin ? op->in[i] : op->out;

		if (v >= 0)
			bytes += rl_value_count(&n->value[v]) / (size_t)n->value[v].dim[0] *
				 number_bytes(rl_value_number(n, &n->value[v]));
	}
	return bytes;
}

static size_t weights(const struct rl_net *n, const struct op *op)
{
	size_t bytes = 0;

	for (int i = 0; i < op->nlearned; i++)
		if (n->params->list[op->param[i]].ndim == 4)
			bytes += n->params->list[op->param[i]].count * sizeof(float);
	return bytes;
}

/* What a core has of the caches, second level and its share of the third: 2 to 6 MB on the servers
 * of the last years.  What the system reports is often the whole package's. */
static size_t cache(const struct rl_net *n)
{
	const size_t of_core = (size_t)4 << 20;

	return n->config.cache ? n->config.cache : of_core * (size_t)omp_get_max_threads();
}

/* A divisor of `images`, so that every tile has the same primitives; all where none fits. */
static int64_t tile(int64_t images, size_t limit, size_t image, size_t all, size_t weight)
{
	int64_t least = (int64_t)(2 * weight / all) + 1, most = (int64_t)(limit / image), t;

	if (most < least)
		most = least;
	if (most >= images)
		return images;
	for (t = most; images % t; t--)
		;
	return t < least || 4 * t < most ? images : t;
}

static bool is_add(const struct step *s)
{
	for (int i = 0; i < OP_IN; i++)
		if (s->stage.run == add_input[i])
			return true;
	return s->stage.run == add_params;
}

static void group_steps(struct rl_net *n)
{
	size_t limit = cache(n), image = 0, all = 0, weight = 0;
	int64_t first_tile = 0;

	n->group = rl_malloc((size_t)n->nstep * sizeof(*n->group));
	for (int i = 0; i < n->nstep; i++) {
		struct step *s = &n->step[i];
		const struct op *op = &n->op[s->op];
		struct group *g = &n->group[n->ngroup - 1];
		int64_t images = n->value[op->in[0]].dim[0];
		size_t bytes = traffic(n, op), w = weights(n, op) * (i < n->nforward ? 1 : 2);
		int64_t own = tile(images, limit, bytes, bytes, w);
		bool joins = i > 0 && i != n->nforward && !s->stage.whole && !s[-1].stage.whole &&
			     g->images == images &&
			     (is_add(s) || (own < 4 * first_tile && first_tile < 4 * own));

		if (!joins) {
			g = &n->group[n->ngroup++];
			*g = (struct group){.first = i, .images = images};
			image = all = weight = 0;
			first_tile = own;
		}
		if (bytes > image)
			image = bytes;
		all += bytes;
		weight += w;
		s->group = n->ngroup - 1;
		g->end = i + 1;
		g->tile = s->stage.whole ? images : tile(images, limit, image, all, weight);
	}
}

/* After a group of backward, gradients are still to come from the ops of later groups. */
static void mark_final(struct rl_net *n)
{
	size_t pending = 0;

	for (int g = n->ngroup - 1; g >= 0 && n->group[g].first >= n->nforward; g--) {
		n->group[g].final = pending;
		for (int s = n->group[g].first; s < n->group[g].end; s++) {
			const struct op *op = &n->op[n->step[s].op];

			for (int i = 0; i < op->nlearned; i++) {
				const struct rl_param *q = &n->params->list[op->param[i]];

				if (q->offset + q->count > pending)
					pending = q->offset + q->count;
			}
		}
	}
}

void rl_net_lower(struct rl_net *n)
{
	for (int k = 0; k < n->nop; k++)
		if (!n->op[k].folded)
			lower_forward(n, &n->op[k]);
	n->nforward = n->nstep;
	for (int k = n->nop - 1; k >= 0; k--)
		if (n->op[k].reached)
			lower_backward(n, &n->op[k]);
	group_steps(n);
	mark_final(n);
}

int64_t rl_op_tile(const struct rl_net *n, int step)
{
	return n->group[n->step[step].group].tile;
}
