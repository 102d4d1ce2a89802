/* The mean of each channel over the whole map, from maps to rows. */
#include "nn/tape.h"

#include "base/err.h"
#include "nn/lanes.h"

static void plan(struct rl_net *n, struct op *op)
{
	rl_value_layout_plain(n, rl_op_in(n, op, 0));
	rl_value_layout_plain(n, rl_op_out(n, op));
}

struct maps {
	struct rl_channels at;
	int64_t channels, area;
	bool bf16;
};

static struct maps maps(const struct value *x)
{
	return (struct maps){rl_md_channels(&x->md), x->dim[1], x->dim[2] * x->dim[3],
			     x->md.number == RL_BFLOAT16};
}

/* Channels that lie side by side from c on, at most a vector of them, and where they begin. */
static int64_t neighbours(const struct maps *m, int64_t image, int64_t c, int64_t *begin)
{
	int64_t lanes = m->at.lanes - c % m->at.lanes;

	*begin = rl_channels_at(&m->at, image, c, 0);
	if (lanes > m->channels - c)
		lanes = m->channels - c;
	return lanes < RL_LANES ? lanes : RL_LANES;
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct maps m = maps(x);
	const void *from = rl_at(x->data, at);
	float *y = rl_at(rl_op_out(n, op)->data, at);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < at.count; i++) {
		int64_t begin, lanes;

		for (int64_t c = 0; c < m.channels; c += lanes) {
			rl_f8 sum = {0}, v;

			lanes = neighbours(&m, i, c, &begin);
			for (int64_t j = 0; j < m.area; j++) {
				rl_load(&v, from, begin + j * m.at.pixel, lanes, m.bf16);
				sum += v;
			}
			sum /= (float)m.area;
			rl_store(y, &sum, i * m.channels + c, lanes, false);
		}
	}
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct maps m = maps(x);
	const float *dy = rl_at(rl_op_out(n, op)->grad, at);
	void *dx = rl_at(op->dx[0], at);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < at.count; i++) {
		int64_t begin, lanes;

		for (int64_t c = 0; c < m.channels; c += lanes) {
			rl_f8 v;

			lanes = neighbours(&m, i, c, &begin);
			rl_load(&v, dy, i * m.channels + c, lanes, false);
			v /= (float)m.area;
			for (int64_t j = 0; j < m.area; j++)
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
