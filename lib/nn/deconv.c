/*
 * Transposed convolution of kernel 2 and stride 2.  It is a convolution backwards: from y to x with
 * the weights [in, out, 2, 2] as [out channels, in channels, 2, 2]; forward is that one's gradient
 * of its input, and the gradient of x is that one's forward.
 */
#include "nn/tape.h"

#include "base/err.h"

enum { MIRROR, FORWARD, BY_DATA, BY_WEIGHTS, PACK, PACK_BACKWARD, UNPACK };

enum { W_FORWARD, W_BACKWARD, DW, DW_TILE };

static const struct rl_window window = {2, 2, 0, 1};

static const int64_t *weight_shape(const struct rl_net *n, const struct op *op)
{
	return n->params->list[op->param[0]].dim;
}

static struct rl_md any_weights(const struct rl_net *n, const struct op *op)
{
	return rl_md_of(n->config.bf16 ? RL_BFLOAT16 : RL_FLOAT32,
			rl_md_any(4, weight_shape(n, op)));
}

/* The primitive's own layout of the weights, a reorder into it and a buffer for it. */
static void plan_weights(struct rl_net *n, struct op *op, int prim, int pack, enum when when)
{
	struct rl_md w = rl_prim_md(&op->prim[prim], RL_ARG_WEIGHTS);

	rl_op_scratch(n, &op->prim[prim]);
	op->prim[pack] = rl_prim_reorder(n->d, rl_md_plain(4, weight_shape(n, op)), w);
	rl_op_scratch(n, &op->prim[pack]);
	rl_op_buffer(n, op, rl_md_bytes(&w), when);
}

static void plan_backward(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	int64_t tile = rl_op_tile(n, op->backward[0]);
	struct rl_md xt = rl_value_md(n, x, tile), yt = rl_value_md(n, y, tile), w;

	op->prim[BY_DATA] =
		rl_prim_conv(n->d, RL_TRAINING, yt, any_weights(n, op), xt, window, NULL, NULL);
	plan_weights(n, op, BY_DATA, PACK_BACKWARD, IN_BACKWARD);
	op->prim[BY_WEIGHTS] =
		rl_prim_conv(n->d, RL_BACKWARD_WEIGHTS, yt, rl_md_any(4, weight_shape(n, op)), xt,
			     window, NULL, &op->prim[BY_DATA]);
	rl_op_scratch(n, &op->prim[BY_WEIGHTS]);
	w = rl_prim_md(&op->prim[BY_WEIGHTS], RL_ARG_DIFF_WEIGHTS);
	op->prim[UNPACK] = rl_prim_reorder(n->d, w, rl_md_plain(4, weight_shape(n, op)));
	rl_op_scratch(n, &op->prim[UNPACK]);
	rl_op_buffer(n, op, rl_md_bytes(&w), IN_BACKWARD);
	rl_op_buffer(n, op, tile < x->dim[0] ? rl_md_bytes(&w) : 0, IN_BACKWARD);
}

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	int64_t tile = rl_op_tile(n, op->forward[0]);

	rl_value_layout_plain(n, x);
	rl_value_layout(y, rl_md_like(&x->md, y->dim));
	struct rl_md xt = rl_value_md(n, x, tile), yt = rl_value_md(n, y, tile);

	op->prim[MIRROR] =
		rl_prim_conv(n->d, RL_TRAINING, yt, any_weights(n, op), xt, window, NULL, NULL);
	op->prim[FORWARD] = rl_prim_conv(n->d, RL_BACKWARD_DATA, yt, any_weights(n, op), xt, window,
					 NULL, &op->prim[MIRROR]);
	plan_weights(n, op, FORWARD, PACK, ALWAYS);
	if (op->reached)
		plan_backward(n, op);
}

static void bind_reorder(struct rl_net *n, struct op *op, int i, void *from, void *to)
{
	rl_op_call(n, op, i, &op->prim[i]);
	rl_op_arg(n, op, i, RL_ARG_FROM, rl_whole(from));
	rl_op_arg(n, op, i, RL_ARG_TO, rl_whole(to));
}

