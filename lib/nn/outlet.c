/* Where a tape hands over: a value is read there, and backward begins with the gradient that comes
 * back. */
#include "nn/tape.h"

#include "base/err.h"

#include <string.h>

static void plan(struct rl_net *n, struct op *op)
{
	rl_value_layout_plain(n, rl_op_in(n, op, 0));
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	(void)n;
	(void)op;
	(void)at;
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);

	(void)at;
	if (!op->c.outlet.gradient)
		memset(op->dx[0].base, 0, rl_md_bytes(&x->md));
	else
		rl_value_exchange(x, op->dx[0].base, (float *)op->c.outlet.gradient, true);
}

static const struct optype type = {
	.name = "outlet",
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

int rl_outlet(struct rl_net *n, rl_val x)
{
	rl_op_append(n, &type, 1, &x);
	rl_net_keep(n, x);
	return n->nop - 1;
}

void rl_outlet_gradient(struct rl_net *n, int outlet, const float *plain)
{
	n->op[outlet].c.outlet.gradient = plain;
}
