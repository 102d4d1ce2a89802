#include "dot.h"

#include "nn/tape.h"

#include <string.h>

/* The gradient takes whatever layout the value has: only a feed that nobody else reads can. */
static void plan(struct rl_net *n, struct op *op)
{
	struct value *v = rl_op_in(n, op, 0);

	rl_value_layout_plain(v);
	rl_value_layout(rl_op_in(n, op, 1), v->md);
}

static void forward(struct rl_net *n, struct op *op)
{
	const struct value *v = rl_op_in(n, op, 0), *g = rl_op_in(n, op, 1);
	size_t count = rl_md_bytes(&v->md) / sizeof(float);

	op->c.loss.value = 0;
	for (size_t i = 0; i < count; i++)
		op->c.loss.value += (double)v->data[i] * g->data[i];
}

static void backward(struct rl_net *n, struct op *op)
{
	for (int i = 0; i < 2; i++) {
		const struct value *other = rl_op_in(n, op, 1 - i);

		if (op->dx[i])
			memcpy(op->dx[i], other->data, rl_md_bytes(&other->md));
	}
}

static const struct optype type = {"dot", NEED_X, plan, NULL, forward, backward};

int dot_loss(struct rl_net *n, rl_val v, rl_val gradient)
{
	rl_op_append(n, &type, 2, (rl_val[]){v, gradient});
	return n->nop - 1;
}
