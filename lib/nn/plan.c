/*
 * Planning a tape: gradients, steps, layouts and primitives op by op, then lifetimes, then one
 * arena.
 *
 * The clock counts steps.  A value lives from its producer's last forward step to its last reader,
 * a gradient from the first step that stores it to its producer's backward.  Where a group runs in
 * tiles its steps alternate: what lives in one step of it lives in all, except a value of this
 * group alone, which is then kept for one tile.
 */
#include "nn/tape.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct life {
	int from, to; /* steps; to < from: none */
};

void rl_value_layout(struct value *v, struct rl_md md)
{
	v->md = md;
	v->laid_out = true;
}

enum rl_number rl_value_number(const struct rl_net *n, const struct value *v)
{
	return n->config.bf16 && v->ndim == 4 ? RL_BFLOAT16 : RL_FLOAT32;
}

void rl_value_layout_plain(struct rl_net *n, struct value *v)
{
	if (!v->laid_out)
		rl_value_layout(v, rl_md_of(rl_value_number(n, v), rl_md_plain(v->ndim, v->dim)));
}

struct rl_md rl_value_md(const struct rl_net *n, const struct value *v, int64_t images)
{
	int64_t dim[4] = {images, v->dim[1], v->dim[2], v->dim[3]};

	if (v->ndim == 2)
		return rl_md_plain(2, dim);
	if (v->laid_out)
		return rl_md_batch(&v->md, images);
	return rl_md_of(rl_value_number(n, v), rl_md_any(4, dim));
}

size_t rl_value_numbers(const struct rl_net *n, const struct value *v, int64_t images)
{
	struct rl_md md = rl_value_md(n, v, images);

	return rl_md_numbers(&md);
}

int rl_net_buffer(struct rl_net *n, size_t size, int from, int to)
{
	n->buffer = rl_realloc(n->buffer, (size_t)n->nbuffer + 1, sizeof(*n->buffer));
	n->buffer[n->nbuffer] = (struct buffer){.size = size, .from = from, .to = to};
	return n->nbuffer++;
}

/* A network of feeds alone has no steps. */
static int group_start(const struct rl_net *n, int step)
{
	return n->nstep ? n->group[n->step[step].group].first : 0;
}

static int group_end(const struct rl_net *n, int step)
{
	return n->nstep ? n->group[n->step[step].group].end - 1 : 0;
}

/* The whole of something with one entry an image; a tile's worth where only one group needs it, and
 * that runs in tiles.  (In a group that does not, the value may have other images than the group:
 * regions, say.) */
static int map_buffer(struct rl_net *n, struct rl_memory *m, size_t bytes, int64_t images,
		      struct life l, bool pinned)
{
	const struct group *g;

	m->image = bytes / (size_t)images;
	if (pinned || n->config.no_sharing || n->step[l.to].group != n->step[l.from].group)
		return rl_net_buffer(n, bytes, group_start(n, l.from), group_end(n, l.to));
	g = &n->group[n->step[l.from].group];
	if (g->tile < g->images) {
		bytes = m->image * (size_t)g->tile;
		m->image = 0;
	}
	return rl_net_buffer(n, bytes, l.from, l.to);
}

int rl_op_buffer(struct rl_net *n, struct op *op, size_t size, enum when when)
{
	struct life l = {op->forward[0], op->forward[1]};

	if (op->nbuffer == OP_BUFFER)
		rl_die("network: %s asks for too many buffers", op->type->name);
	if (when == IN_BACKWARD && op->reached)
		l.from = op->backward[0];
	if (when != IN_FORWARD && op->reached)
		l.to = op->backward[1];
	if (when == ALWAYS)
		l = (struct life){0, n->nstep - 1};
	op->buffer[op->nbuffer] =
		rl_net_buffer(n, size, group_start(n, l.from), group_end(n, l.to));
	return op->nbuffer++;
}

