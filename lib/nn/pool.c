/* Max and average pooling over windows, on oneDNN. */
#include "nn/tape.h"

enum { FORWARD, BACKWARD };

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	int64_t tile = rl_op_tile(n, op->forward[0]);
	bool average = op->c.pool.average;
	struct rl_prim *forward = &op->prim[FORWARD];
	struct rl_md md;

	rl_value_layout_plain(n, x);
	*forward = rl_prim_pool(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE, average,
				rl_value_md(n, x, tile), rl_value_md(n, y, tile), op->c.pool.kernel,
				op->c.pool.stride, op->c.pool.pad, NULL);
	rl_op_scratch(n, forward);
	md = rl_prim_md(forward, RL_ARG_DST);
	rl_value_layout(y, rl_md_batch(&md, y->dim[0]));
	if (!average && n->config.train) {
		md = rl_prim_md(forward, RL_ARG_WORKSPACE);
		rl_op_buffer_images(n, op, rl_md_bytes(&md) / (size_t)tile, BETWEEN);
	}
	if (!op->reached)
		return;
	/* Forward and backward agree on the workspace's layout only for one number of images; an
	 * entry an image is the same bytes in both. */
	tile = rl_op_tile(n, op->backward[0]);
	struct rl_prim hint = rl_prim_pool(n->d, RL_TRAINING, average, rl_value_md(n, x, tile),
					   rl_value_md(n, y, tile), op->c.pool.kernel,
					   op->c.pool.stride, op->c.pool.pad, NULL);
	op->prim[BACKWARD] = rl_prim_pool(n->d, RL_BACKWARD_DATA, average, rl_value_md(n, x, tile),
					  rl_value_md(n, y, tile), op->c.pool.kernel,
					  op->c.pool.stride, op->c.pool.pad, &hint);
	rl_prim_free(&hint);
	rl_op_scratch(n, &op->prim[BACKWARD]);
}

static void bind(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	rl_op_call(n, op, FORWARD, &op->prim[FORWARD]);
	rl_op_arg(n, op, FORWARD, RL_ARG_SRC, x->data);
	rl_op_arg(n, op, FORWARD, RL_ARG_DST, y->data);
	if (op->nbuffer)
		rl_op_arg(n, op, FORWARD, RL_ARG_WORKSPACE, op->buffered[0]);
	if (!op->reached)
		return;
	rl_op_call(n, op, BACKWARD, &op->prim[BACKWARD]);
	rl_op_arg(n, op, BACKWARD, RL_ARG_DIFF_DST, y->grad);
	rl_op_arg(n, op, BACKWARD, RL_ARG_DIFF_SRC, op->dx[0]);
	if (op->nbuffer)
		rl_op_arg(n, op, BACKWARD, RL_ARG_WORKSPACE, op->buffered[0]);
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	rl_op_run(n, op, FORWARD, at);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	rl_op_run(n, op, BACKWARD, at);
}

static const struct optype max_type = {
	.name = "maxpool",
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

static const struct optype average_type = {
	.name = "avgpool",
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

static rl_val windowed(struct rl_net *n, const struct optype *type, rl_val in, struct rl_pool c)
{
	struct op *op = rl_op_append(n, type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);
	struct rl_window w = {c.kernel, c.stride, c.pad, 1};

	op->c.pool.average = type == &average_type;
	op->c.pool.pad = c.pad;
	for (int i = 0; i < 2; i++) {
		op->c.pool.kernel[i] = c.kernel;
		op->c.pool.stride[i] = c.stride;
	}
	return rl_op_output(n, op, 4,
			    (int64_t[]){x->dim[0], x->dim[1], rl_window_out(x->dim[2], w),
					rl_window_out(x->dim[3], w)});
}

rl_val rl_maxpool(struct rl_net *n, rl_val x, struct rl_pool c)
{
	return windowed(n, &max_type, x, c);
}

rl_val rl_avgpool(struct rl_net *n, rl_val x, struct rl_pool c)
{
	return windowed(n, &average_type, x, c);
}
