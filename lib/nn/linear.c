/*
 * Fully connected layers, on oneDNN.  Rows are in float; products are made in bfloat16 where the
 * network is.  Weights stay in torchvision's [out, in].
 *
 * The layer of pairs [a_i, b_(i / repeat)] is W_a a + W_b b, so what is said of b, which stands in
 * many pairs, is computed once: a part an input, each with its columns of the weights.
 */
#include "nn/tape.h"

#include "base/err.h"
#include "nn/lanes.h"

#include <string.h>

/* Of each part: primitives with their calls, and buffers. */
enum { FORWARD, BY_DATA, BY_WEIGHTS, PACK, PACK_BACKWARD, UNPACK, PRIMS };
enum { W_FORWARD, W_BACKWARD, DW, X_NARROW, DY_NARROW, Y, DY, BUFFERS };

static int prim(int part, int which)
{
	return part * PRIMS + which;
}

static void *memory(const struct op *op, int part, int which)
{
	return rl_op_memory(op, part * BUFFERS + which);
}

static bool narrow(const struct rl_net *n)
{
	return n->config.bf16;
}

/* The weights' columns of a part, where they lie in the parameter. */
static struct rl_md columns(const struct rl_net *n, const struct op *op, int part)
{
	const int64_t *whole = n->params->list[op->param[0]].dim;
	struct rl_md m = rl_md_plain(2, (int64_t[]){whole[0], n->value[op->in[part]].dim[1]});

	m.stride[0] = whole[1];
	return m;
}

static size_t first_column(const struct rl_net *n, const struct op *op, int part)
{
	return part ? (size_t)n->value[op->in[0]].dim[1] : 0;
}

/* Rows of a part in the numbers of its product. */
static struct rl_md rows(const struct rl_net *n, int64_t count, int64_t channels)
{
	return rl_md_of(narrow(n) ? RL_BFLOAT16 : RL_FLOAT32,
			rl_md_plain(2, (int64_t[]){count, channels}));
}

/* ---- planning ---------------------------------------------------------------------------------
 */

static void plan_part(struct rl_net *n, struct op *op, int part)
{
	const struct value *x = rl_op_in(n, op, part);
	const int64_t *dim = n->params->list[op->param[0]].dim;
	const int64_t shape[2] = {dim[0], x->dim[1]};
	struct rl_md in = rows(n, x->dim[0], x->dim[1]), dy = rows(n, x->dim[0], dim[0]);
	struct rl_md out = rl_md_plain(2, (int64_t[]){x->dim[0], dim[0]}),
		     bias = rl_md_plain(1, dim);
	struct rl_md w = rl_md_of(in.number, rl_md_any(2, shape)), dw = rl_md_plain(2, shape);
	const struct rl_md *b = part ? NULL : &bias;
	struct rl_prim *p = &op->prim[prim(part, 0)];
	size_t narrow_x = narrow(n) ? rl_md_bytes(&in) : 0;
	size_t narrow_dy = narrow(n) ? rl_md_bytes(&dy) : 0;
	size_t own = part ? rl_md_bytes(&out) : 0, backward = 0;

	p[FORWARD] = rl_prim_linear(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE, in, w, b,
				    out, NULL);
	w = rl_prim_md(&p[FORWARD], RL_ARG_WEIGHTS);
	p[PACK] = rl_prim_reorder(n->d, columns(n, op, part), w);
	rl_op_buffer(n, op, rl_md_bytes(&w), ALWAYS);
	if (op->reached) {
		w = rl_md_of(in.number, rl_md_any(2, shape));
		p[BY_DATA] = rl_prim_linear(n->d, RL_BACKWARD_DATA, rl_md_plain(2, x->dim), w, b,
					    dy, &p[FORWARD]);
		p[BY_WEIGHTS] =
			rl_prim_linear(n->d, RL_BACKWARD_WEIGHTS, in, dw, b, dy, &p[FORWARD]);
		w = rl_prim_md(&p[BY_DATA], RL_ARG_WEIGHTS);
		p[PACK_BACKWARD] = rl_prim_reorder(n->d, columns(n, op, part), w);
		p[UNPACK] = rl_prim_reorder(n->d, dw, columns(n, op, part));
		backward = rl_md_bytes(&w);
	}
	rl_op_buffer(n, op, backward, IN_BACKWARD);
	rl_op_buffer(n, op, op->reached ? rl_md_bytes(&dw) : 0, IN_BACKWARD);
	rl_op_buffer(n, op, narrow_x, BETWEEN);
	rl_op_buffer(n, op, narrow_dy, IN_BACKWARD);
	rl_op_buffer(n, op, own, IN_FORWARD);
	rl_op_buffer(n, op, own, IN_BACKWARD);
	for (int i = 0; i < PRIMS; i++)
		if (p[i].prim)
			rl_op_scratch(n, &p[i]);
}

