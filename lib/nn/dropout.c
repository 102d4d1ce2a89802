/* Inverted dropout (Srivastava et al. 2014): kept with probability 1-p and scaled by 1/(1-p). */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "base/rng.h"
#include "nn/maps.h"

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);

	rl_value_layout_plain(n, x);
	rl_value_layout(rl_op_out(n, op), x->md);
}

static struct rl_rng rng_of(const struct rl_net *n, const struct op *op)
{
	return rl_rng_make(n->config.seed, 0, n->draw << 16 | op->id, RL_RNG_DROPOUT);
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
	const struct rl_rng r = rng_of(n, op);
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

/* ---- whole channels ---------------------------------------------------------------------------
 */

struct strip {
	const struct maps *m;
	const void *from;
	void *to;
	int64_t at, lanes;
	rl_f8 by;
};

RL_CLONES
static void scale(const struct strip *s)
{
	int64_t o = s->at;

	for (int64_t j = 0; j < s->m->height * s->m->width; j++, o += s->m->at.pixel) {
		rl_f8 v;

		rl_load(&v, s->from, o, s->lanes, s->m->bf16);
		v *= s->by;
		rl_store(s->to, &v, o, s->lanes, s->m->bf16);
	}
}

static float factor(const struct rl_rng *r, double p, int64_t element)
{
	const uint32_t counter[4] = {(uint32_t)(element / 4), r->counter[1], r->counter[2],
				     r->counter[3]};
	uint32_t word[4];

	rl_philox4x32(r->key, counter, word);
	return word[element % 4] >= (uint32_t)(p * 0x1p32) ? (float)(1 / (1 - p)) : 0;
}

/* Channel c of image i is element i * C + c, and decided as such. */
static void mask_channels(const struct rl_net *n, const struct op *op, void *to, const void *from,
			  struct span at)
{
	const struct value *x = &n->value[op->in[0]];
	const struct rl_comm *ranks = n->config.comm;
	const struct maps m = maps_of(x);
	const struct rl_rng r = rng_of(n, op);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < at.count; i++) {
		const int64_t image = at.first + i;
		const int64_t global = ranks ? image * ranks->size + ranks->rank : image;
		int64_t lanes;

		for (int64_t c = 0; c < m.channels; c += lanes) {
			struct strip s = {&m, from, to, maps_channel(&m, i, c), maps_run(&m, c),
					  {0}};

			lanes = s.lanes;
			for (int64_t k = 0; k < lanes; k++)
				s.by[k] = factor(&r, op->c.dropout.p, global * m.channels + c + k);
			scale(&s);
		}
	}
	rl_clear_lanes(x, to, at.count);
}

static void channels_forward(struct rl_net *n, struct op *op, struct span at)
{
	mask_channels(n, op, rl_at(rl_op_out(n, op)->data, at), rl_at(rl_op_in(n, op, 0)->data, at),
		      at);
}

static void channels_backward(struct rl_net *n, struct op *op, struct span at)
{
	mask_channels(n, op, rl_at(op->dx[0], at), rl_at(rl_op_out(n, op)->grad, at), at);
}

static const struct optype channels_type = {
	.name = "dropout of channels",
	.in_place = true,
	.plan = plan,
	.forward = {{.run = channels_forward}},
	.backward = {{.run = channels_backward, .stores = true}},
};

/* ---- the ops ----------------------------------------------------------------------------------
 */

rl_val rl_dropout_channels(struct rl_net *n, rl_val in, double p)
{
	if (!n->config.train || p <= 0)
		return in;
	struct op *op = rl_op_append(n, &channels_type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4)
		rl_die("network: dropout of channels needs N,C,H,W");
	op->c.dropout.p = p;
	return rl_op_output(n, op, 4, x->dim);
}

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
