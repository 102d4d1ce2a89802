/* Rows in another order, some of them often: what a layer on pairs reads. */
#include "nn/tape.h"

#include "base/err.h"

#include <string.h>

static void plan(struct rl_net *n, struct op *op)
{
	rl_value_layout_plain(n, rl_op_in(n, op, 0));
	rl_value_layout_plain(n, rl_op_out(n, op));
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const int64_t width = x->dim[1];
	const float *from = rl_floats(x->data);
	float *to = rl_floats(y->data);

	(void)at;
	for (int64_t i = 0; i < y->dim[0]; i++)
		if (op->c.select[i] < 0 || op->c.select[i] >= x->dim[0])
			rl_die("row %d of %lld: there is none", (int)op->c.select[i],
			       (long long)x->dim[0]);
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < y->dim[0]; i++)
		memcpy(to + i * width, from + op->c.select[i] * width, (size_t)width * sizeof(*to));
}

/* A row's gradients are added in their order: the sum does not depend on the number of threads. */
static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const int64_t width = x->dim[1];
	const float *dy = rl_floats(y->grad);
	float *dx = rl_floats(op->dx[0]);

	(void)at;
#pragma omp parallel for schedule(static)
	for (int64_t r = 0; r < x->dim[0]; r++) {
		float *to = dx + r * width;

		memset(to, 0, (size_t)width * sizeof(*to));
		for (int64_t i = 0; i < y->dim[0]; i++)
			for (int64_t k = 0; op->c.select[i] == r && k < width; k++)
				to[k] += dy[i * width + k];
	}
}

static const struct optype type = {
	.name = "select",
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

rl_val rl_select(struct rl_net *n, rl_val in, int64_t rows)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 2)
		rl_die("network: rows are selected of N,C");
	return rl_op_output(n, op, 2, (int64_t[]){rows, x->dim[1]});
}

void rl_select_rows(struct rl_net *n, rl_val out, const int32_t *row)
{
	n->op[n->value[out].producer].c.select = row;
}
