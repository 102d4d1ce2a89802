/* The tape: building it, running it, moving values in and out. */
#include "nn/tape.h"

#include "base/err.h"
#include "nn/lanes.h"

#include <stdlib.h>
#include <string.h>

struct rl_net *rl_net_new(struct rl_params *params, const struct rl_net_config *config)
{
	struct rl_net *n = rl_calloc(1, sizeof(*n));

	n->config = *config;
	n->params = params;
	n->d = rl_onednn_new();
	n->weight = 1;
	return n;
}

char *rl_arena_room(struct rl_arena *a, size_t size)
{
	if (a->size < size) {
		free(a->base);
		a->base = rl_aligned(size);
		a->size = size;
	}
	return a->base;
}

void rl_net_free(struct rl_net *n)
{
	for (int k = 0; k < n->nop; k++) {
		for (int i = 0; i < OP_PRIM; i++) {
			rl_call_free(&n->op[k].call[i]);
			rl_prim_free(&n->op[k].prim[i]);
		}
	}
	rl_onednn_free(&n->d);
	free(n->value);
	free(n->op);
	free(n->step);
	free(n->group);
	free(n->buffer);
	if (!n->config.arena)
		free(n->arena);
	free(n->message);
	free(n);
}

/* ---- building ---------------------------------------------------------------------------------
 */

static rl_val append_value(struct rl_net *n, int ndim, const int64_t *dim, int producer,
			   bool wants_grad)
{
	struct value v = {.ndim = ndim,
			  .producer = producer,
			  .wants_grad = wants_grad,
			  .data_of = n->nvalue,
			  .grad_of = n->nvalue,
			  .buffer = -1,
			  .grad_buffer = -1};

	if (n->planned)
		rl_die("network changed after it was planned");
	for (int i = 0; i < ndim; i++) {
		if (dim[i] < 1)
			rl_die("network: dimension %d of a value is %lld", i, (long long)dim[i]);
		v.dim[i] = dim[i];
	}
	n->value = rl_realloc(n->value, (size_t)n->nvalue + 1, sizeof(*n->value));
	n->value[n->nvalue] = v;
	return n->nvalue++;
}

rl_val rl_feed(struct rl_net *n, int ndim, const int64_t *dim)
{
	return append_value(n, ndim, dim, -1, n->config.train && n->config.feed_gradients);
}

struct op *rl_op_append(struct rl_net *n, const struct optype *type, int nin, const rl_val *in)
{
	struct op op = {.type = type, .nin = nin, .out = -1, .id = (uint64_t)n->nop};

	memcpy(op.in, in, (size_t)nin * sizeof(*in));
	n->op = rl_realloc(n->op, (size_t)n->nop + 1, sizeof(*n->op));
	n->op[n->nop] = op;
	return &n->op[n->nop++];
}

void rl_op_param(struct rl_net *n, struct op *op, enum rl_param_kind kind, const char *name,
		 const char *suffix, int ndim, const int64_t *dim, enum rl_init init, double arg)
{
	char full[256];

	if (snprintf(full, sizeof(full), "%s.%s", name, suffix) >= (int)sizeof(full))
		rl_die("%s: parameter name too long", name);
	op->param[op->nparam++] = rl_params_declare(n->params, kind, full, ndim, dim, init, arg);
	op->nlearned += kind == RL_PARAM;
}

rl_val rl_op_output(struct rl_net *n, struct op *op, int ndim, const int64_t *dim)
{
	bool wants = n->config.train && op->nlearned > 0;

	for (int i = 0; i < op->nin; i++)
		wants |= n->value[op->in[i]].wants_grad;
	return op->out = append_value(n, ndim, dim, n->nop - 1, wants);
}

struct value *rl_op_in(struct rl_net *n, const struct op *op, int i)
{
	return &n->value[op->in[i]];
}

struct value *rl_op_out(struct rl_net *n, const struct op *op)
{
	return &n->value[op->out];
}

int64_t rl_window_out(int64_t in, struct rl_window w)
{
	int64_t reach = in + 2 * w.pad - (int64_t)w.dilation * (w.kernel - 1) - 1;

	if (reach < 0)
		rl_die("network: a window of %d does not fit into %lld pixels", w.kernel,
		       (long long)in);
	return reach / w.stride + 1;
}

void rl_net_keep(struct rl_net *n, rl_val v)
{
	n->value[v].keep = true;
}

size_t rl_value_count(const struct value *v)
{
	size_t count = 1;

	for (int i = 0; i < v->ndim; i++)
		count *= (size_t)v->dim[i];
	return count;
}

