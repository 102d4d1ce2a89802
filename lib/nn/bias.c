/* A bias for each channel of a map, with a ReLU in the same pass if wanted. */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/maps.h"

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);

	rl_value_layout_plain(n, x);
	rl_value_layout(rl_op_out(n, op), x->md);
}

/* One run of channels of one image. */
struct strip {
	const struct maps *m;
	void *to;
	const void *from, *shown; /* shown: the output, whose sign says where a ReLU was open */
	int64_t at, lanes;
	rl_f8 bias, sum;
};

RL_CLONES
static void add(struct strip *s)
{
	int64_t area = s->m->height * s->m->width;

	for (int64_t j = 0, o = s->at; j < area; j++, o += s->m->at.pixel) {
		rl_f8 v;

		rl_load(&v, s->from, o, s->lanes, s->m->bf16);
		v += s->bias;
		if (s->shown) {
			rl_i8 open = v > 0;

			rl_keep(&v, &open);
		}
		rl_store(s->to, &v, o, s->lanes, s->m->bf16);
	}
}

/* The gradient of the bias in doubles would matter only beyond millions of pixels: rows are summed
 * first, then the rows. */
RL_CLONES
static void pass_back(struct strip *s)
{
	int64_t o = s->at;

	for (int64_t y = 0; y < s->m->height; y++) {
		rl_f8 row = {0};

		for (int64_t x = 0; x < s->m->width; x++, o += s->m->at.pixel) {
			rl_f8 v, shown;

			rl_load(&v, s->from, o, s->lanes, s->m->bf16);
			if (s->shown) {
				rl_load(&shown, s->shown, o, s->lanes, s->m->bf16);
				rl_i8 open = shown > 0;

				rl_keep(&v, &open);
			}
			row += v;
			if (s->to)
				rl_store(s->to, &v, o, s->lanes, s->m->bf16);
		}
		s->sum += row;
	}
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct maps m = maps_of(x);
	const float *bias = rl_params_data(n->params, op->param[0]);
	void *from = rl_at(x->data, at), *to = rl_at(rl_op_out(n, op)->data, at);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < at.count; i++) {
		int64_t lanes;

		for (int64_t c = 0; c < m.channels; c += lanes) {
			struct strip s = {.m = &m, .to = to, .from = from};

			s.lanes = lanes = maps_run(&m, c);
			s.at = maps_channel(&m, i, c);
			s.shown = op->c.bias_relu ? to : NULL;
			rl_load(&s.bias, bias, c, lanes, false);
			add(&s);
		}
	}
	rl_clear_lanes(x, to, at.count);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const struct maps m = maps_of(x);
	float *db = op->dp[0];
	/* Runs begin at multiples of it: lanes are 1 or a multiple of a vector, or 4. */
	const int64_t step = m.at.lanes < RL_LANES ? m.at.lanes : RL_LANES;

#pragma omp parallel for schedule(static)
	for (int64_t c = 0; c < x->dim[1]; c += step) {
		struct strip s = {.m = &m, .to = rl_at(op->dx[0], at), .from = rl_at(y->grad, at)};

		s.shown = op->c.bias_relu ? rl_at(y->data, at) : NULL;
		s.lanes = maps_run(&m, c);
		if (at.first > 0)
			rl_load(&s.sum, db, c, s.lanes, false);
		for (int64_t i = 0; i < at.count; i++) {
			s.at = maps_channel(&m, i, c);
			pass_back(&s);
		}
		rl_store(db, &s.sum, c, s.lanes, false);
	}
	if (op->dx[0].base)
		rl_clear_lanes(x, rl_at(op->dx[0], at), at.count);
}

static const struct optype type = {
	.name = "bias",
	.in_place = true,
	.plan = plan,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

static const struct optype relu_type = {
	.name = "bias relu",
	.needs = NEED_Y,
	.in_place = true,
	.plan = plan,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

rl_val rl_bias(struct rl_net *n, rl_val in, const char *name, bool relu)
{
	struct op *op = rl_op_append(n, relu ? &relu_type : &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4)
		rl_die("network: a bias needs N,C,H,W");
	op->c.bias_relu = relu;
	rl_op_param(n, op, RL_PARAM, name, "bias", 1, &x->dim[1], RL_INIT_CONSTANT, 0);
	return rl_op_output(n, op, 4, x->dim);
}
