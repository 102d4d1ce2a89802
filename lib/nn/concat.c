/* Concatenation of features, the right side repeated: the pairs of relative location. */
#include "nn/tape.h"

#include "base/err.h"

#include <string.h>

static void plan(struct rl_net *n, struct op *op)
{
	rl_value_layout_plain(n, rl_op_in(n, op, 0));
	rl_value_layout_plain(n, rl_op_in(n, op, 1));
	rl_value_layout_plain(n, rl_op_out(n, op));
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, 1);
	const float *left = rl_floats(a->data), *right = rl_floats(b->data);
	int64_t repeat = a->dim[0] / b->dim[0], ca = a->dim[1], cb = b->dim[1];
	float *y = rl_floats(rl_op_out(n, op)->data);

	(void)at;
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < a->dim[0]; i++) {
		memcpy(y + i * (ca + cb), left + i * ca, (size_t)ca * sizeof(*y));
		memcpy(y + i * (ca + cb) + ca, right + i / repeat * cb, (size_t)cb * sizeof(*y));
	}
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, 1);
	int64_t repeat = a->dim[0] / b->dim[0], ca = a->dim[1], cb = b->dim[1];
	const float *dy = rl_floats(rl_op_out(n, op)->grad);
	float *left = rl_floats(op->dx[0]), *right = rl_floats(op->dx[1]);

	(void)at;
#pragma omp parallel for schedule(static)
	for (int64_t j = 0; j < b->dim[0]; j++) {
		float *db = right ? right + j * cb : NULL;

		for (int64_t i = j * repeat; i < (j + 1) * repeat; i++) {
			const float *row = dy + i * (ca + cb);

			if (left)
				memcpy(left + i * ca, row, (size_t)ca * sizeof(*row));
			for (int64_t c = 0; c < cb && db; c++)
				db[c] = (i == j * repeat ? 0 : db[c]) + row[ca + c];
		}
	}
}

static const struct optype type = {
	.name = "concat",
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

rl_val rl_concat_repeat(struct rl_net *n, rl_val left, rl_val right)
{
	struct op *op = rl_op_append(n, &type, 2, (rl_val[]){left, right});
	const struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, 1);

	if (a->ndim != 2 || b->ndim != 2 || a->dim[0] % b->dim[0])
		rl_die("network: cannot pair %lld rows with %lld", (long long)a->dim[0],
		       (long long)b->dim[0]);
	return rl_op_output(n, op, 2, (int64_t[]){a->dim[0], a->dim[1] + b->dim[1]});
}
