/* ReLU, and the sum with ReLU that ends a residual block. */
#include "nn/tape.h"

#include "base/err.h"

#include <string.h>

static size_t floats(const struct value *v)
{
	return rl_md_bytes(&v->md) / sizeof(float);
}

enum { TO_LEFT, FROM_LEFT }; /* reorders of the right summand where its layout is another */

static void plan(struct rl_net *n, struct op *op)
{
	struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, op->nin - 1);
	size_t bytes;

	rl_value_layout_plain(a);
	rl_value_layout(rl_op_out(n, op), a->md);
	if (!b->laid_out)
		rl_value_layout(b, a->md);
	bytes = rl_md_equal(&a->md, &b->md) ? 0 : rl_md_bytes(&a->md);
	rl_op_buffer(n, op, bytes, IN_FORWARD);
	rl_op_buffer(n, op, bytes, IN_BACKWARD);
	if (!bytes)
		return;
	op->prim[TO_LEFT] = rl_prim_reorder(n->d, b->md, a->md);
	op->prim[FROM_LEFT] = rl_prim_reorder(n->d, a->md, b->md);
	rl_op_scratch(n, &op->prim[TO_LEFT]);
	rl_op_scratch(n, &op->prim[FROM_LEFT]);
}

static void bind(struct rl_net *n, struct op *op)
{
	const struct value *b = rl_op_in(n, op, op->nin - 1);

	if (!op->prim[TO_LEFT].prim)
		return;
	rl_op_call(n, op, TO_LEFT);
	rl_op_arg(n, op, TO_LEFT, RL_ARG_FROM, b->data);
	rl_op_arg(n, op, TO_LEFT, RL_ARG_TO, rl_op_memory(n, op, 0));
	if (!op->dx[1])
		return;
	rl_op_call(n, op, FROM_LEFT);
	rl_op_arg(n, op, FROM_LEFT, RL_ARG_FROM, rl_op_memory(n, op, 1));
	rl_op_arg(n, op, FROM_LEFT, RL_ARG_TO, op->dx[1]);
}

static void relu_forward(struct rl_net *n, struct op *op)
{
	const float *x = rl_op_in(n, op, 0)->data;
	float *y = rl_op_out(n, op)->data;
	size_t count = floats(rl_op_out(n, op));

#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < count; i++)
		y[i] = x[i] > 0 ? x[i] : 0;
}

static void add_relu_forward(struct rl_net *n, struct op *op)
{
	const float *a = rl_op_in(n, op, 0)->data, *b = rl_op_in(n, op, 1)->data;
	float *y = rl_op_out(n, op)->data;
	size_t count = floats(rl_op_out(n, op));

	if (op->prim[TO_LEFT].prim) {
		rl_op_run(n, op, TO_LEFT);
		b = rl_op_memory(n, op, 0);
	}
#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < count; i++) {
		float sum = a[i] + b[i];

		y[i] = sum > 0 ? sum : 0;
	}
}

static void relu_backward(struct rl_net *n, struct op *op)
{
	const struct value *out = rl_op_out(n, op);
	const float *y = out->data, *dy = out->grad;
	float *dx = op->dx[0];
	size_t count = floats(out);

#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < count; i++)
		dx[i] = y[i] > 0 ? dy[i] : 0;
}

/* Both summands have the same gradient; a frozen side wants none. */
static void add_relu_backward(struct rl_net *n, struct op *op)
{
	const struct value *out = rl_op_out(n, op);
	const float *y = out->data, *dy = out->grad;
	bool reorder = op->prim[TO_LEFT].prim && op->dx[1];
	float *right = reorder ? rl_op_memory(n, op, 1) : op->dx[1];
	float *left = op->dx[0] ? op->dx[0] : right;
	size_t count = floats(out);

	if (!right)
		right = left;
#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < count; i++) {
		float g = y[i] > 0 ? dy[i] : 0;

		left[i] = g;
		right[i] = g;
	}
	if (reorder)
		rl_op_run(n, op, FROM_LEFT);
}

static const struct optype relu_type = {"relu", NEED_Y, plan, NULL, relu_forward, relu_backward};
static const struct optype add_relu_type = {"add relu", NEED_Y,           plan,
					    bind,       add_relu_forward, add_relu_backward};

rl_val rl_relu(struct rl_net *n, rl_val in)
{
	struct op *op = rl_op_append(n, &relu_type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	return rl_op_output(n, op, x->ndim, x->dim);
}

rl_val rl_add_relu(struct rl_net *n, rl_val a, rl_val b)
{
	struct op *op = rl_op_append(n, &add_relu_type, 2, (rl_val[]){a, b});
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_in(n, op, 1);

	if (a == b || x->ndim != y->ndim || memcmp(x->dim, y->dim, sizeof(x->dim)))
		rl_die("network: the two sides of a residual sum differ in shape");
	return rl_op_output(n, op, x->ndim, x->dim);
}
