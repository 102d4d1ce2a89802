/* Batch normalisation, with ReLU in the same pass where asked, on oneDNN. */
#include "nn/tape.h"

#include <string.h>

enum { FORWARD, BACKWARD };
enum { MEAN, VARIANCE, WORKSPACE };                        /* buffers; the first two of the batch */
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, TRACKED }; /* parameters */

/* Rows of features are a map of one pixel, channels last: oneDNN has a fast kernel for that. */
static struct rl_md as_map(const struct value *x)
{
	return x->ndim == 4 ? x->md : rl_md_channels_last((int64_t[]){x->dim[0], x->dim[1], 1, 1});
}

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const struct rl_bnorm *c = &op->c.bnorm;
	enum rl_pass pass = n->config.train ? RL_TRAINING : RL_INFERENCE;
	size_t channels = (size_t)x->dim[1];

	/* Without a training pass the statistics of the batch cannot be asked for. */
	if (!c->running)
		pass = RL_TRAINING;
	rl_value_layout_plain(x);
	rl_value_layout(y, x->md);
	op->prim[FORWARD] = rl_prim_bnorm(n->d, pass, as_map(x), c->eps, c->running, c->relu, NULL);
	rl_op_scratch(n, &op->prim[FORWARD]);
	rl_op_buffer(n, op, channels * sizeof(float), BETWEEN);
	rl_op_buffer(n, op, channels * sizeof(float), BETWEEN);
	if (c->relu && pass == RL_TRAINING) {
		struct rl_md md = rl_prim_md(&op->prim[FORWARD], dnnl_query_workspace_md);

		rl_op_buffer(n, op, rl_md_bytes(&md), BETWEEN);
	}
	if (!op->reached)
		return;
	op->prim[BACKWARD] = rl_prim_bnorm(n->d, RL_BACKWARD_DATA, as_map(x), c->eps, c->running,
					   c->relu, &op->prim[FORWARD]);
	rl_op_scratch(n, &op->prim[BACKWARD]);
}

/* Backward always computes the gradient of x, wanted or not: with nobody upstream it goes to y's.
 */
static float *input_gradient(struct rl_net *n, struct op *op)
{
	return op->dx[0] ? op->dx[0] : rl_op_out(n, op)->grad;
}

static void bind(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const struct rl_bnorm *c = &op->c.bnorm;
	struct rl_md md = as_map(x);
	struct rl_md vector = rl_md_plain(1, &x->dim[1]);
	float *p[4];

	for (int i = 0; i < 4; i++)
		p[i] = rl_params_data(n->params, op->param[i]);
	void *mean = c->running ? p[RUNNING_MEAN] : rl_op_memory(n, op, MEAN);
	void *variance = c->running ? p[RUNNING_VAR] : rl_op_memory(n, op, VARIANCE);

	rl_op_call(n, op, FORWARD);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_SRC, md, x->data);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_DST, md, y->data);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_MEAN, vector, mean);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_VARIANCE, vector, variance);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_SCALE, vector, p[WEIGHT]);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_SHIFT, vector, p[BIAS]);
	if (op->nbuffer > WORKSPACE)
		rl_op_arg(n, op, FORWARD, DNNL_ARG_WORKSPACE,
			  rl_prim_md(&op->prim[FORWARD], dnnl_query_workspace_md),
			  rl_op_memory(n, op, WORKSPACE));
	if (!op->reached)
		return;

	rl_op_call(n, op, BACKWARD);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_SRC, md, x->data);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_DIFF_DST, md, y->grad);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_DIFF_SRC, md, input_gradient(n, op));
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_MEAN, vector, mean);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_VARIANCE, vector, variance);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_SCALE, vector, p[WEIGHT]);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_SHIFT, vector, p[BIAS]); /* oneDNN 2 asks for it */
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_DIFF_SCALE, vector, op->dp[WEIGHT]);
	rl_op_arg(n, op, BACKWARD, DNNL_ARG_DIFF_SHIFT, vector, op->dp[BIAS]);
	if (op->nbuffer > WORKSPACE)
		rl_op_arg(n, op, BACKWARD, DNNL_ARG_WORKSPACE,
			  rl_prim_md(&op->prim[FORWARD], dnnl_query_workspace_md),
			  rl_op_memory(n, op, WORKSPACE));
}

static void move_running_statistics(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0);
	const float *mean = rl_op_memory(n, op, MEAN), *variance = rl_op_memory(n, op, VARIANCE);
	float *running_mean = rl_params_data(n->params, op->param[RUNNING_MEAN]);
	float *running_var = rl_params_data(n->params, op->param[RUNNING_VAR]);
	int64_t tracked = ++n->params->list[op->param[TRACKED]].tracked;
	double m = n->accumulate ? 1.0 / (double)tracked : op->c.bnorm.momentum;
	double count = (double)(x->dim[0] * op->c.bnorm.copies);

	for (int i = 2; i < x->ndim; i++)
		count *= (double)x->dim[i];
	double unbiased = count > 1 ? count / (count - 1) : 1;

	for (int64_t c = 0; c < x->dim[1]; c++) {
		running_mean[c] = (float)((1 - m) * running_mean[c] + m * mean[c]);
		running_var[c] = (float)((1 - m) * running_var[c] + m * unbiased * variance[c]);
	}
}

static void forward(struct rl_net *n, struct op *op)
{
	rl_op_run(n, op, FORWARD);
	if (!op->c.bnorm.running && !n->untracked)
		move_running_statistics(n, op);
}

static void backward(struct rl_net *n, struct op *op)
{
	rl_op_run(n, op, BACKWARD);
}

static const struct optype type = {"bnorm", NEED_X, plan, bind, forward, backward};

rl_val rl_bnorm(struct rl_net *n, rl_val in, const char *name, struct rl_bnorm c)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	struct value *x = rl_op_in(n, op, 0);
	const int64_t *channels = &x->dim[1];

	op->c.bnorm = c;
	rl_op_param(n, op, RL_PARAM, name, "weight", 1, channels, RL_INIT_CONSTANT, 1);
	rl_op_param(n, op, RL_PARAM, name, "bias", 1, channels, RL_INIT_CONSTANT, 0);
	rl_op_param(n, op, RL_STATE, name, "running_mean", 1, channels, RL_INIT_CONSTANT, 0);
	rl_op_param(n, op, RL_STATE, name, "running_var", 1, channels, RL_INIT_CONSTANT, 1);
	rl_op_param(n, op, RL_COUNT, name, "num_batches_tracked", 0, NULL, RL_INIT_CONSTANT, 0);
	return rl_op_output(n, op, x->ndim, x->dim);
}
