/* Max, average and global average pooling, on oneDNN. */
#include "nn/tape.h"

#include "base/err.h"

enum { FORWARD, BACKWARD, TO_PLAIN, FROM_PLAIN };

/* A global pool's result is read as a plain [N, C]; the primitive writes [N, C, 1, 1] in the layout
 * of x, which is usually the same bytes. */
static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	bool average = op->c.pool.average, global = y->ndim == 2;
	int64_t dim[4] = {y->dim[0], y->dim[1], global ? 1 : y->dim[2], global ? 1 : y->dim[3]};
	struct rl_md out, plain = rl_md_plain(4, dim);

	rl_value_layout_plain(x);
	op->prim[FORWARD] = rl_prim_pool(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE,
					 average, x->md, rl_md_any(4, dim), op->c.pool.kernel,
					 op->c.pool.stride, op->c.pool.pad, NULL);
	rl_op_scratch(n, &op->prim[FORWARD]);
	out = rl_prim_md(&op->prim[FORWARD], RL_ARG_DST);
	if (global) {
		rl_value_layout_plain(y);
		op->prim[TO_PLAIN] = rl_prim_reorder(n->d, out, plain);
		op->prim[FROM_PLAIN] = rl_prim_reorder(n->d, plain, out);
		rl_op_scratch(n, &op->prim[TO_PLAIN]);
		rl_op_scratch(n, &op->prim[FROM_PLAIN]);
	} else {
		rl_value_layout(y, out);
	}
	rl_op_buffer(n, op, global ? rl_md_bytes(&out) : 0, IN_FORWARD);
	rl_op_buffer(n, op, global ? rl_md_bytes(&out) : 0, IN_BACKWARD);
	if (!average && n->config.train) {
		struct rl_md md = rl_prim_md(&op->prim[FORWARD], RL_ARG_WORKSPACE);

		rl_op_buffer(n, op, rl_md_bytes(&md), BETWEEN);
	}
	if (!op->reached)
		return;
	op->prim[BACKWARD] =
		rl_prim_pool(n->d, RL_BACKWARD_DATA, average, x->md, out, op->c.pool.kernel,
			     op->c.pool.stride, op->c.pool.pad, &op->prim[FORWARD]);
	rl_op_scratch(n, &op->prim[BACKWARD]);
}

static void bind(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	bool global = y->ndim == 2, workspace = op->nbuffer > 2;
	void *pooled = global ? rl_op_memory(n, op, 0) : y->data;
	void *gradient = global ? rl_op_memory(n, op, 1) : y->grad;

	rl_op_call(n, op, FORWARD);
	rl_op_arg(n, op, FORWARD, RL_ARG_SRC, x->data);
	rl_op_arg(n, op, FORWARD, RL_ARG_DST, pooled);
	if (workspace)
		rl_op_arg(n, op, FORWARD, RL_ARG_WORKSPACE, rl_op_memory(n, op, 2));
	if (global) {
		rl_op_call(n, op, TO_PLAIN);
		rl_op_arg(n, op, TO_PLAIN, RL_ARG_FROM, pooled);
		rl_op_arg(n, op, TO_PLAIN, RL_ARG_TO, y->data);
	}
	if (!op->reached)
		return;
	if (global) {
		rl_op_call(n, op, FROM_PLAIN);
		rl_op_arg(n, op, FROM_PLAIN, RL_ARG_FROM, y->grad);
		rl_op_arg(n, op, FROM_PLAIN, RL_ARG_TO, gradient);
	}
	rl_op_call(n, op, BACKWARD);
	rl_op_arg(n, op, BACKWARD, RL_ARG_DIFF_DST, gradient);
	rl_op_arg(n, op, BACKWARD, RL_ARG_DIFF_SRC, op->dx[0]);
	if (workspace)
		rl_op_arg(n, op, BACKWARD, RL_ARG_WORKSPACE, rl_op_memory(n, op, 2));
}

static void forward(struct rl_net *n, struct op *op)
{
	rl_op_run(n, op, FORWARD);
	if (op->prim[TO_PLAIN].prim)
		rl_op_run(n, op, TO_PLAIN);
}

static void backward(struct rl_net *n, struct op *op)
{
	if (op->prim[FROM_PLAIN].prim)
		rl_op_run(n, op, FROM_PLAIN);
	rl_op_run(n, op, BACKWARD);
}

static const struct optype max_type = {"maxpool", 0, plan, bind, forward, backward};
static const struct optype average_type = {"avgpool", 0, plan, bind, forward, backward};
static const struct optype global_type = {"global avgpool", 0, plan, bind, forward, backward};

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

rl_val rl_global_avgpool(struct rl_net *n, rl_val in)
{
	struct op *op = rl_op_append(n, &global_type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4)
		rl_die("network: a global pool needs N,C,H,W");
	op->c.pool.average = true;
	for (int i = 0; i < 2; i++)
		op->c.pool.kernel[i] = op->c.pool.stride[i] = x->dim[2 + i];
	return rl_op_output(n, op, 2, x->dim);
}
