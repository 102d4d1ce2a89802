/*
 * Batch normalisation, with ReLU in the same pass where asked; the loops are in bnkernel.c.
 *
 * Our own kernels: oneDNN sums the statistics and the gradients of weight and bias in float, which
 * in a batch of a few images loses enough to send training another way after three steps.
 *
 * Forward: gather sums by tile, settle the statistics, normalise by tile.  Backward the same:
 * gather the gradient's sums, settle, differentiate.
 */
#include "nn/tape.h"

#include "nn/bnkernel.h"

#include <math.h>
#include <string.h>

enum { VECTORS, SUMS };                                          /* buffers */
enum { MEAN, INVERSE_STD, SCALE, ZERO, SLOPE, SHIFT, NVECTORS }; /* one entry a channel */
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, TRACKED };       /* parameters */

/* One that does not learn lacks the first two. */
static int parameter(const struct op *op, int which)
{
	return op->param[op->c.bnorm.fixed ? which - RUNNING_MEAN : which];
}

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);
	size_t channels = (size_t)x->dim[1];

	rl_value_layout_plain(n, x);
	rl_value_layout(rl_op_out(n, op), x->md);
	rl_op_buffer(n, op, channels * NVECTORS * sizeof(float), BETWEEN);
	rl_op_buffer(n, op, channels * 2 * RL_BN_SLICES * sizeof(double), BETWEEN);
}

static float *vector(const struct rl_net *n, const struct op *op, int which)
{
	return (float *)rl_op_memory(op, VECTORS) + which * n->value[op->in[0]].dim[1];
}

/* The first of two runs of sums: of x, or of the gradient; the second of products. */
static double *sums(const struct rl_net *n, const struct op *op, bool products)
{
	return (double *)rl_op_memory(op, SUMS) +
	       (products ? RL_BN_SLICES * n->value[op->in[0]].dim[1] : 0);
}

static struct rl_bn_sweep sweep(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);

	return (struct rl_bn_sweep){
		.at = rl_value_channels(x),
		.images = at.count,
		.pixels = rl_value_area(x),
		.channels = x->dim[1],
		.bf16 = x->md.number == RL_BFLOAT16,
		.relu = op->c.bnorm.relu,
		.x = rl_at(x->data, at),
		.mean = vector(n, op, MEAN),
		.scale = vector(n, op, SCALE),
		.bias = op->c.bnorm.fixed ? vector(n, op, ZERO)
					  : rl_params_data(n->params, op->param[BIAS]),
		.slope = vector(n, op, SLOPE),
		.shift = vector(n, op, SHIFT),
		.sum = sums(n, op, false),
		.product = sums(n, op, true),
	};
}

static void clear_sums(struct rl_net *n, struct op *op)
{
	memset(sums(n, op, false), 0,
	       2 * RL_BN_SLICES * (size_t)rl_op_in(n, op, 0)->dim[1] * sizeof(double));
}

static void add_slices(double *sum, int64_t channels)
{
	for (int64_t slice = 1; slice < RL_BN_SLICES; slice++)
		for (int64_t c = 0; c < channels; c++)
			sum[c] += sum[slice * channels + c];
}

/* ---- forward ----------------------------------------------------------------------------------
 */

static void gather(struct rl_net *n, struct op *op, struct span at)
{
	struct rl_bn_sweep s = sweep(n, op, at);

	if (at.first == 0)
		clear_sums(n, op);
	rl_bn_sum_x(&s);
}