static void plan(struct rl_net *n, struct op *op)
{
	for (int part = 0; part < op->nin; part++) {
		rl_value_layout_plain(n, rl_op_in(n, op, part));
		plan_part(n, op, part);
	}
	rl_value_layout_plain(n, rl_op_out(n, op));
}

/* ---- binding ----------------------------------------------------------------------------------
 */

static void bind_reorder(struct rl_net *n, struct op *op, int call, void *from, void *to)
{
	rl_op_call(n, op, call, &op->prim[call]);
	rl_op_arg(n, op, call, RL_ARG_FROM, rl_whole(from));
	rl_op_arg(n, op, call, RL_ARG_TO, rl_whole(to));
}

static void bind_backward(struct rl_net *n, struct op *op, int part, float *w, struct rl_memory x)
{
	const struct value *y = rl_op_out(n, op);
	struct rl_memory dy = part ? rl_whole(memory(op, part, DY)) : y->grad;
	int data = prim(part, BY_DATA), weights = prim(part, BY_WEIGHTS);

	if (narrow(n))
		dy = rl_whole(memory(op, part, DY_NARROW));
	if (op->dx[part].base) {
		bind_reorder(n, op, prim(part, PACK_BACKWARD), w, memory(op, part, W_BACKWARD));
		rl_op_call(n, op, data, &op->prim[data]);
		rl_op_arg(n, op, data, RL_ARG_DIFF_DST, dy);
		rl_op_arg(n, op, data, RL_ARG_WEIGHTS, rl_whole(memory(op, part, W_BACKWARD)));
		rl_op_arg(n, op, data, RL_ARG_DIFF_SRC, op->dx[part]);
	}
	rl_op_call(n, op, weights, &op->prim[weights]);
	rl_op_arg(n, op, weights, RL_ARG_SRC, x);
	rl_op_arg(n, op, weights, RL_ARG_DIFF_DST, dy);
	rl_op_arg(n, op, weights, RL_ARG_DIFF_WEIGHTS, rl_whole(memory(op, part, DW)));
	if (!part)
		rl_op_arg(n, op, weights, RL_ARG_DIFF_BIAS, rl_whole(op->dp[1]));
	bind_reorder(n, op, prim(part, UNPACK), memory(op, part, DW),
		     op->dp[0] + first_column(n, op, part));
}

static void bind(struct rl_net *n, struct op *op)
{
	for (int part = 0; part < op->nin; part++) {
		float *w = rl_params_data(n->params, op->param[0]) + first_column(n, op, part);
		struct rl_memory x = narrow(n) ? rl_whole(memory(op, part, X_NARROW))
					       : rl_op_in(n, op, part)->data;
		int forward = prim(part, FORWARD);

		bind_reorder(n, op, prim(part, PACK), w, memory(op, part, W_FORWARD));
		rl_op_call(n, op, forward, &op->prim[forward]);
		rl_op_arg(n, op, forward, RL_ARG_SRC, x);
		rl_op_arg(n, op, forward, RL_ARG_WEIGHTS, rl_whole(memory(op, part, W_FORWARD)));
		if (!part)
			rl_op_arg(n, op, forward, RL_ARG_BIAS,
				  rl_whole(rl_params_data(n->params, op->param[1])));
		rl_op_arg(n, op, forward, RL_ARG_DST,
			  part ? rl_whole(memory(op, part, Y)) : rl_op_out(n, op)->data);
		if (op->reached)
			bind_backward(n, op, part, w, x);
	}
}

