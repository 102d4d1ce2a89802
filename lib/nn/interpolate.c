/* Maps of another size: nearest and bilinear. */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/maps.h"
#include "nn/tap.h"

#include <string.h>

enum { ROWS, COLUMNS, SUMS }; /* buffers; sums of gradients where maps are in bfloat16 */

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);
	struct value *y = rl_op_out(n, op);

	rl_value_layout_plain(n, x);
	rl_value_layout(y, rl_md_like(&x->md, y->dim));
	rl_op_buffer(n, op, (size_t)y->dim[2] * sizeof(struct rl_tap), ALWAYS);
	rl_op_buffer(n, op, (size_t)y->dim[3] * sizeof(struct rl_tap), ALWAYS);
	if (x->md.number == RL_BFLOAT16 && op->reached)
		rl_op_buffer(n, op, rl_md_numbers(&x->md) * sizeof(float), IN_BACKWARD);
}

static void bind(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	for (int axis = ROWS; axis <= COLUMNS; axis++)
		rl_taps(op->c.interpolation, x->dim[2 + axis], y->dim[2 + axis],
			rl_op_memory(op, axis));
}

/* One run of channels of one image, in the layouts of both sides. */
struct plane {
	const struct maps *x, *y;
	void *low, *high; /* of x's size, of y's size */
	int64_t x_at, y_at, lanes;
	const struct rl_tap *row, *column;
};

RL_INLINE void load_low(rl_f8 *v, const struct plane *p, int64_t row, int64_t column)
{
	rl_load(v, p->low, p->x_at + (row * p->x->width + column) * p->x->at.pixel, p->lanes,
		p->x->bf16);
}

RL_INLINE void add_low(const rl_f8 *more, float by, const struct plane *p, int64_t row,
		       int64_t column)
{
	int64_t at = p->x_at + (row * p->x->width + column) * p->x->at.pixel;
	rl_f8 v;

	rl_load(&v, p->low, at, p->lanes, false);
	v += *more * by;
	rl_store(p->low, &v, at, p->lanes, false);
}

RL_CLONES
static void enlarge(const struct plane *p)
{
	int64_t o = p->y_at;

	for (int64_t y = 0; y < p->y->height; y++) {
		const struct rl_tap *r = &p->row[y];

		for (int64_t x = 0; x < p->y->width; x++, o += p->y->at.pixel) {
			const struct rl_tap *c = &p->column[x];
			rl_f8 a, b, low, high;

			load_low(&a, p, r->first, c->first);
			load_low(&b, p, r->first, c->second);
			low = a + (b - a) * c->part;
			load_low(&a, p, r->second, c->first);
			load_low(&b, p, r->second, c->second);
			high = a + (b - a) * c->part;
			low += (high - low) * r->part;
			rl_store(p->high, &low, o, p->lanes, p->y->bf16);
		}
	}
}

/* The transpose: every output pixel gives its gradient back to the four it came from. */
RL_CLONES
static void gather_back(const struct plane *p)
{
	int64_t o = p->y_at;

	for (int64_t y = 0; y < p->y->height; y++) {
		const struct rl_tap *r = &p->row[y];

		for (int64_t x = 0; x < p->y->width; x++, o += p->y->at.pixel) {
			const struct rl_tap *c = &p->column[x];
			rl_f8 v;

			rl_load(&v, p->high, o, p->lanes, p->y->bf16);
			add_low(&v, (1 - r->part) * (1 - c->part), p, r->first, c->first);
			add_low(&v, (1 - r->part) * c->part, p, r->first, c->second);
			add_low(&v, r->part * (1 - c->part), p, r->second, c->first);
			add_low(&v, r->part * c->part, p, r->second, c->second);
		}
	}
}

static void over(struct op *op, const struct value *x, const struct value *y, void *low, void *high,
		 int64_t images, void (*pass)(const struct plane *))
{
	const struct maps mx = maps_of(x), my = maps_of(y);
	const struct rl_tap *rows = rl_op_memory(op, ROWS), *columns = rl_op_memory(op, COLUMNS);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < images; i++) {
		int64_t lanes;

		for (int64_t c = 0; c < mx.channels; c += lanes) {
			lanes = maps_run(&mx, c);
			pass(&(struct plane){&mx, &my, low, high, maps_channel(&mx, i, c),
					     maps_channel(&my, i, c), lanes, rows, columns});
		}
	}
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	over(op, x, y, rl_at(x->data, at), rl_at(y->data, at), at.count, enlarge);
	rl_clear_lanes(y, rl_at(y->data, at), at.count);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	size_t count = rl_value_numbers(n, x, at.count);
	void *dx = rl_at(op->dx[0], at);
	float *sums = x->md.number == RL_BFLOAT16 ? rl_op_memory(op, SUMS) : dx;

	memset(sums, 0, count * sizeof(*sums));
	over(op, x, y, sums, rl_at(y->grad, at), at.count, gather_back);
	if (sums != dx)
		rl_to_bf16(dx, sums, count);
}

static const struct optype type = {
	.name = "interpolate",
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

rl_val rl_interpolate(struct rl_net *n, rl_val in, int64_t height, int64_t width,
		      enum rl_interpolation how)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4)
		rl_die("network: interpolation needs N,C,H,W");
	op->c.interpolation = how;
	return rl_op_output(n, op, 4, (int64_t[]){x->dim[0], x->dim[1], height, width});
}