static void move_running_statistics(struct rl_net *n, struct op *op, const double *mean,
				    const double *variance, double count)
{
	float *running_mean = rl_params_data(n->params, parameter(op, RUNNING_MEAN));
	float *running_var = rl_params_data(n->params, parameter(op, RUNNING_VAR));
	int64_t tracked = ++n->params->list[parameter(op, TRACKED)].tracked;
	double m = n->accumulate ? 1.0 / (double)tracked : op->c.bnorm.momentum;
	double copied = count * op->c.bnorm.copies;
	double unbiased = copied > 1 ? copied / (copied - 1) : 1;

	for (int64_t c = 0; c < rl_op_in(n, op, 0)->dim[1]; c++) {
		running_mean[c] = (float)((1 - m) * running_mean[c] + m * mean[c]);
		running_var[c] = (float)((1 - m) * running_var[c] + m * unbiased * variance[c]);
	}
}

/* Mean and variance of the batch. */
static void batch_statistics(struct rl_net *n, struct op *op, double *mean, double *variance)
{
	const struct value *x = rl_op_in(n, op, 0);
	int64_t channels = x->dim[1];
	double count = (double)(x->dim[0] * rl_value_area(x));

	add_slices(mean, channels);
	add_slices(variance, channels);
	count = rl_op_sum_ranks(n, mean, variance, channels, count, 1);
	for (int64_t c = 0; c < channels; c++) {
		mean[c] /= count;
		variance[c] = fmax(variance[c] / count - mean[c] * mean[c], 0);
	}
	if (!n->untracked)
		move_running_statistics(n, op, mean, variance, count);
}

static void set_scale(struct rl_net *n, struct op *op, int64_t c, double mean, double variance)
{
	float inverse = (float)(1 / sqrt(variance + op->c.bnorm.eps));

	vector(n, op, MEAN)[c] = (float)mean;
	vector(n, op, INVERSE_STD)[c] = inverse;
	vector(n, op, SCALE)[c] = inverse;
	vector(n, op, ZERO)[c] = 0;
	if (!op->c.bnorm.fixed)
		vector(n, op, SCALE)[c] *= rl_params_data(n->params, op->param[WEIGHT])[c];
}

static void settle(struct rl_net *n, struct op *op, struct span at)
{
	double *mean = sums(n, op, false), *variance = sums(n, op, true);

	(void)at;
	batch_statistics(n, op, mean, variance);
	for (int64_t c = 0; c < rl_op_in(n, op, 0)->dim[1]; c++)
		set_scale(n, op, c, mean[c], variance[c]);
}

static void normalise(struct rl_net *n, struct op *op, struct span at)
{
	struct rl_bn_sweep s = sweep(n, op, at);

	s.out = rl_at(rl_op_out(n, op)->data, at);
	rl_bn_normalise(&s);
	rl_clear_lanes(rl_op_out(n, op), s.out, at.count);
}

/* With running statistics there is nothing to wait for. */
static void normalise_by_running(struct rl_net *n, struct op *op, struct span at)
{
	const float *mean = rl_params_data(n->params, parameter(op, RUNNING_MEAN));
	const float *variance = rl_params_data(n->params, parameter(op, RUNNING_VAR));

	for (int64_t c = 0; c < rl_op_in(n, op, 0)->dim[1] && at.first == 0; c++)
		set_scale(n, op, c, mean[c], variance[c]);
	normalise(n, op, at);
}

/* ---- backward ---------------------------------------------------------------------------------
 */

static void gather_gradient(struct rl_net *n, struct op *op, struct span at)
{
	struct rl_bn_sweep s = sweep(n, op, at);

	s.dy = rl_at(rl_op_out(n, op)->grad, at);
	if (at.first == 0)
		clear_sums(n, op);
	rl_bn_sum_gradient(&s);
}

static void give_gradients(struct rl_net *n, struct op *op)
{
	const float *inverse = vector(n, op, INVERSE_STD);
	double *sum = sums(n, op, false), *product = sums(n, op, true);
	int64_t channels = rl_op_in(n, op, 0)->dim[1];

	add_slices(sum, channels);
	add_slices(product, channels);
	for (int64_t c = 0; c < channels && !op->c.bnorm.fixed; c++) {
		op->dp[WEIGHT][c] = (float)(product[c] * inverse[c]);
		op->dp[BIAS][c] = (float)sum[c];
	}
}

