/* ReLU, sums, the sum with ReLU that ends a residual block, and sums of gradients. */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/lanes.h"

#include <string.h>

/* ---- loops ------------------------------------------------------------------------------------
 */

enum { RUN = 4096 }; /* numbers a thread takes at a time */

struct run {
	const void *a, *b;
	void *out;
	int64_t first, n;
	bool bf16;
};

/* Eight numbers at a time and the rest, each with its kind of number and lanes as constants. */
#define ELEMENTWISE(name, expression)                                                         \
	RL_INLINE void name##_lanes(const struct run *r, int64_t i, int64_t lanes, bool bf16) \
	{                                                                                     \
		rl_f8 a, b, y;                                                                \
                                                                                              \
		rl_load(&a, r->a, i, lanes, bf16);                                            \
		rl_load(&b, r->b, i, lanes, bf16);                                            \
		expression;                                                                   \
		rl_store(r->out, &y, i, lanes, bf16);                                         \
	}                                                                                     \
	RL_INLINE void name##_run(const struct run *r, bool bf16)                             \
	{                                                                                     \
		int64_t i = r->first, end = r->first + r->n;                                  \
                                                                                              \
		for (; i + RL_LANES <= end; i += RL_LANES)                                    \
			name##_lanes(r, i, RL_LANES, bf16);                                   \
		if (i < end)                                                                  \
			name##_lanes(r, i, end - i, bf16);                                    \
	}                                                                                     \
	RL_CLONES                                                                             \
	static void name(const struct run *r)                                                 \
	{                                                                                     \
		if (r->bf16)                                                                  \
			name##_run(r, true);                                                  \
		else                                                                          \
			name##_run(r, false);                                                 \
	}

/* x where the condition on another holds, 0 elsewhere. */
#define KEEP(x, condition)                 \
	{                                  \
		rl_i8 holds = (condition); \
                                           \
		y = (x);                   \
		rl_keep(&y, &holds);       \
	}

ELEMENTWISE(add, y = a + b)
ELEMENTWISE(add_cut, KEEP(a + b, a + b > 0))
ELEMENTWISE(mask, KEEP(b, a > 0)) /* b where a is positive */

static void over(void (*loop)(const struct run *), void *out, const void *a, const void *b,
		 size_t count, bool bf16)
{
#pragma omp parallel for schedule(static)
	for (size_t first = 0; first < count; first += RUN)
		loop(&(struct run){a, b, out, (int64_t)first,
				   (int64_t)(count - first < RUN ? count - first : RUN), bf16});
}

void rl_add_into(float *x, const float *y, size_t count)
{
	over(add, x, x, y, count, false);
}

void rl_add_maps(void *x, const void *y, size_t count, enum rl_number number)
{
	over(add, x, x, y, count, number == RL_BFLOAT16);
}

/* ---- the ops ----------------------------------------------------------------------------------
 */

enum { TO_LEFT, FROM_LEFT }; /* reorders of the right summand where its layout is another */
enum { RIGHT_AS_LEFT, GRADIENT_LEFT }; /* buffers for them */

static void plan(struct rl_net *n, struct op *op)
{
	struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, op->nin - 1);
	int64_t tile = rl_op_tile(n, op->forward[0]);
	int64_t back = op->reached ? rl_op_tile(n, op->backward[0]) : tile;

	rl_value_layout_plain(n, a);
	rl_value_layout(rl_op_out(n, op), a->md);
	if (!b->laid_out)
		rl_value_layout(b, a->md);
	if (rl_md_equal(&a->md, &b->md))
		return;
	op->prim[TO_LEFT] = rl_prim_reorder(n->d, rl_value_md(n, b, tile), rl_value_md(n, a, tile));
	op->prim[FROM_LEFT] =
		rl_prim_reorder(n->d, rl_value_md(n, a, back), rl_value_md(n, b, back));
	rl_op_scratch(n, &op->prim[TO_LEFT]);
	rl_op_scratch(n, &op->prim[FROM_LEFT]);
	struct rl_md md = rl_value_md(n, a, tile);
	rl_op_buffer(n, op, rl_md_bytes(&md), IN_FORWARD);
	md = rl_value_md(n, a, back);
	rl_op_buffer(n, op, rl_md_bytes(&md), IN_BACKWARD);
}

static void bind(struct rl_net *n, struct op *op)
{
	if (!op->nbuffer)
		return;
	rl_op_call(n, op, TO_LEFT, &op->prim[TO_LEFT]);
	rl_op_arg(n, op, TO_LEFT, RL_ARG_FROM, rl_op_in(n, op, 1)->data);
	rl_op_arg(n, op, TO_LEFT, RL_ARG_TO, rl_whole(rl_op_memory(op, RIGHT_AS_LEFT)));
	if (!op->dx[1].base)
		return;
	rl_op_call(n, op, FROM_LEFT, &op->prim[FROM_LEFT]);
	rl_op_arg(n, op, FROM_LEFT, RL_ARG_FROM, rl_whole(rl_op_memory(op, GRADIENT_LEFT)));
	rl_op_arg(n, op, FROM_LEFT, RL_ARG_TO, op->dx[1]);
}

