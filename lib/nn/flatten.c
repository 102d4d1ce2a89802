/* Maps to rows: [N,C,H,W] in whatever layout the library likes to [N,C*H*W] in plain order. */
#include "nn/tape.h"

#include "base/err.h"
#include "nn/lanes.h"

static void plan(struct rl_net *n, struct op *op)
{
	rl_value_layout_plain(n, rl_op_in(n, op, 0));
	rl_value_layout_plain(n, rl_op_out(n, op));
}

/* One pixel of one channel at a time: this is done to small maps. */
static void copy(const struct value *x, void *maps, float *rows, int64_t images, bool to_rows)
{
	const struct rl_channels at = rl_md_channels(&x->md);
	const int64_t channels = x->dim[1], area = x->dim[2] * x->dim[3];
	const bool bf16 = x->md.number == RL_BFLOAT16;

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < images; i++) {
		for (int64_t k = 0; k < channels * area; k++) {
			int64_t row = i * channels * area + k;
			int64_t map = rl_channels_at(&at, i, k / area, k % area);
			rl_f8 v;

			rl_load(&v, to_rows ? maps : rows, to_rows ? map : row, 1, to_rows && bf16);
			rl_store(to_rows ? rows : maps, &v, to_rows ? row : map, 1,
				 !to_rows && bf16);
		}
	}
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);

	copy(x, rl_at(x->data, at), rl_at(rl_op_out(n, op)->data, at), at.count, true);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);

	copy(x, rl_at(op->dx[0], at), rl_at(rl_op_out(n, op)->grad, at), at.count, false);
	rl_clear_lanes(x, rl_at(op->dx[0], at), at.count);
}

static const struct optype type = {
	.name = "flatten",
	.plan = plan,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

rl_val rl_flatten(struct rl_net *n, rl_val in)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4)
		rl_die("network: flattening needs N,C,H,W");
	return rl_op_output(n, op, 2, (int64_t[]){x->dim[0], x->dim[1] * x->dim[2] * x->dim[3]});
}
