/* Mean softmax cross-entropy with its gradient, fused: one pass over the logits. */
#include "nn/tape.h"

#include "base/err.h"

#include <math.h>

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);

	rl_value_layout_plain(n, x);
	rl_op_buffer(n, op, (size_t)x->dim[0] * 2 * sizeof(double), IN_FORWARD);
}

/* Row sums are made in parallel and added in order: the loss does not depend on the thread count.
 */
static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	int64_t rows = x->dim[0], k = x->dim[1];
	double *loss = rl_op_memory(op, 0), *hit = loss + rows;

	(void)at;
	for (int64_t i = 0; i < rows; i++)
		if (op->c.loss.labels[i] < 0 || op->c.loss.labels[i] >= k)
			rl_die("label %d of row %lld: not in 0 to %lld", (int)op->c.loss.labels[i],
			       (long long)i, (long long)k - 1);
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < rows; i++) {
		const float *z = rl_floats(x->data) + i * k;
		int64_t best = 0;
		double sum = 0;

		for (int64_t c = 1; c < k; c++)
			if (z[c] > z[best])
				best = c;
		for (int64_t c = 0; c < k; c++)
			sum += exp((double)z[c] - z[best]);
		loss[i] = log(sum) + z[best] - z[op->c.loss.labels[i]];
		hit[i] = best == op->c.loss.labels[i];
	}
	op->c.loss.value = 0;
	op->c.loss.correct = 0;
	for (int64_t i = 0; i < rows; i++) {
		op->c.loss.value += loss[i] / (double)rows;
		op->c.loss.correct += (int64_t)hit[i];
	}
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	int64_t rows = x->dim[0], k = x->dim[1];

	(void)at;
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < rows; i++) {
		const float *z = rl_floats(x->data) + i * k;
		float *dz = rl_floats(op->dx[0]) + i * k;
		double top = z[0], sum = 0;

		for (int64_t c = 1; c < k; c++)
			top = fmax(top, z[c]);
		for (int64_t c = 0; c < k; c++)
			sum += exp(z[c] - top);
		for (int64_t c = 0; c < k; c++)
			dz[c] = (float)((exp(z[c] - top) / sum - (c == op->c.loss.labels[i])) /
					(double)rows);
	}
}

static const struct optype type = {
	.name = "softmax ce",
	.needs = NEED_X,
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

int rl_softmax_ce(struct rl_net *n, rl_val logits)
{
	struct op *op = rl_op_append(n, &type, 1, &logits);

	if (rl_op_in(n, op, 0)->ndim != 2)
		rl_die("network: cross-entropy needs N,K");
	return n->nop - 1;
}

void rl_loss_labels(struct rl_net *n, int loss, const int32_t *labels)
{
	n->op[loss].c.loss.labels = labels;
}

double rl_loss_value(const struct rl_net *n, int loss)
{
	return n->op[loss].c.loss.value;
}

int64_t rl_loss_correct(const struct rl_net *n, int loss)
{
	return n->op[loss].c.loss.correct;
}
