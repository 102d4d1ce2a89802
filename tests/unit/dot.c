#include "dot.h"

#include "nn/lanes.h"
#include "nn/tape.h"

#include <string.h>

/* The gradient takes whatever layout the value has: only a feed that nobody else reads can. */
static void plan(struct rl_net *n, struct op *op)
{
	struct value *v = rl_op_in(n, op, 0);

	rl_value_layout_plain(n, v);
	rl_value_layout(rl_op_in(n, op, 1), v->md);
}

static size_t numbers(const struct value *v)
{
	return rl_md_bytes(&v->md) / (v->md.number == RL_BFLOAT16 ? 2 : 4);
}

static float number(const struct value *v, size_t i)
{
	rl_f8 x;

	rl_load(&x, v->data.base, (int64_t)i, 1, v->md.number == RL_BFLOAT16);
	return x[0];
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *v = rl_op_in(n, op, 0), *g = rl_op_in(n, op, 1);

	(void)at;
	op->c.loss.value = 0;
	for (size_t i = 0; i < numbers(v); i++)
		op->c.loss.value += (double)number(v, i) * number(g, i);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	(void)at;
	for (int i = 0; i < 2; i++) {
		const struct value *other = rl_op_in(n, op, 1 - i);

		if (op->dx[i].base)
			memcpy(op->dx[i].base, other->data.base, rl_md_bytes(&other->md));
	}
}

static const struct optype type = {
	.name = "dot",
	.needs = NEED_X,
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

int dot_loss(struct rl_net *n, rl_val v, rl_val gradient)
{
	rl_op_append(n, &type, 2, (rl_val[]){v, gradient});
	return n->nop - 1;
}