/* dx = scale g - slope (x - mean) - shift, where slope and shift come of the statistics' dependence
 * on x. */
static void settle_gradient(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const float *inverse = vector(n, op, INVERSE_STD), *scale = vector(n, op, SCALE);
	float *slope = vector(n, op, SLOPE), *shift = vector(n, op, SHIFT);
	double *sum = sums(n, op, false), *product = sums(n, op, true);
	double count = (double)(x->dim[0] * rl_value_area(x));

	(void)at;
	give_gradients(n, op);
	count = rl_op_sum_ranks(n, sum, product, x->dim[1], count,
				n->weight ? (double)n->weight : 1);
	for (int64_t c = 0; c < x->dim[1]; c++) {
		double of_batch = scale[c] / count;

		slope[c] = (float)(of_batch * product[c] * inverse[c] * inverse[c]);
		shift[c] = (float)(of_batch * sum[c]);
	}
}

static void differentiate(struct rl_net *n, struct op *op, struct span at)
{
	struct rl_bn_sweep s = sweep(n, op, at);

	if (!op->dx[0].base)
		return;
	s.dy = rl_at(rl_op_out(n, op)->grad, at);
	s.out = rl_at(op->dx[0], at);
	rl_bn_differentiate(&s);
	rl_clear_lanes(rl_op_in(n, op, 0), s.out, at.count);
}

/* Statistics that are constants leave dx = scale g, and no reason to wait for the sums. */
static void differentiate_by_running(struct rl_net *n, struct op *op, struct span at)
{
	size_t bytes = (size_t)rl_op_in(n, op, 0)->dim[1] * sizeof(float);

	memset(vector(n, op, SLOPE), 0, bytes);
	memset(vector(n, op, SHIFT), 0, bytes);
	differentiate(n, op, at);
}

static void sum_gradient_by_running(struct rl_net *n, struct op *op, struct span at)
{
	gather_gradient(n, op, at);
	if (at.first + at.count == rl_op_in(n, op, 0)->dim[0])
		give_gradients(n, op);
}

static const struct optype by_batch = {
	.name = "bnorm",
	.needs = NEED_X,
	.plan = plan,
	.forward = {{.run = gather}, {.run = settle, .whole = true}, {.run = normalise}},
	.backward = {{.run = gather_gradient},
		     {.run = settle_gradient, .whole = true},
		     {.run = differentiate, .stores = true}},
};

static const struct optype by_running = {
	.name = "bnorm",
	.needs = NEED_X,
	.plan = plan,
	.forward = {{.run = normalise_by_running}},
	.backward = {{.run = differentiate_by_running, .stores = true},
		     {.run = sum_gradient_by_running}},
};

rl_val rl_bnorm(struct rl_net *n, rl_val in, const char *name, struct rl_bnorm c)
{
	struct op *op = rl_op_append(n, c.running ? &by_running : &by_batch, 1, &in);
	struct value *x = rl_op_in(n, op, 0);
	const int64_t *channels = &x->dim[1];

	op->c.bnorm = c;
	if (!c.fixed) {
		rl_op_param(n, op, RL_PARAM, name, "weight", 1, channels, RL_INIT_CONSTANT, 1);
		rl_op_param(n, op, RL_PARAM, name, "bias", 1, channels, RL_INIT_CONSTANT, 0);
	}
	rl_op_param(n, op, RL_STATE, name, "running_mean", 1, channels, RL_INIT_CONSTANT, 0);
	rl_op_param(n, op, RL_STATE, name, "running_var", 1, channels, RL_INIT_CONSTANT, 1);
	rl_op_param(n, op, RL_COUNT, name, "num_batches_tracked", 0, NULL, RL_INIT_CONSTANT, 0);
	return rl_op_output(n, op, x->ndim, x->dim);
}