int rl_op_buffer_images(struct rl_net *n, struct op *op, size_t an_image, enum when when)
{
	int i = rl_op_buffer(n, op, an_image * (size_t)rl_op_in(n, op, 0)->dim[0], when);

	op->buffered[i].image = an_image;
	return i;
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
static void mark_adds(struct rl_net *n)
{
	bool *seen_value = rl_calloc((size_t)n->nvalue, sizeof(*seen_value));
	bool *seen_param = rl_calloc((size_t)n->params->n, sizeof(*seen_param));

	for (int k = n->nop - 1; k >= 0; k--) {
		struct op *op = &n->op[k];

		if (!op->reached)
			continue;
		for (int i = 0; i < op->nin; i++) {
			if (!rl_op_in(n, op, i)->wants_grad)
				continue;
			op->add_x[i] = seen_value[op->in[i]];
			seen_value[op->in[i]] = true;
		}
		for (int i = 0; i < op->nlearned; i++) {
			op->add_p[i] = seen_param[op->param[i]];
			seen_param[op->param[i]] = true;
		}
	}
	free(seen_value);
	free(seen_param);
}

static void extend(struct life *l, int from, int to)
{
	if (l->from < 0 || from < l->from)
		l->from = from;
	if (to > l->to)
		l->to = to;
}

/* ---- values -----------------------------------------------------------------------------------
 */

static bool made(const struct rl_net *n, rl_val v)
{
	int producer = n->value[v].producer;

	return producer < 0 || n->op[producer].out == v;
}

static struct life life_of_value(const struct rl_net *n, rl_val v)
{
	int producer = n->value[v].producer;
	struct life l = {0, 0};

	if (producer >= 0)
		l.from = l.to = n->op[producer].forward[1];
	if (producer >= 0 && n->op[producer].reached && n->op[producer].type->needs & NEED_Y)
		extend(&l, l.from, n->op[producer].backward[1]);
	for (int k = 0; k < n->nop; k++) {
		const struct op *op = &n->op[k];

		for (int i = 0; i < op->nin && !op->folded; i++) {
			if (op->in[i] != v)
				continue;
			extend(&l, l.from, op->forward[1]);
			if (op->reached && op->type->needs & NEED_X)
				extend(&l, l.from, op->backward[1]);
		}
	}
	if (n->value[v].keep)
		l.to = n->nstep - 1;
	return l;
}

static void plan_values(struct rl_net *n)
{
	struct life *life = rl_malloc((size_t)n->nvalue * sizeof(*life));
	bool *pinned = rl_calloc((size_t)n->nvalue, sizeof(*pinned));

	for (rl_val i = 0; i < n->nvalue; i++)
		life[i] = (struct life){-1, -1};
	for (rl_val i = 0; i < n->nvalue; i++) {
		struct life l = life_of_value(n, i);
		rl_val root = n->value[i].data_of;

		if (!made(n, i))
			continue;
		extend(&life[root], l.from, l.to);
		pinned[root] |= n->value[i].keep || n->value[i].producer < 0;
	}
	for (rl_val i = 0; i < n->nvalue; i++) {
		struct value *v = &n->value[i];

		if (v->data_of == i && life[i].from >= 0)
			v->buffer = map_buffer(n, &v->data, rl_md_bytes(&v->md), v->dim[0], life[i],
					       pinned[i]);
	}
	free(life);
	free(pinned);
}

/* ---- gradients --------------------------------------------------------------------------------
 */

/* Another gradient lies where that of op's output does, and its reader comes after op: both were
 * left there by a sum. */
static bool others_wait(const struct rl_net *n, const struct op *op)
{
	for (rl_val i = 0; i < n->nvalue; i++)
		if (i != op->out && n->value[i].grad_of == n->value[op->out].grad_of &&
		    n->value[i].producer < op - n->op)
			return true;
	return false;
}

/* Whether op's backward may leave the gradients of its inputs where that of its output lies:
 * nothing else is still to be read there, each is stored there first, and what is added to one
 * comes after the others were read. */
static bool works_in_place(const struct rl_net *n, const struct op *op)
{
	if (!op->type->in_place || n->config.no_sharing || others_wait(n, op))
		return false;
	for (int i = 0; i < op->nin; i++) {
		const struct value *v = rl_op_in((struct rl_net *)n, op, i);

		if (op->add_x[i] || !v->wants_grad || v->producer < 0 ||
		    !rl_md_equal(&v->md, &n->value[op->out].md))
			return false;
		for (int k = 0; k < n->nop; k++)
			for (int j = 0; j < n->op[k].nin; j++)
				for (int other = 0; other < op->nin; other++)
					if (&n->op[k] != op && n->op[k].in[j] == op->in[i] &&
					    other != i && k >= n->value[op->in[other]].producer)
						return false;
	}
	return true;
}

static void plan_gradients(struct rl_net *n)
{
	struct life *life = rl_malloc((size_t)n->nvalue * sizeof(*life));

	for (rl_val i = 0; i < n->nvalue; i++)
		life[i] = (struct life){-1, -1};
	for (int k = n->nop - 1; k >= 0; k--) {
		struct op *op = &n->op[k];
		bool in_place = op->reached && works_in_place(n, op);

		for (int i = 0; i < op->nin && op->reached; i++) {
			struct value *v = rl_op_in(n, op, i);
			int producer = v->producer;
			size_t bytes = rl_md_bytes(&v->md);

			op->dx_buffer[i] = -1;
			if (!v->wants_grad)
				continue;
			if (op->add_x[i]) {
				op->dx_buffer[i] =
					map_buffer(n, &op->dx[i], bytes, v->dim[0],
						   (struct life){op->stores, op->adds[i]}, false);
				continue;
			}
			if (in_place)
				v->grad_of = n->value[op->out].grad_of;
			extend(&life[v->grad_of], op->stores,
			       producer < 0 ? n->nstep - 1 : n->op[producer].backward[1]);
		}
		for (int i = 0; i < op->nlearned; i++) {
			op->dp_buffer[i] = -1;
			if (op->reached && op->add_p[i])
				op->dp_buffer[i] = rl_net_buffer(
					n, n->params->list[op->param[i]].count * sizeof(float),
					group_start(n, op->backward[0]),
					group_end(n, op->backward[1]));
		}
	}
	for (rl_val i = 0; i < n->nvalue; i++) {
		struct value *v = &n->value[i];

		if (life[i].from >= 0)
			v->grad_buffer = map_buffer(n, &v->grad, rl_md_bytes(&v->md), v->dim[0],
						    life[i], v->producer < 0);
	}
	free(life);
}

/* ---- pointers ---------------------------------------------------------------------------------
 */

static char *at(const struct rl_net *n, int buffer)
{
	return buffer < 0 ? NULL : n->arena + n->buffer[buffer].offset;
}

static void set_pointers(struct rl_net *n)
{
	for (rl_val i = 0; i < n->nvalue; i++) {
		n->value[i].data.base = at(n, n->value[i].buffer);
		n->value[i].grad.base = at(n, n->value[i].grad_buffer);
	}
	for (rl_val i = 0; i < n->nvalue; i++) {
		n->value[i].data = n->value[n->value[i].data_of].data;
		n->value[i].grad = n->value[n->value[i].grad_of].grad;
	}
	for (int k = 0; k < n->nop; k++) {
		struct op *op = &n->op[k];

		for (int i = 0; i < op->nbuffer; i++)
			op->buffered[i].base = at(n, op->buffer[i]);
		for (int i = 0; i < op->nin && op->reached; i++) {
			if (op->add_x[i])
				op->dx[i].base = at(n, op->dx_buffer[i]);
			else
				op->dx[i] = rl_op_in(n, op, i)->grad;
		}
		for (int i = 0; i < op->nlearned && op->reached; i++)
			op->dp[i] = op->add_p[i] ? (float *)at(n, op->dp_buffer[i])
						 : rl_params_grad(n->params, op->param[i]);
	}
}

void rl_net_plan(struct rl_net *n)
{
	rl_params_allocate(n->params, n->config.seed);
	mark_reached(n);
	mark_adds(n);
	rl_net_fold(n);
	rl_net_lower(n);
	for (int k = 0; k < n->nop; k++)
		if (!n->op[k].folded)
			n->op[k].type->plan(n, &n->op[k]);
	for (rl_val i = 0; i < n->nvalue; i++)
		rl_value_layout_plain(n, &n->value[i]);
	plan_values(n);
	plan_gradients(n);
	n->scratch = rl_net_buffer(n, n->scratch_size, 0, n->nstep - 1);
	n->weights = rl_net_buffer(n, n->weights_size, 0, n->nstep - 1);
	rl_net_place(n);
	set_pointers(n);
	for (int k = 0; k < n->nop; k++)
		if (!n->op[k].folded && n->op[k].type->bind)
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
	n->arena = n->config.arena ? rl_arena_room(n->config.arena, n->arena_size)
				   : rl_aligned(n->arena_size);
	if (n->held)
		memset(n->arena, n->held, n->arena_size);
}

/* ---- looking at it ----------------------------------------------------------------------------
 */

size_t rl_net_memory(const struct rl_net *n)
{
	return n->arena_size;
}

/* Images at a time, where they are fewer than all. */
static void print_tile(const struct rl_net *n, const struct op *op, FILE *out)
{
	const struct group *g = &n->group[n->step[op->forward[1]].group];

	if (g->tile < g->images)
		fprintf(out, "  by %lld", (long long)g->tile);
	if (!op->reached)
		return;
	g = &n->group[n->step[op->backward[0]].group];
	if (g->tile < g->images)
		fprintf(out, ", backward by %lld", (long long)g->tile);
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
		if (op->folded)
			fputs("  folded", out);
		else
			print_tile(n, op, out);
		fputc('\n', out);
	}
	fprintf(out,
		"%d ops, %.1f MiB in one arena (%.1f MiB without sharing), %.1f M parameters\n",
		n->nop, (double)n->arena_size / 0x1p20, (double)unshared / 0x1p20,
		(double)n->params->total / 1e6);
}
