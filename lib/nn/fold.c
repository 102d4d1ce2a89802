/*
 * Inference: what follows a convolution is folded into it.
 *
 * A batch norm with running statistics becomes part of weights and bias; a ReLU behind it, and the
 * sum that ends a residual block, are done before the result is stored.  The folded ops stay on the
 * tape and are never run; the convolution makes the last one's value.
 */
#include "nn/tape.h"

#include <string.h>

static int readers(const struct rl_net *n, rl_val v)
{
	int count = 0;

	for (int k = 0; k < n->nop; k++)
		for (int i = 0; i < n->op[k].nin; i++)
			count += n->op[k].in[i] == v;
	return count;
}

static bool is(const struct op *op, const char *name)
{
	return !strcmp(op->type->name, name);
}

/* The op that alone reads op's value. */
static struct op *only_reader(struct rl_net *n, const struct op *op)
{
	if (n->value[op->out].keep || readers(n, op->out) != 1)
		return NULL;
	for (int k = 0; k < n->nop; k++)
		for (int i = 0; i < n->op[k].nin; i++)
			if (n->op[k].in[i] == op->out)
				return &n->op[k];
	return NULL;
}

static void take_over(struct rl_net *n, struct op *conv, struct op *folded)
{
	folded->folded = true;
	conv->out = folded->out;
	n->value[conv->out].producer = (int)(conv - n->op);
}

/* The sum is made where the other summand lies, which nobody may need after this convolution. */
static bool can_add_to(const struct rl_net *n, rl_val other, const struct op *conv,
		       const struct op *sum)
{
	const struct value *v = &n->value[other];

	if (v->keep || v->producer < 0 || v->producer > conv - n->op)
		return false;
	for (int k = 0; k < n->nop; k++)
		for (int i = 0; i < n->op[k].nin; i++)
			if (n->op[k].in[i] == other && &n->op[k] != sum && k >= conv - n->op)
				return false;
	return true;
}

static void fold_sum(struct rl_net *n, struct op *conv)
{
	struct op *sum = only_reader(n, conv);
	rl_val other;

	if (!sum || !is(sum, "add relu"))
		return;
	other = sum->in[sum->in[0] == conv->out];
	if (!can_add_to(n, other, conv, sum))
		return;
	take_over(n, conv, sum);
	conv->c.conv.fuse.sum = conv->c.conv.fuse.relu = true;
	n->value[conv->out].data_of = n->value[other].data_of;
}

void rl_net_fold(struct rl_net *n)
{
	if (n->config.train)
		return;
	for (int k = 0; k < n->nop; k++) {
		struct op *conv = &n->op[k], *norm;

		if (!is(conv, "conv"))
			continue;
		norm = only_reader(n, conv);
		if (!norm || !is(norm, "bnorm") || !norm->c.bnorm.running || norm->c.bnorm.fixed)
			continue;
		take_over(n, conv, norm);
		conv->c.conv.norm = (int)(norm - n->op);
		conv->c.conv.fuse = (struct rl_fuse){.bias = true, .relu = norm->c.bnorm.relu};
		if (!norm->c.bnorm.relu)
			fold_sum(n, conv);
	}
}
