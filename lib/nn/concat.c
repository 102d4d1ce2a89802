/* Maps one behind the other, along their channels. */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/maps.h"

static void plan(struct rl_net *n, struct op *op)
{
	struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, 1), *y = rl_op_out(n, op);

	rl_value_layout_plain(n, a);
	if (!b->laid_out)
		rl_value_layout(b, rl_md_like(&a->md, b->dim));
	rl_value_layout(y, rl_md_like(&a->md, y->dim));
}

/* A few channels of one image, from one layout to another. */
struct strip {
	const struct maps *of_from, *of_to;
	const void *from;
	void *to;
	int64_t from_at, to_at, lanes;
};

RL_CLONES
static void copy_strip(const struct strip *s)
{
	const int64_t area = s->of_from->height * s->of_from->width;
	int64_t from = s->from_at, to = s->to_at;

	for (int64_t j = 0; j < area; j++) {
		rl_f8 v;

		rl_load(&v, s->from, from, s->lanes, s->of_from->bf16);
		rl_store(s->to, &v, to, s->lanes, s->of_to->bf16);
		from += s->of_from->at.pixel;
		to += s->of_to->at.pixel;
	}
}

/* Between a part and the channels from `first` on of the whole. */
static void copy(const struct value *part, void *of_part, const struct value *whole, void *of_whole,
		 int64_t first, int64_t images, bool out)
{
	const struct maps p = maps_of(part), w = maps_of(whole);

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < images; i++) {
		int64_t lanes;

		for (int64_t c = 0; c < p.channels; c += lanes) {
			const int64_t room = maps_run(&w, first + c);
			const int64_t in_part = maps_channel(&p, i, c),
				      in_whole = maps_channel(&w, i, first + c);

			lanes = maps_run(&p, c);
			lanes = lanes < room ? lanes : room;
			copy_strip(out ? &(struct strip){&p, &w, of_part, of_whole, in_part,
							 in_whole, lanes}
				       : &(struct strip){&w, &p, of_whole, of_part, in_whole,
							 in_part, lanes});
		}
	}
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *y = rl_op_out(n, op);
	void *to = rl_at(y->data, at);
	int64_t first = 0;

	for (int i = 0; i < op->nin; i++) {
		const struct value *x = rl_op_in(n, op, i);

		copy(x, rl_at(x->data, at), y, to, first, at.count, true);
		first += x->dim[1];
	}
	rl_clear_lanes(y, to, at.count);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *y = rl_op_out(n, op);
	int64_t first = 0;

	for (int i = 0; i < op->nin; i++) {
		const struct value *x = rl_op_in(n, op, i);
		void *dx = rl_at(op->dx[i], at);

		if (dx) {
			copy(x, dx, y, rl_at(y->grad, at), first, at.count, false);
			rl_clear_lanes(x, dx, at.count);
		}
		first += x->dim[1];
	}
}

static const struct optype type = {
	.name = "concat",
	.plan = plan,
	.forward = {{.run = forward}},
	.backward = {{.run = backward, .stores = true}},
};

rl_val rl_concat(struct rl_net *n, rl_val left, rl_val right)
{
	struct op *op = rl_op_append(n, &type, 2, (rl_val[]){left, right});
	const struct value *a = rl_op_in(n, op, 0), *b = rl_op_in(n, op, 1);

	if (a->ndim != 4 || b->ndim != 4 || a->dim[0] != b->dim[0] || a->dim[2] != b->dim[2] ||
	    a->dim[3] != b->dim[3])
		rl_die("network: maps of different sizes cannot be concatenated");
	return rl_op_output(n, op, 4,
			    (int64_t[]){a->dim[0], a->dim[1] + b->dim[1], a->dim[2], a->dim[3]});
}
