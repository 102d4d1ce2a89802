/* The tape: building it, running it, moving values in and out. */
#include "nn/tape.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct rl_net *rl_net_new(struct rl_params *params, const struct rl_net_config *config)
{
	struct rl_net *n = rl_calloc(1, sizeof(*n));

	n->config = *config;
	n->params = params;
	n->d = rl_onednn_new();
	return n;
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
	free(n->buffer);
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

/* ---- bound memory -----------------------------------------------------------------------------
 */

void *rl_op_memory(const struct rl_net *n, const struct op *op, int buffer)
{
	return n->arena + n->buffer[op->buffer[buffer]].offset;
}

void rl_op_call(struct rl_net *n, struct op *op, int i)
{
	rl_call_begin(&op->call[i], &op->prim[i]);
	rl_op_arg(n, op, i, RL_ARG_SCRATCHPAD, n->arena + n->buffer[n->scratch].offset);
}

void rl_op_arg(struct rl_net *n, struct op *op, int i, enum rl_arg which, void *data)
{
	rl_call_arg(&op->call[i], n->d, which, data);
}

void rl_op_run(const struct rl_net *n, const struct op *op, int i)
{
	rl_call_run(&op->call[i], n->d);
}

/* ---- running ----------------------------------------------------------------------------------
 */

void rl_net_forward(struct rl_net *n)
{
	for (int k = 0; k < n->nop; k++)
		n->op[k].type->forward(n, &n->op[k]);
}

void rl_add_into(float *x, const float *y, size_t count)
{
#pragma omp parallel for simd schedule(static)
	for (size_t i = 0; i < count; i++)
		x[i] += y[i];
}

void rl_net_backward(struct rl_net *n)
{
	for (int k = n->nop - 1; k >= 0; k--) {
		struct op *op = &n->op[k];

		if (!op->reached)
			continue;
		op->type->backward(n, op);
		for (int i = 0; i < op->nin; i++) {
			struct value *v = rl_op_in(n, op, i);

			if (op->add_x[i])
				rl_add_into(v->grad, op->dx[i],
					    rl_md_bytes(&v->md) / sizeof(float));
		}
		for (int i = 0; i < op->nlearned; i++)
			if (op->add_p[i])
				rl_add_into(rl_params_grad(n->params, op->param[i]), op->dp[i],
					    n->params->list[op->param[i]].count);
		if (n->final)
			n->final(n->final_ctx, op->final_from);
	}
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

void rl_net_set_absent(struct rl_net *n, bool absent)
{
	n->absent = absent;
}

/* Zero every running statistic; from now on update k weighs 1/k. */
void rl_net_accumulate_statistics(struct rl_net *n)
{
	struct rl_params *p = n->params;

	memset(p->state, 0, p->total_state * sizeof(float));
	for (int i = 0; i < p->n; i++)
		p->list[i].tracked = 0;
	p->version++;
	n->accumulate = true;
}

/* ---- values in and out ------------------------------------------------------------------------
 */

static size_t value_count(const struct value *v)
{
	size_t count = 1;

	for (int i = 0; i < v->ndim; i++)
		count *= (size_t)v->dim[i];
	return count;
}

static void convert(struct rl_net *n, struct rl_md from, const float *source, struct rl_md to,
		    float *target)
{
	struct rl_prim p = rl_prim_reorder(n->d, from, to);
	struct rl_md scratch = rl_prim_md(&p, RL_ARG_SCRATCHPAD);
	void *work = rl_aligned(rl_md_bytes(&scratch));
	struct rl_call c;

	rl_call_begin(&c, &p);
	rl_call_arg(&c, n->d, RL_ARG_SCRATCHPAD, work);
	rl_call_arg(&c, n->d, RL_ARG_FROM, (void *)source);
	rl_call_arg(&c, n->d, RL_ARG_TO, target);
	rl_call_run(&c, n->d);
	rl_call_free(&c);
	rl_prim_free(&p);
	free(work);
}

static void copy_in(struct rl_net *n, struct value *v, const float *plain)
{
	struct rl_md md = rl_md_plain(v->ndim, v->dim);

	if (rl_md_equal(&md, &v->md))
		memcpy(v->data, plain, value_count(v) * sizeof(*plain));
	else
		convert(n, md, plain, v->md, v->data);
}

static void copy_out(struct rl_net *n, const struct value *v, const float *data, float *plain)
{
	struct rl_md md = rl_md_plain(v->ndim, v->dim);

	if (rl_md_equal(&md, &v->md))
		memcpy(plain, data, value_count(v) * sizeof(*plain));
	else
		convert(n, v->md, data, md, plain);
}

void rl_net_feed(struct rl_net *n, rl_val v, const float *plain)
{
	copy_in(n, &n->value[v], plain);
}

void rl_net_feed_images(struct rl_net *n, rl_val v, const uint8_t *pixels, const int64_t *index)
{
	static const double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225};
	struct value *x = &n->value[v];
	int64_t area = x->dim[2] * x->dim[3];
	struct rl_md md = rl_md_plain(x->ndim, x->dim);
	bool direct = rl_md_equal(&md, &x->md);
	float *plain = direct ? x->data : rl_aligned(value_count(x) * sizeof(*plain));
	float level[3][256];

	for (int c = 0; c < 3; c++)
		for (int i = 0; i < 256; i++)
			level[c][i] = (float)((i / 255.0 - mean[c]) / std[c]);
#pragma omp parallel for schedule(static)
	for (int64_t i = 0; i < x->dim[0]; i++) {
		const uint8_t *from = pixels + index[i] * area * 3;
		float *to = plain + i * area * 3;

		for (int64_t j = 0; j < area; j++)
			for (int c = 0; c < 3; c++)
				to[c * area + j] = level[c][from[3 * j + c]];
	}
	if (!direct) {
		copy_in(n, x, plain);
		free(plain);
	}
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
	copy_out(n, &n->value[v], n->value[v].data, plain);
}

void rl_net_read_grad(struct rl_net *n, rl_val v, float *plain)
{
	if (!n->value[v].grad || n->value[v].producer >= 0)
		rl_die("network: value %d has no gradient to read", v);
	copy_out(n, &n->value[v], n->value[v].grad, plain);
}