/* ---- bound memory -----------------------------------------------------------------------------
 */

/* Rows are maps of one pixel, their channels side by side. */
struct rl_channels rl_value_channels(const struct value *v)
{
	int64_t row = (int64_t)rl_value_count(v) / v->dim[0];

	return v->ndim == 4 ? rl_md_channels(&v->md) : (struct rl_channels){16, row, 16, row};
}

int64_t rl_value_area(const struct value *v)
{
	return v->ndim == 4 ? v->dim[2] * v->dim[3] : 1;
}

void rl_clear_lanes(const struct value *v, void *maps, int64_t images)
{
	const struct rl_channels at = rl_value_channels(v);
	int64_t used = v->dim[1] % at.lanes, area = rl_value_area(v);
	size_t size = v->md.number == RL_BFLOAT16 ? sizeof(uint16_t) : sizeof(float);

	if (!used || at.pixel != at.lanes) /* only a block has lanes to spare */
		return;
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < images; i++)
		for (int64_t j = 0; j < area; j++)
			memset((char *)maps + (size_t)rl_channels_at(&at, i, v->dim[1], j) * size,
			       0, (size_t)(at.lanes - used) * size);
}

void *rl_op_memory(const struct op *op, int buffer)
{
	return op->buffered[buffer].base;
}

struct rl_memory rl_whole(void *base)
{
	return (struct rl_memory){base, 0};
}

void *rl_at(struct rl_memory m, struct span at)
{
	return m.base ? m.base + m.image * (size_t)at.first : NULL;
}

float *rl_floats(struct rl_memory m)
{
	return (float *)m.base;
}

void rl_op_call(struct rl_net *n, struct op *op, int i, const struct rl_prim *p)
{
	rl_call_begin(&op->call[i], p);
	rl_op_arg(n, op, i, RL_ARG_SCRATCHPAD, rl_whole(n->arena + n->buffer[n->scratch].offset));
}

void rl_op_arg(struct rl_net *n, struct op *op, int i, enum rl_arg which, struct rl_memory data)
{
	rl_call_arg(&op->call[i], n->d, which, data);
}

void rl_op_run(const struct rl_net *n, const struct op *op, int i, struct span at)
{
	rl_call_run(&op->call[i], n->d, at.first);
}

/* ---- running ----------------------------------------------------------------------------------
 */

static void run_groups(struct rl_net *n, int from, int end)
{
	for (int i = from; i < end; i = n->group[n->step[i].group].end) {
		const struct group *g = &n->group[n->step[i].group];

		for (int64_t first = 0; first < g->images; first += g->tile)
			for (int s = g->first; s < g->end; s++)
				n->step[s].stage.run(n, &n->op[n->step[s].op],
						     (struct span){first, g->tile});
		if (n->final && from >= n->nforward)
			n->final(n->final_ctx, g->final);
	}
}

void rl_net_forward(struct rl_net *n)
{
	run_groups(n, 0, n->nforward);
}

/* An op that leads to no loss leaves its parameters no gradient; one that does, and has them in
 * common with it, stores later. */
static void clear_unreached(struct rl_net *n)
{
	for (int k = 0; k < n->nop; k++) {
		const struct op *op = &n->op[k];

		for (int i = 0; i < op->nlearned && !op->reached; i++)
			memset(rl_params_grad(n->params, op->param[i]), 0,
			       n->params->list[op->param[i]].count * sizeof(float));
	}
}

void rl_net_backward(struct rl_net *n)
{
	clear_unreached(n);
	run_groups(n, n->nforward, n->nstep);
}

void rl_net_watch(struct rl_net *n, void (*final)(void *ctx, size_t from), void *ctx)
{
	n->final = final;
	n->final_ctx = ctx;
}

void rl_net_set_draw(struct rl_net *n, uint64_t draw)
{
	n->draw = draw;
}

void rl_net_track_statistics(struct rl_net *n, bool track)
{
	n->untracked = !track;
}

void rl_net_set_weight(struct rl_net *n, int64_t weight)
{
	n->weight = weight;
}

/* Zero every running statistic; from now on update k weighs 1/k. */
void rl_net_accumulate_statistics(struct rl_net *n, bool afresh)
{
	struct rl_params *p = n->params;

	n->accumulate = true;
	if (!afresh)
		return;
	memset(p->state, 0, p->total_state * sizeof(float));
	for (int i = 0; i < p->n; i++)
		p->list[i].tracked = 0;
	p->version++;
}

/* ---- values in and out ------------------------------------------------------------------------
 */

