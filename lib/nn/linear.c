/* The fully connected layer, on oneDNN: rows in float, whose product is made in bfloat16 where the
 * network is; weights stay in torchvision's [out, in]. */
#include "nn/tape.h"

#include "base/err.h"
#include "nn/lanes.h"

enum { FORWARD, BY_DATA, BY_WEIGHTS, PACK, PACK_BACKWARD };

/* In bfloat16: copies of x, dy and of the weights as the two primitives want them. */
enum { X_NARROW, DY_NARROW, W_FORWARD, W_BACKWARD };

static bool narrow(const struct rl_net *n)
{
	return n->config.bf16;
}

static struct rl_md rows(const struct rl_net *n, const struct value *v)
{
	return rl_md_of(narrow(n) ? RL_BFLOAT16 : RL_FLOAT32, rl_md_plain(2, v->dim));
}

static const int64_t *weight_shape(const struct rl_net *n, const struct op *op)
{
	return n->params->list[op->param[0]].dim;
}

static struct rl_md weights(const struct rl_net *n, const struct op *op)
{
	const int64_t *dim = weight_shape(n, op);

	return narrow(n) ? rl_md_of(RL_BFLOAT16, rl_md_any(2, dim)) : rl_md_plain(2, dim);
}

/* A reorder of the weights into the layout that prim[which] settled on; returns its bytes. */
static size_t plan_pack(struct rl_net *n, struct op *op, int pack, int which)
{
	struct rl_md w = rl_prim_md(&op->prim[which], RL_ARG_WEIGHTS);

	op->prim[pack] = rl_prim_reorder(n->d, rl_md_plain(2, weight_shape(n, op)), w);
	rl_op_scratch(n, &op->prim[pack]);
	return rl_md_bytes(&w);
}

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	struct rl_md w = rl_md_plain(2, weight_shape(n, op));
	struct rl_md b = rl_md_plain(1, n->params->list[op->param[1]].dim);
	struct rl_md in = rows(n, x), out = rl_md_plain(2, y->dim), dy = rows(n, y);
	size_t packed = 0, packed_backward = 0;

	rl_value_layout_plain(n, x);
	rl_value_layout_plain(n, y);
	op->prim[FORWARD] = rl_prim_linear(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE, in,
					   weights(n, op), b, out, NULL);
	rl_op_scratch(n, &op->prim[FORWARD]);
	if (op->reached) {
		op->prim[BY_DATA] = rl_prim_linear(n->d, RL_BACKWARD_DATA, rl_md_plain(2, x->dim),
						   weights(n, op), b, dy, &op->prim[FORWARD]);
		op->prim[BY_WEIGHTS] =
			rl_prim_linear(n->d, RL_BACKWARD_WEIGHTS, in, w, b, dy, &op->prim[FORWARD]);
		rl_op_scratch(n, &op->prim[BY_DATA]);
		rl_op_scratch(n, &op->prim[BY_WEIGHTS]);
	}
	if (!narrow(n))
		return;
	packed = plan_pack(n, op, PACK, FORWARD);
	if (op->reached)
		packed_backward = plan_pack(n, op, PACK_BACKWARD, BY_DATA);
	rl_op_buffer(n, op, rl_md_bytes(&in), BETWEEN);
	rl_op_buffer(n, op, rl_md_bytes(&dy), IN_BACKWARD);
	rl_op_buffer(n, op, packed, ALWAYS);
	rl_op_buffer(n, op, packed_backward, IN_BACKWARD);
}

static void bind_pack(struct rl_net *n, struct op *op, int pack, int to)
{
	rl_op_call(n, op, pack, &op->prim[pack]);
	rl_op_arg(n, op, pack, RL_ARG_FROM, rl_whole(rl_params_data(n->params, op->param[0])));
	rl_op_arg(n, op, pack, RL_ARG_TO, rl_whole(rl_op_memory(op, to)));
}

/* What is read: the value itself, or its copy in bfloat16. */
static struct rl_memory source(struct rl_net *n, const struct op *op, struct rl_memory m, int copy)
{
	return narrow(n) ? rl_whole(rl_op_memory(op, copy)) : m;
}

static void bind(struct rl_net *n, struct op *op)
{
	struct rl_memory weight = rl_whole(rl_params_data(n->params, op->param[0]));
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	if (narrow(n))
		bind_pack(n, op, PACK, W_FORWARD);
	rl_op_call(n, op, FORWARD, &op->prim[FORWARD]);
	rl_op_arg(n, op, FORWARD, RL_ARG_SRC, source(n, op, x->data, X_NARROW));
	rl_op_arg(n, op, FORWARD, RL_ARG_WEIGHTS, source(n, op, weight, W_FORWARD));
	rl_op_arg(n, op, FORWARD, RL_ARG_BIAS, rl_whole(rl_params_data(n->params, op->param[1])));
	rl_op_arg(n, op, FORWARD, RL_ARG_DST, y->data);
	if (!op->reached)
		return;
	if (op->dx[0].base) {
		if (narrow(n))
			bind_pack(n, op, PACK_BACKWARD, W_BACKWARD);
		rl_op_call(n, op, BY_DATA, &op->prim[BY_DATA]);
		rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_DST, source(n, op, y->grad, DY_NARROW));
		rl_op_arg(n, op, BY_DATA, RL_ARG_WEIGHTS, source(n, op, weight, W_BACKWARD));
		rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_SRC, op->dx[0]);
	}
	rl_op_call(n, op, BY_WEIGHTS, &op->prim[BY_WEIGHTS]);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_SRC, source(n, op, x->data, X_NARROW));
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_DST, source(n, op, y->grad, DY_NARROW));
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_WEIGHTS, rl_whole(op->dp[0]));
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_BIAS, rl_whole(op->dp[1]));
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);

	if (narrow(n)) {
		rl_to_bf16(rl_op_memory(op, X_NARROW), rl_floats(x->data), rl_value_count(x));
		if (op->weights_version != n->params->version)
			rl_op_run(n, op, PACK, at);
		op->weights_version = n->params->version;
	}
	rl_op_run(n, op, FORWARD, at);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *y = rl_op_out(n, op);

	if (narrow(n))
		rl_to_bf16(rl_op_memory(op, DY_NARROW), rl_floats(y->grad), rl_value_count(y));
	if (narrow(n) && op->dx[0].base)
		rl_op_run(n, op, PACK_BACKWARD, at);
	if (op->dx[0].base)
		rl_op_run(n, op, BY_DATA, at);
	rl_op_run(n, op, BY_WEIGHTS, at);
}

static const struct optype type = {
	.name = "linear",
	.needs = NEED_X,
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

rl_val rl_linear(struct rl_net *n, rl_val in, const char *name, int out, double std)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);
	int64_t dim[2] = {out, x->dim[1]};

	if (x->ndim != 2)
		rl_die("network: %s: a linear layer needs N,C", name);
	rl_op_param(n, op, RL_PARAM, name, "weight", 2, dim, RL_INIT_NORMAL, std);
	rl_op_param(n, op, RL_PARAM, name, "bias", 1, dim, RL_INIT_CONSTANT, 0);
	return rl_op_output(n, op, 2, (int64_t[]){x->dim[0], out});
}