/* Calls have the numbers of their primitives; MIRROR, which never runs, lends its to the tiles
 * after the first. */
static void bind_by_weights(struct rl_net *n, struct op *op, int call, int to)
{
	rl_op_call(n, op, call, &op->prim[BY_WEIGHTS]);
	rl_op_arg(n, op, call, RL_ARG_SRC, rl_op_out(n, op)->grad);
	rl_op_arg(n, op, call, RL_ARG_DIFF_DST, rl_op_in(n, op, 0)->data);
	rl_op_arg(n, op, call, RL_ARG_DIFF_WEIGHTS, rl_whole(rl_op_memory(op, to)));
}

static void bind_backward(struct rl_net *n, struct op *op)
{
	bind_by_weights(n, op, BY_WEIGHTS, DW);
	bind_by_weights(n, op, MIRROR, DW_TILE);
	bind_reorder(n, op, UNPACK, rl_op_memory(op, DW), op->dp[0]);
	if (!op->dx[0].base)
		return;
	bind_reorder(n, op, PACK_BACKWARD, rl_params_data(n->params, op->param[0]),
		     rl_op_memory(op, W_BACKWARD));
	rl_op_call(n, op, BY_DATA, &op->prim[BY_DATA]);
	rl_op_arg(n, op, BY_DATA, RL_ARG_SRC, rl_op_out(n, op)->grad);
	rl_op_arg(n, op, BY_DATA, RL_ARG_WEIGHTS, rl_whole(rl_op_memory(op, W_BACKWARD)));
	rl_op_arg(n, op, BY_DATA, RL_ARG_DST, op->dx[0]);
}

static void bind(struct rl_net *n, struct op *op)
{
	bind_reorder(n, op, PACK, rl_params_data(n->params, op->param[0]),
		     rl_op_memory(op, W_FORWARD));
	rl_op_call(n, op, FORWARD, &op->prim[FORWARD]);
	rl_op_arg(n, op, FORWARD, RL_ARG_DIFF_DST, rl_op_in(n, op, 0)->data);
	rl_op_arg(n, op, FORWARD, RL_ARG_WEIGHTS, rl_whole(rl_op_memory(op, W_FORWARD)));
	rl_op_arg(n, op, FORWARD, RL_ARG_DIFF_SRC, rl_op_out(n, op)->data);
	if (op->reached)
		bind_backward(n, op);
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	if (op->weights_version != n->params->version) {
		rl_op_run(n, op, PACK, at);
		op->weights_version = n->params->version;
	}
	rl_op_run(n, op, FORWARD, at);
}

static void by_data(struct rl_net *n, struct op *op, struct span at)
{
	if (!op->dx[0].base)
		return;
	if (at.first == 0)
		rl_op_run(n, op, PACK_BACKWARD, at);
	rl_op_run(n, op, BY_DATA, at);
}

static void by_weights(struct rl_net *n, struct op *op, struct span at)
{
	bool more = at.first > 0;

	rl_op_run(n, op, more ? MIRROR : BY_WEIGHTS, at);
	if (more)
		rl_add_into(rl_op_memory(op, DW), rl_op_memory(op, DW_TILE),
			    n->buffer[op->buffer[DW]].size / sizeof(float));
	if (at.first + at.count == rl_op_in(n, op, 0)->dim[0])
		rl_op_run(n, op, UNPACK, at);
}

static const struct optype type = {
	.name = "deconv",
	.needs = NEED_X,
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward}},
	.backward = {{.run = by_data, .stores = true}, {.run = by_weights}},
};

rl_val rl_deconv(struct rl_net *n, rl_val in, const char *name, int out)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const int64_t *x = rl_op_in(n, op, 0)->dim;

	if (rl_op_in(n, op, 0)->ndim != 4)
		rl_die("network: a transposed convolution needs N,C,H,W");
	rl_op_param(n, op, RL_PARAM, name, "weight", 4, (int64_t[]){x[1], out, 2, 2},
		    RL_INIT_KAIMING_FANOUT, 0);
	return rl_op_output(n, op, 4, (int64_t[]){x[0], out, 2 * x[2], 2 * x[3]});
}