void rl_value_exchange(const struct value *v, void *data, float *plain, bool in)
{
	const struct rl_channels at = rl_value_channels(v);
	int64_t planes = v->ndim == 1 ? 1 : v->dim[1], area = rl_value_area(v);
	bool bf16 = v->md.number == RL_BFLOAT16;

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < v->dim[0]; i++) {
		for (int64_t c = 0; c < planes; c++) {
			int64_t o = rl_channels_at(&at, i, c, 0);
			float *row = plain + (i * planes + c) * area;

			for (int64_t j = 0; j < area; j++) {
				rl_f8 x;

				rl_load(&x, in ? row : data, in ? j : o + j * at.pixel, 1,
					!in && bf16);
				rl_store(in ? data : row, &x, in ? o + j * at.pixel : j, 1,
					 in && bf16);
			}
		}
	}
	if (in)
		rl_clear_lanes(v, data, v->dim[0]);
}

void rl_net_feed(struct rl_net *n, rl_val v, const float *plain)
{
	rl_value_exchange(&n->value[v], n->value[v].data.base, (float *)plain, true);
}

const double rl_pixel_mean[3] = {0.485, 0.456, 0.406}, rl_pixel_std[3] = {0.229, 0.224, 0.225};

/* What each level of each channel becomes. */
struct levels {
	float full[3][256];
	uint16_t narrow[3][256];
};

static void set_levels(struct levels *l, const float shift[3])
{
	const double *mean = rl_pixel_mean, *std = rl_pixel_std;

	for (int c = 0; c < 3; c++)
		for (int i = 0; i < 256; i++)
			l->full[c][i] = (float)((i / 255.0 + shift[c] - mean[c]) / std[c]);
	rl_to_bf16(l->narrow[0], l->full[0], RL_LEN(l->full) * RL_LEN(l->full[0]));
}

void rl_net_feed_images(struct rl_net *n, rl_val v, const uint8_t *pixels,
			const float (*lighting)[3], const int64_t *index)
{
	const struct value *x = &n->value[v];
	const struct rl_channels at = rl_value_channels(x);
	int64_t area = rl_value_area(x);
	bool bf16 = x->md.number == RL_BFLOAT16;
	struct levels plain;

	set_levels(&plain, (const float[3]){0, 0, 0});
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < x->dim[0]; i++) {
		const uint8_t *from = pixels + index[i] * area * 3;
		const struct levels *level = &plain;
		struct levels own;

		if (lighting) {
			set_levels(&own, lighting[index[i]]);
			level = &own;
		}

		for (int c = 0; c < 3; c++) {
			int64_t o = rl_channels_at(&at, i, c, 0);

			for (int64_t j = 0; j < area; j++, o += at.pixel) {
				if (bf16)
					((uint16_t *)x->data.base)[o] =
						level->narrow[c][from[3 * j + c]];
				else
					((float *)x->data.base)[o] =
						level->full[c][from[3 * j + c]];
			}
		}
	}
	rl_clear_lanes(x, x->data.base, x->dim[0]);
}

void rl_net_feed_normalised(struct rl_net *n, rl_val v, const float *pixels, const int64_t *index)
{
	const struct value *x = &n->value[v];
	const struct rl_channels at = rl_value_channels(x);
	const int64_t area = rl_value_area(x);
	const bool bf16 = x->md.number == RL_BFLOAT16;

#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < x->dim[0]; i++) {
		const float *from = pixels + index[i] * area * 3;

		for (int64_t j = 0; j < 3 * area; j++) {
			rl_f8 v8;

			rl_load(&v8, from, j, 1, false);
			rl_store(x->data.base, &v8, rl_channels_at(&at, i, j % 3, j / 3), 1, bf16);
		}
	}
	rl_clear_lanes(x, x->data.base, x->dim[0]);
}

int rl_net_shape(const struct rl_net *n, rl_val v, int64_t dim[4])
{
	memcpy(dim, n->value[v].dim, sizeof(n->value[v].dim));
	return n->value[v].ndim;
}

void rl_net_read(struct rl_net *n, rl_val v, float *plain)
{
	if (!n->value[v].keep)
		rl_die("network: value %d was not kept", v);
	rl_value_exchange(&n->value[v], n->value[v].data.base, plain, false);
}

void rl_net_read_grad(struct rl_net *n, rl_val v, float *plain)
{
	if (!n->value[v].grad.base || n->value[v].producer >= 0)
		rl_die("network: value %d has no gradient to read", v);
	rl_value_exchange(&n->value[v], n->value[v].grad.base, plain, false);
}
