/* The mean of each channel over the whole map, from maps to rows. */
#include "nn/tape.h"

#include "base/err.h"
#include "nn/maps.h"

static void plan(struct rl_net *n, struct op *op)
{
	rl_value_layout_plain(n, rl_op_in(n, op, 0));
	rl_value_layout_plain(n, rl_op_out(n, op));
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct maps m = maps_of(x);
	const int64_t area = m.height * m.width;
	const void *from = rl_at(x->data, at);
	float *y = rl_at(rl_op_out(n, op)->data, at);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < at.count; i++) {
		int64_t lanes;

		for (int64_t c = 0; c < m.channels; c += lanes) {
			const int64_t begin = maps_channel(&m, i, c);
			rl_f8 sum = {0}, v;

			lanes = maps_run(&m, c);
			for (int64_t j = 0; j < area; j++) {
				rl_load(&v, from, begin + j * m.at.pixel, lanes, m.bf16);
				sum += v;
			}
			sum /= (float)area;
			rl_store(y, &sum, i * m.channels + c, lanes, false);
		}
	}
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct maps m = maps_of(x);
	const int64_t area = m.height * m.width;
	const float *dy = rl_at(rl_op_out(n, op)->grad, at);
	void *dx = rl_at(op->dx[0], at);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < at.count; i++) {
		int64_t lanes;

		for (int64_t c = 0; c < m.channels; c += lanes) {
			const int64_t begin = maps_channel(&m, i, c);
			rl_f8 v;

			lanes = maps_run(&m, c);
			rl_load(&v, dy, i * m.channels + c, lanes, false);
			v /= (float)area;
			for (int64_t j = 0; j < area; j++)
				rl_store(dx, &v, begin + j * m.at.pixel, lanes, m.bf16);
		}
	}
	rl_clear_lanes(x, dx, at.count);
}

static const struct optype type = {
	.name = "global avgpool",
	.plan = plan,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

rl_val rl_global_avgpool(struct rl_net *n, rl_val in)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4)
		rl_die("network: a global pool needs N,C,H,W");
	return rl_op_output(n, op, 2, x->dim);
}
