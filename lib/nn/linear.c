/* The fully connected layer, on oneDNN; weights stay in torchvision's [out, in]. */
#include "nn/tape.h"

#include "base/err.h"

enum { FORWARD, BY_DATA, BY_WEIGHTS };

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	struct rl_md w = rl_md_plain(2, n->params->list[op->param[0]].dim);
	struct rl_md b = rl_md_plain(1, n->params->list[op->param[1]].dim);

	rl_value_layout_plain(x);
	rl_value_layout_plain(y);
	op->prim[FORWARD] = rl_prim_linear(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE,
					   x->md, w, b, y->md, NULL);
	rl_op_scratch(n, &op->prim[FORWARD]);
	if (!op->reached)
		return;
	op->prim[BY_DATA] =
		rl_prim_linear(n->d, RL_BACKWARD_DATA, x->md, w, b, y->md, &op->prim[FORWARD]);
	op->prim[BY_WEIGHTS] =
		rl_prim_linear(n->d, RL_BACKWARD_WEIGHTS, x->md, w, b, y->md, &op->prim[FORWARD]);
	rl_op_scratch(n, &op->prim[BY_DATA]);
	rl_op_scratch(n, &op->prim[BY_WEIGHTS]);
}

static void bind(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	float *weight = rl_params_data(n->params, op->param[0]);

	rl_op_call(n, op, FORWARD);
	rl_op_arg(n, op, FORWARD, RL_ARG_SRC, x->data);
	rl_op_arg(n, op, FORWARD, RL_ARG_WEIGHTS, weight);
	rl_op_arg(n, op, FORWARD, RL_ARG_BIAS, rl_params_data(n->params, op->param[1]));
	rl_op_arg(n, op, FORWARD, RL_ARG_DST, y->data);
	if (!op->reached)
		return;
	if (op->dx[0]) {
		rl_op_call(n, op, BY_DATA);
		rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_DST, y->grad);
		rl_op_arg(n, op, BY_DATA, RL_ARG_WEIGHTS, weight);
		rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_SRC, op->dx[0]);
	}
	rl_op_call(n, op, BY_WEIGHTS);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_SRC, x->data);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_DST, y->grad);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_WEIGHTS, op->dp[0]);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_BIAS, op->dp[1]);
}

static void forward(struct rl_net *n, struct op *op)
{
	rl_op_run(n, op, FORWARD);
}

static void backward(struct rl_net *n, struct op *op)
{
	if (op->dx[0])
		rl_op_run(n, op, BY_DATA);
	rl_op_run(n, op, BY_WEIGHTS);
}

static const struct optype type = {"linear", NEED_X, plan, bind, forward, backward};

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
