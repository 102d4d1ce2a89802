/* Inverted dropout (Srivastava et al. 2014): kept with probability 1-p and scaled by 1/(1-p). */
#include "nn/tape.h"

#include "base/err.h"
#include "base/rng.h"
#include "nn/lanes.h"

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);

	rl_value_layout_plain(n, x);
	rl_value_layout(rl_op_out(n, op), x->md);
}

/* Element i of the samples of all ranks, in row-major order, is decided by word i%4 of block i/4,
 * so forward and backward draw the same mask without storing it, in any layout. */
static void mask(const struct rl_net *n, const struct op *op, void *to, const void *from)
{
	const struct value *x = &n->value[op->in[0]];
	const struct rl_channels at = rl_value_channels(x);
	const struct rl_comm *ranks = n->config.comm;
	int64_t samples = x->dim[0] / op->c.dropout.rows, area = rl_value_area(x);
	int64_t image = x->dim[1] * area, count = op->c.dropout.rows * image;
	struct rl_rng r = rl_rng_make(n->config.seed, 0, n->draw << 16 | op->id, RL_RNG_DROPOUT);
	double p = op->c.dropout.p;
	uint32_t threshold = (uint32_t)(p * 0x1p32);
	float scale = (float)(1 / (1 - p));
	bool bf16 = x->md.number == RL_BFLOAT16;

#pragma omp parallel for schedule(static)
	for (int64_t s = 0; s < samples; s++) {
		int64_t global = (ranks ? s * ranks->size + ranks->rank : s) * count;
		uint32_t word[4];

		for (int64_t i = 0; i < count; i++) {
			int64_t local = s * count + i, draw = global + i;
			int64_t o = rl_channels_at(&at, local / image, local / area % x->dim[1],
						   local % area);
			uint32_t counter[4] = {(uint32_t)(draw / 4), r.counter[1], r.counter[2],
					       r.counter[3]};
			rl_f8 v;

			if (i == 0 || draw % 4 == 0)
				rl_philox4x32(r.key, counter, word);
			rl_load(&v, from, o, 1, bf16);
			v *= word[draw % 4] >= threshold ? scale : 0;
			rl_store(to, &v, o, 1, bf16);
		}
	}
	rl_clear_lanes(x, to, x->dim[0]);
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	(void)at;
	mask(n, op, rl_op_out(n, op)->data.base, rl_op_in(n, op, 0)->data.base);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	(void)at;
	mask(n, op, op->dx[0].base, rl_op_out(n, op)->grad.base);
}

static const struct optype type = {
	.name = "dropout",
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

rl_val rl_dropout(struct rl_net *n, rl_val in, int rows, double p)
{
	struct op *op;

	if (!n->config.train || p <= 0)
		return in;
	op = rl_op_append(n, &type, 1, &in);
	op->c.dropout.p = p;
	op->c.dropout.rows = rows;
	if (rl_op_in(n, op, 0)->dim[0] % rows)
		rl_die("network: dropout of samples of %d rows in %lld rows", rows,
		       (long long)rl_op_in(n, op, 0)->dim[0]);
	return rl_op_output(n, op, rl_op_in(n, op, 0)->ndim, rl_op_in(n, op, 0)->dim);
}
