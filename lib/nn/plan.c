/*
 * Planning a tape: layouts and primitives op by op, then lifetimes, then one arena.
 *
 * One clock: forward of op k happens at tick k, its backward at 2N-1-k.  A value lives from its
 * producer to its last reader, a gradient from the first op that stores it to its producer's
 * backward.
 */
#include "nn/tape.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

static int backward_tick(const struct rl_net *n, const struct op *op)
{
	return 2 * n->nop - 1 - (int)(op - n->op);
}

static int latest(int a, int b)
{
	return a > b ? a : b;
}

void rl_value_layout(struct value *v, struct rl_md md)
{
	v->md = md;
	v->laid_out = true;
}

void rl_value_layout_plain(struct value *v)
{
	if (!v->laid_out)
		rl_value_layout(v, rl_md_plain(v->ndim, v->dim));
}

int rl_net_buffer(struct rl_net *n, size_t size, int from, int to)
{
	n->buffer = rl_realloc(n->buffer, (size_t)n->nbuffer + 1, sizeof(*n->buffer));
	n->buffer[n->nbuffer] = (struct buffer){.size = size, .from = from, .to = to};
	return n->nbuffer++;
}

int rl_op_buffer(struct rl_net *n, struct op *op, size_t size, enum when when)
{
	int k = (int)(op - n->op), b = backward_tick(n, op);
	int from = when == IN_BACKWARD ? b : k;
	int to = when == IN_FORWARD || !op->reached ? k : b;

	if (op->nbuffer == OP_BUFFER)
		rl_die("network: %s asks for too many buffers", op->type->name);
	if (when == ALWAYS)
		from = 0, to = 2 * n->nop;
	op->buffer[op->nbuffer] = rl_net_buffer(n, size, from, to);
	return op->nbuffer++;
}

void rl_op_scratch(struct rl_net *n, const struct rl_prim *p)
{
	struct rl_md md = rl_prim_md(p, RL_ARG_SCRATCHPAD);
	size_t bytes = rl_md_bytes(&md);

	if (bytes > n->scratch_size)
		n->scratch_size = bytes;
}

/* Backward visits an op when its output leads to a loss and somebody upstream learns. */
static void mark_reached(struct rl_net *n)
{
	if (!n->config.train)
		return;
	for (int k = n->nop - 1; k >= 0; k--) {
		struct op *op = &n->op[k];
		bool learns = op->nlearned > 0;

		for (int i = 0; i < op->nin; i++)
			learns |= rl_op_in(n, op, i)->wants_grad;
		if (op->out < 0) {
			op->reached = learns;
			continue;
		}
		for (int later = k + 1; later < n->nop && learns; later++)
			for (int i = 0; i < n->op[later].nin; i++)
				op->reached |=
					n->op[later].reached && n->op[later].in[i] == op->out;
	}
}

/* The last op that read a value is the first to hand back a gradient and stores it; earlier readers
 * get memory of their own and the driver adds.  The same for parameters. */
static void plan_gradients(struct rl_net *n)
{
	bool *seen_value = rl_calloc((size_t)n->nvalue, sizeof(*seen_value));
	bool *seen_param = rl_calloc((size_t)n->params->n, sizeof(*seen_param));

	for (int k = n->nop - 1; k >= 0; k--) {
		struct op *op = &n->op[k];
		int tick = backward_tick(n, op);

		for (int i = 0; i < op->nin; i++) {
			struct value *v = rl_op_in(n, op, i);

			op->dx_buffer[i] = -1;
			if (!op->reached || !v->wants_grad)
				continue;
			op->add_x[i] = seen_value[op->in[i]];
			if (op->add_x[i]) {
				op->dx_buffer[i] =
					rl_net_buffer(n, rl_md_bytes(&v->md), tick, tick);
				continue;
			}
			seen_value[op->in[i]] = true;
			int to = v->producer < 0 ? 2 * n->nop
						 : backward_tick(n, &n->op[v->producer]);
			v->grad_buffer = rl_net_buffer(n, rl_md_bytes(&v->md), tick, to);
		}
		for (int i = 0; i < op->nlearned; i++) {
			op->dp_buffer[i] = -1;
			if (!op->reached)
				continue;
			op->add_p[i] = seen_param[op->param[i]];
			if (op->add_p[i])
				op->dp_buffer[i] = rl_net_buffer(
					n, n->params->list[op->param[i]].count * sizeof(float),
					tick, tick);
			seen_param[op->param[i]] = true;
		}
	}
	free(seen_value);
	free(seen_param);
}

/* After an op's backward, gradients are still to come only where earlier ops store theirs. */
static void plan_final(struct rl_net *n)
{
	size_t end = 0;

	for (int k = 0; k < n->nop; k++) {
		struct op *op = &n->op[k];

		op->final_from = end;
		for (int i = 0; i < op->nlearned && op->reached; i++) {
			const struct rl_param *q = &n->params->list[op->param[i]];

			if (q->offset + q->count > end)
				end = q->offset + q->count;
		}
	}
}