/* ---- running ----------------------------------------------------------------------------------
 */

/* y_i += t_(i / repeat) */
static void add_repeated(const struct value *y, const float *t, int64_t repeat)
{
	int64_t width = y->dim[1];

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < y->dim[0]; i++) {
		float *row = rl_floats(y->data) + i * width;
		const float *from = t + i / repeat * width;

		for (int64_t c = 0; c < width; c++)
			row[c] += from[c];
	}
}

/* The sum of dy over the pairs that each row of the right side stands in. */
static void sum_repeated(float *sum, const struct value *y, int64_t repeat)
{
	int64_t width = y->dim[1];

#pragma omp parallel for schedule(static)
	for (int64_t j = 0; j < y->dim[0] / repeat; j++) {
		const float *row = rl_floats(y->grad) + j * repeat * width;
		float *to = sum + j * width;

		memcpy(to, row, (size_t)width * sizeof(*to));
		for (int64_t i = 1; i < repeat; i++)
			for (int64_t c = 0; c < width; c++)
				to[c] += row[i * width + c];
	}
}

static int64_t repeat(struct rl_net *n, const struct op *op, int part)
{
	return rl_op_in(n, op, 0)->dim[0] / rl_op_in(n, op, part)->dim[0];
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *y = rl_op_out(n, op);

	for (int part = 0; part < op->nin; part++) {
		const struct value *x = rl_op_in(n, op, part);

		if (op->weights_version != n->params->version)
			rl_op_run(n, op, prim(part, PACK), at);
		if (narrow(n))
			rl_to_bf16(memory(op, part, X_NARROW), rl_floats(x->data),
				   rl_value_count(x));
		rl_op_run(n, op, prim(part, FORWARD), at);
		if (part)
			add_repeated(y, memory(op, part, Y), repeat(n, op, part));
	}
	op->weights_version = n->params->version;
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *y = rl_op_out(n, op);

	for (int part = 0; part < op->nin; part++) {
		const float *dy = part ? memory(op, part, DY) : rl_floats(y->grad);
		size_t count = rl_value_count(y) / (size_t)repeat(n, op, part);

		if (part)
			sum_repeated(memory(op, part, DY), y, repeat(n, op, part));
		if (narrow(n))
			rl_to_bf16(memory(op, part, DY_NARROW), dy, count);
		if (op->dx[part].base) {
			rl_op_run(n, op, prim(part, PACK_BACKWARD), at);
			rl_op_run(n, op, prim(part, BY_DATA), at);
		}
		rl_op_run(n, op, prim(part, BY_WEIGHTS), at);
		rl_op_run(n, op, prim(part, UNPACK), at);
	}
}

static const struct optype type = {
	.name = "linear",
	.needs = NEED_X,
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

static rl_val linear(struct rl_net *n, int nin, const rl_val *in, const char *name, int out,
		     double std)
{
	struct op *op = rl_op_append(n, &type, nin, in);
	int64_t dim[2] = {out, 0};

	for (int i = 0; i < nin; i++) {
		const struct value *x = rl_op_in(n, op, i), *first = rl_op_in(n, op, 0);

		if (x->ndim != 2)
			rl_die("network: %s: a linear layer needs N,C", name);
		if (first->dim[0] % x->dim[0])
			rl_die("network: %s: cannot pair %lld rows with %lld", name,
			       (long long)first->dim[0], (long long)x->dim[0]);
		dim[1] += x->dim[1];
	}
	rl_op_param(n, op, RL_PARAM, name, "weight", 2, dim, RL_INIT_NORMAL, std);
	rl_op_param(n, op, RL_PARAM, name, "bias", 1, dim, RL_INIT_CONSTANT, 0);
	return rl_op_output(n, op, 2, (int64_t[]){rl_op_in(n, op, 0)->dim[0], out});
}

rl_val rl_linear(struct rl_net *n, rl_val x, const char *name, int out, double std)
{
	return linear(n, 1, &x, name, out, std);
}

rl_val rl_linear_pairs(struct rl_net *n, rl_val a, rl_val b, const char *name, int out, double std)
{
	return linear(n, 2, (rl_val[]){a, b}, name, out, std);
}