static void relu_forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	over(mask, rl_at(y->data, at), rl_at(x->data, at), rl_at(x->data, at),
	     rl_value_numbers(n, y, at.count), y->md.number == RL_BFLOAT16);
}

static void sum_forward(struct rl_net *n, struct op *op, struct span at,
			void (*loop)(const struct run *))
{
	const struct value *y = rl_op_out(n, op);
	const void *right = rl_at(rl_op_in(n, op, 1)->data, at);

	if (op->nbuffer) {
		rl_op_run(n, op, TO_LEFT, at);
		right = rl_op_memory(op, RIGHT_AS_LEFT);
	}
	over(loop, rl_at(y->data, at), rl_at(rl_op_in(n, op, 0)->data, at), right,
	     rl_value_numbers(n, y, at.count), y->md.number == RL_BFLOAT16);
}

static void add_relu_forward(struct rl_net *n, struct op *op, struct span at)
{
	sum_forward(n, op, at, add_cut);
}

static void add_forward(struct rl_net *n, struct op *op, struct span at)
{
	sum_forward(n, op, at, add);
}

static void relu_backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *y = rl_op_out(n, op);

	over(mask, rl_at(op->dx[0], at), rl_at(y->data, at), rl_at(y->grad, at),
	     rl_value_numbers(n, y, at.count), y->md.number == RL_BFLOAT16);
}

/* Both summands have the same gradient, which the planner may let them share; a frozen side wants
 * none. */
static void sum_backward(struct rl_net *n, struct op *op, struct span at, bool relu)
{
	const struct value *y = rl_op_out(n, op);
	bool bf16 = y->md.number == RL_BFLOAT16, reorder = op->nbuffer && op->dx[1].base;
	void *left = rl_at(op->dx[0], at), *right = rl_at(op->dx[1], at);
	size_t count = rl_value_numbers(n, y, at.count);

	if (reorder)
		right = rl_op_memory(op, GRADIENT_LEFT);
	if (!left)
		left = right;
	if (relu)
		over(mask, left, rl_at(y->data, at), rl_at(y->grad, at), count, bf16);
	else if (left != rl_at(y->grad, at))
		memcpy(left, rl_at(y->grad, at), count * (bf16 ? sizeof(uint16_t) : sizeof(float)));
	if (right && right != left)
		memcpy(right, left, count * (bf16 ? sizeof(uint16_t) : sizeof(float)));
	if (reorder)
		rl_op_run(n, op, FROM_LEFT, at);
}

static void add_relu_backward(struct rl_net *n, struct op *op, struct span at)
{
	sum_backward(n, op, at, true);
}

static void add_backward(struct rl_net *n, struct op *op, struct span at)
{
	sum_backward(n, op, at, false);
}

static const struct optype relu_type = {
	.name = "relu",
	.needs = NEED_Y,
	.in_place = true,
	.plan = plan,
	.forward = {{.run = relu_forward}},
	.backward = {{.run = relu_backward, .stores = true}},
};

static const struct optype add_relu_type = {
	.name = "add relu",
	.needs = NEED_Y,
	.in_place = true,
	.plan = plan,
	.bind = bind,
	.forward = {{.run = add_relu_forward}},
	.backward = {{.run = add_relu_backward, .stores = true}},
};

static const struct optype add_type = {
	.name = "add",
	.in_place = true,
	.plan = plan,
	.bind = bind,
	.forward = {{.run = add_forward}},
	.backward = {{.run = add_backward, .stores = true}},
};

rl_val rl_relu(struct rl_net *n, rl_val in)
{
	struct op *op = rl_op_append(n, &relu_type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	return rl_op_output(n, op, x->ndim, x->dim);
}

static rl_val sum(struct rl_net *n, rl_val a, rl_val b, const struct optype *type)
{
	struct op *op = rl_op_append(n, type, 2, (rl_val[]){a, b});
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_in(n, op, 1);

	if (a == b || x->ndim != y->ndim || memcmp(x->dim, y->dim, sizeof(x->dim)))
		rl_die("network: the two sides of a sum differ in shape");
	return rl_op_output(n, op, x->ndim, x->dim);
}

rl_val rl_add_relu(struct rl_net *n, rl_val a, rl_val b)
{
	return sum(n, a, b, &add_relu_type);
}

rl_val rl_add(struct rl_net *n, rl_val a, rl_val b)
{
	return sum(n, a, b, &add_type);
}