static void plan_values(struct rl_net *n)
{
	for (rl_val i = 0; i < n->nvalue; i++) {
		struct value *v = &n->value[i];
		int from = v->producer < 0 ? 0 : v->producer, to = from;

		for (int k = 0; k < n->nop; k++) {
			const struct op *op = &n->op[k];

			for (int j = 0; j < op->nin; j++) {
				if (op->in[j] != i)
					continue;
				to = latest(to, k);
				if (op->reached && op->type->needs & NEED_X)
					to = latest(to, backward_tick(n, op));
			}
			if (op->out == i && op->reached && op->type->needs & NEED_Y)
				to = latest(to, backward_tick(n, op));
		}
		v->buffer = rl_net_buffer(n, rl_md_bytes(&v->md), from, v->keep ? 2 * n->nop : to);
	}
}

static float *at(const struct rl_net *n, int buffer)
{
	return buffer < 0 ? NULL : (float *)(n->arena + n->buffer[buffer].offset);
}

static void set_pointers(struct rl_net *n)
{
	for (rl_val i = 0; i < n->nvalue; i++) {
		n->value[i].data = at(n, n->value[i].buffer);
		n->value[i].grad = at(n, n->value[i].grad_buffer);
	}
	for (int k = 0; k < n->nop; k++) {
		struct op *op = &n->op[k];

		for (int i = 0; i < op->nin && op->reached; i++)
			op->dx[i] =
				op->add_x[i] ? at(n, op->dx_buffer[i]) : rl_op_in(n, op, i)->grad;
		for (int i = 0; i < op->nlearned && op->reached; i++)
			op->dp[i] = op->add_p[i] ? at(n, op->dp_buffer[i])
						 : rl_params_grad(n->params, op->param[i]);
	}
}

void rl_net_plan(struct rl_net *n)
{
	rl_params_allocate(n->params, n->config.seed);
	mark_reached(n);
	for (int k = 0; k < n->nop; k++)
		n->op[k].type->plan(n, &n->op[k]);
	for (rl_val i = 0; i < n->nvalue; i++)
		rl_value_layout_plain(&n->value[i]);
	plan_values(n);
	plan_gradients(n);
	plan_final(n);
	n->scratch = rl_net_buffer(n, n->scratch_size, 0, 2 * n->nop);
	rl_net_place(n);
	set_pointers(n);
	for (int k = 0; k < n->nop; k++)
		if (n->op[k].type->bind)
			n->op[k].type->bind(n, &n->op[k]);
	n->planned = true;
}

/* ---- where buffers go -------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b, void *net)
{
	const struct buffer *buffer = ((const struct rl_net *)net)->buffer;
	int i = *(const int *)a, j = *(const int *)b;

	if (buffer[i].size != buffer[j].size)
		return buffer[i].size > buffer[j].size ? -1 : 1;
	return i - j; /* a total order: the plan is reproducible */
}

static int by_offset(const void *a, const void *b)
{
	const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Largest first, each into the tightest gap between those placed already that live at the same
 * time. */
void rl_net_place(struct rl_net *n)
{
	int *order = rl_malloc((size_t)n->nbuffer * sizeof(*order));
	struct buffer **alive = rl_malloc((size_t)n->nbuffer * sizeof(*alive));

	for (int i = 0; i < n->nbuffer; i++) {
		order[i] = i;
		n->buffer[i].size = (n->buffer[i].size + 63) / 64 * 64;
	}
	qsort_r(order, (size_t)n->nbuffer, sizeof(*order), by_size, n);
	for (int i = 0; i < n->nbuffer; i++) {
		struct buffer *b = &n->buffer[order[i]];
		size_t end = 0, best = SIZE_MAX, tightest = SIZE_MAX, nalive = 0;

		for (int j = 0; j < i; j++) {
			struct buffer *other = &n->buffer[order[j]];

			if (n->config.no_sharing || (other->from <= b->to && b->from <= other->to))
				alive[nalive++] = other;
		}
		qsort(alive, nalive, sizeof(*alive), by_offset);
		for (size_t j = 0; j < nalive; j++) {
			size_t gap = alive[j]->offset > end ? alive[j]->offset - end : 0;

			if (gap >= b->size && gap < tightest)
				tightest = gap, best = end;
			if (alive[j]->offset + alive[j]->size > end)
				end = alive[j]->offset + alive[j]->size;
		}
		b->offset = best == SIZE_MAX ? end : best;
		if (b->offset + b->size > n->arena_size)
			n->arena_size = b->offset + b->size;
	}
	free(order);
	free(alive);
	n->arena = rl_aligned(n->arena_size);
	memset(n->arena, 0, n->arena_size);
}

/* ---- looking at it ----------------------------------------------------------------------------
 */

size_t rl_net_memory(const struct rl_net *n)
{
	return n->arena_size;
}

void rl_net_print(const struct rl_net *n, FILE *out)
{
	size_t unshared = 0;

	for (int i = 0; i < n->nbuffer; i++)
		unshared += n->buffer[i].size;
	for (int k = 0; k < n->nop; k++) {
		const struct op *op = &n->op[k];

		fprintf(out, "%4d  %-14s", k, op->type->name);
		for (int i = 0; op->out >= 0 && i < n->value[op->out].ndim; i++)
			fprintf(out, "%s%lld", i ? "x" : " ", (long long)n->value[op->out].dim[i]);
		if (op->nparam)
			fprintf(out, "  %s", n->params->list[op->param[0]].name);
		fputc('\n', out);
	}
	fprintf(out,
		"%d ops, %.1f MiB in one arena (%.1f MiB without sharing), %.1f M parameters\n",
		n->nop, (double)n->arena_size / 0x1p20, (double)unshared / 0x1p20,
		(double)n->params->total / 1e6);
}
