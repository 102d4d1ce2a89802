/* Inverted dropout (Srivastava et al. 2014): kept with probability 1-p and scaled by 1/(1-p). */
#include "nn/tape.h"

#include "base/rng.h"

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);

	rl_value_layout_plain(x);
	rl_value_layout(rl_op_out(n, op), x->md);
}

/* Element i is decided by word i%4 of block i/4, so forward and backward draw the same mask without
 * storing it, in any order. */
static void mask(const struct rl_net *n, const struct op *op, float *to, const float *from)
{
	const struct value *x = &n->value[op->in[0]];
	size_t count = rl_md_bytes(&x->md) / sizeof(float);
	struct rl_rng r = rl_rng_make(n->config.seed, 0, n->draw << 16 | op->id, RL_RNG_DROPOUT);
	double p = op->c.dropout;
	uint32_t threshold = (uint32_t)(p * 0x1p32);
	float scale = (float)(1 / (1 - p));

#pragma omp parallel for schedule(static)
	for (size_t block = 0; block < (count + 3) / 4; block++) {
		uint32_t counter[4] = {(uint32_t)block, r.counter[1], r.counter[2], r.counter[3]},
			 word[4];

		rl_philox4x32(r.key, counter, word);
		for (size_t i = block * 4; i < block * 4 + 4 && i < count; i++)
			to[i] = word[i % 4] >= threshold ? from[i] * scale : 0;
	}
}

static void forward(struct rl_net *n, struct op *op)
{
	mask(n, op, rl_op_out(n, op)->data, rl_op_in(n, op, 0)->data);
}

static void backward(struct rl_net *n, struct op *op)
{
	mask(n, op, op->dx[0], rl_op_out(n, op)->grad);
}

static const struct optype type = {"dropout", 0, plan, NULL, forward, backward};

rl_val rl_dropout(struct rl_net *n, rl_val in, double p)
{
	struct op *op;

	if (!n->config.train || p <= 0)
		return in;
	op = rl_op_append(n, &type, 1, &in);
	op->c.dropout = p;
	return rl_op_output(n, op, rl_op_in(n, op, 0)->ndim, rl_op_in(n, op, 0)->dim);
}
