#include "shadow.h"

#include "tap.h"
#include "twin.h"

#include "base/err.h"
#include "nn/tape.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t count_of(const struct value *v)
{
	int64_t n = 1;

	for (int i = 0; i < v->ndim; i++)
		n *= v->dim[i];
	return n;
}

static int64_t count_in(const struct shadow *s, const struct op *op)
{
	return count_of(rl_op_in(s->net, op, 0));
}

static struct nchw shape_in(const struct shadow *s, const struct op *op)
{
	const struct value *v = rl_op_in(s->net, op, 0);

	return (struct nchw){v->dim[0], v->dim[1], v->ndim == 4 ? v->dim[2] : 1,
			     v->ndim == 4 ? v->dim[3] : 1};
}

/* ---- the twins, called for an op --------------------------------------------------------------
 */

/* Where backward writes: NULL is not wanted. */
struct wanted {
	double *x[OP_IN], *p[OP_PARAM];
};

static const double *in(const struct shadow *s, const struct op *op, int i)
{
	return s->value[op->in[i]];
}

static double *out(const struct shadow *s, const struct op *op)
{
	return s->value[op->out];
}

static const double *gradient(const struct shadow *s, const struct op *op)
{
	return s->grad[op->out];
}

static double *param(const struct shadow *s, const struct op *op, int i)
{
	return s->param[op->param[i]];
}

static void conv_forward(struct shadow *s, const struct op *op)
{
	twin_conv(out(s, op), in(s, op, 0), param(s, op, 0), shape_in(s, op), op->c.conv.shape);
}

static void conv_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_conv_backward(d.x[0], d.p[0], gradient(s, op), in(s, op, 0), param(s, op, 0),
			   shape_in(s, op), op->c.conv.shape);
}

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

/* What the twin of a batch norm works on; the op that does not learn has a weight of 1 and a bias
 * of 0 here alone. */
struct norm {
	struct rl_bnorm c;
	size_t channels;
	double *mean, *var, *running_mean, *running_var, *weight, *bias, *dweight, *dbias;
	double *own; /* the vectors that are not tensors of the network */
};

static struct norm norm_of(const struct shadow *s, const struct op *op)
{
	struct norm m = {.c = op->c.bnorm, .channels = (size_t)shape_in(s, op).c};
	int skipped = m.c.fixed ? RUNNING_MEAN : 0;

	m.own = rl_calloc(6 * m.channels, sizeof(*m.own));
	m.mean = m.own;
	m.var = m.mean + m.channels;
	m.weight = m.var + m.channels;
	m.bias = m.weight + m.channels;
	m.dweight = m.bias + m.channels;
	m.dbias = m.dweight + m.channels;
	for (size_t c = 0; c < m.channels; c++)
		m.weight[c] = 1;
	if (!m.c.fixed) {
		m.weight = param(s, op, WEIGHT);
		m.bias = param(s, op, BIAS);
	}
	m.running_mean = param(s, op, RUNNING_MEAN - skipped);
	m.running_var = param(s, op, RUNNING_VAR - skipped);
	return m;
}

static void norm_run(const struct shadow *s, const struct op *op, const struct norm *m, double *y)
{
	twin_bnorm(y, m->mean, m->var, m->running_mean, m->running_var, in(s, op, 0), m->weight,
		   m->bias, shape_in(s, op), m->c);
}

static void bnorm_forward(struct shadow *s, const struct op *op)
{
	struct norm m = norm_of(s, op);

	if (s->net->untracked)
		m.c.momentum = 0;
	norm_run(s, op, &m, out(s, op));
	free(m.own);
}

/* The batch's statistics are not kept for backward: a run of the twin without a memory gives them
 * again, which needs the running ones of that moment only if they were used. */
static void bnorm_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	struct norm m = norm_of(s, op);
	double *again = rl_malloc((size_t)count_in(s, op) * sizeof(*again));

	m.c.momentum = 0;
	norm_run(s, op, &m, again);
	twin_bnorm_backward(d.x[0], m.c.fixed ? m.dweight : d.p[WEIGHT],
			    m.c.fixed ? m.dbias : d.p[BIAS], gradient(s, op), in(s, op, 0),
			    out(s, op), m.mean, m.var, m.weight, shape_in(s, op), m.c);
	free(m.own);
	free(again);
}

static void relu_forward(struct shadow *s, const struct op *op)
{
	twin_relu(out(s, op), in(s, op, 0), count_in(s, op));
}

static void relu_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_relu_backward(d.x[0], gradient(s, op), out(s, op), count_in(s, op));
}

static void add_relu_forward(struct shadow *s, const struct op *op)
{
	twin_add_relu(out(s, op), in(s, op, 0), in(s, op, 1), count_in(s, op));
}

static void add_relu_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_add_relu_backward(d.x[0], d.x[1], gradient(s, op), out(s, op), count_in(s, op));
}

static struct rl_pool window(const struct op *op)
{
	return (struct rl_pool){(int)op->c.pool.kernel[0], (int)op->c.pool.stride[0],
				op->c.pool.pad};
}

static void maxpool_forward(struct shadow *s, const struct op *op)
{
	twin_maxpool(out(s, op), in(s, op, 0), shape_in(s, op), window(op));
}

static void maxpool_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_maxpool_backward(d.x[0], gradient(s, op), in(s, op, 0), shape_in(s, op), window(op));
}

static void avgpool_forward(struct shadow *s, const struct op *op)
{
	twin_avgpool(out(s, op), in(s, op, 0), shape_in(s, op), window(op));
}

static void avgpool_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_avgpool_backward(d.x[0], gradient(s, op), shape_in(s, op), window(op));
}

static void global_forward(struct shadow *s, const struct op *op)
{
	twin_global_avgpool(out(s, op), in(s, op, 0), shape_in(s, op));
}

static void global_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_global_avgpool_backward(d.x[0], gradient(s, op), shape_in(s, op));
}

/* The rows that a linear layer reads: one input, or pairs of two. */
static double *linear_rows(const struct shadow *s, const struct op *op, int64_t *n, int64_t *width)
{
	const int64_t *a = rl_op_in(s->net, op, 0)->dim,
		      *b = rl_op_in(s->net, op, op->nin - 1)->dim;

	*n = a[0];
	*width = op->nin == 2 ? a[1] + b[1] : a[1];
	double *x = rl_malloc((size_t)(*n * *width) * sizeof(*x));
	if (op->nin == 2)
		twin_concat_repeat(x, in(s, op, 0), in(s, op, 1), a[0], a[1], b[0], b[1]);
	else
		memcpy(x, in(s, op, 0), (size_t)(*n * *width) * sizeof(*x));
	return x;
}

static void linear_forward(struct shadow *s, const struct op *op)
{
	int64_t n, width;
	double *x = linear_rows(s, op, &n, &width);

	twin_linear(out(s, op), x, param(s, op, WEIGHT), param(s, op, BIAS), n, width,
		    rl_op_out(s->net, op)->dim[1]);
	free(x);
}

static void linear_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	const int64_t *a = rl_op_in(s->net, op, 0)->dim,
		      *b = rl_op_in(s->net, op, op->nin - 1)->dim;
	int64_t n, width;
	double *x = linear_rows(s, op, &n, &width);
	double *dx = rl_calloc((size_t)(n * width), sizeof(*dx));

	twin_linear_backward(dx, d.p[WEIGHT], d.p[BIAS], gradient(s, op), x, param(s, op, WEIGHT),
			     n, width, rl_op_out(s->net, op)->dim[1]);
	if (op->nin == 2)
		twin_concat_repeat_backward(d.x[0], d.x[1], dx, a[0], a[1], b[0], b[1]);
	else if (d.x[0])
		memcpy(d.x[0], dx, (size_t)(n * width) * sizeof(*dx));
	free(x);
	free(dx);
}

/* Which elements survived is what the tape's own output says; no input of the tests is zero. */
static bool *survivors(const struct shadow *s, const struct op *op)
{
	size_t n = (size_t)count_in(s, op);
	bool *keep = rl_malloc(n * sizeof(*keep));
	float *y = rl_malloc(n * sizeof(*y));

	rl_net_read(s->net, op->out, y);
	for (size_t i = 0; i < n; i++)
		keep[i] = y[i] != 0;
	free(y);
	return keep;
}

static void dropout_forward(struct shadow *s, const struct op *op)
{
	bool *keep = survivors(s, op);

	twin_dropout(out(s, op), in(s, op, 0), keep, op->c.dropout.p, count_in(s, op));
	free(keep);
}

static void dropout_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	bool *keep = survivors(s, op);

	twin_dropout_backward(d.x[0], gradient(s, op), keep, op->c.dropout.p, count_in(s, op));
	free(keep);
}

/* The shadow's maps are in plain order already. */
static void flatten_forward(struct shadow *s, const struct op *op)
{
	memcpy(out(s, op), in(s, op, 0), (size_t)count_in(s, op) * sizeof(double));
}

static void flatten_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	memcpy(d.x[0], gradient(s, op), (size_t)count_in(s, op) * sizeof(double));
}

static void softmax_forward(struct shadow *s, const struct op *op)
{
	const int64_t *x = rl_op_in(s->net, op, 0)->dim;

	s->loss[op - s->net->op] = twin_softmax_ce(in(s, op, 0), op->c.loss.labels, x[0], x[1]);
	s->terms[op - s->net->op] = fabs(s->loss[op - s->net->op]) + 1e-3;
}

static void softmax_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	const int64_t *x = rl_op_in(s->net, op, 0)->dim;

	twin_softmax_ce_backward(d.x[0], in(s, op, 0), op->c.loss.labels, x[0], x[1]);
}

static void dot_forward(struct shadow *s, const struct op *op)
{
	double *loss = &s->loss[op - s->net->op], *terms = &s->terms[op - s->net->op];

	*loss = 0;
	*terms = 1e-30;
	for (int64_t i = 0; i < count_in(s, op); i++) {
		*loss += in(s, op, 0)[i] * in(s, op, 1)[i];
		*terms += fabs(in(s, op, 0)[i] * in(s, op, 1)[i]);
	}
}

static void dot_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	for (int i = 0; i < 2; i++)
		if (d.x[i])
			memcpy(d.x[i], in(s, op, 1 - i), (size_t)count_in(s, op) * sizeof(double));
}

static void add_sum_forward(struct shadow *s, const struct op *op)
{
	for (int64_t i = 0; i < count_in(s, op); i++)
		out(s, op)[i] = in(s, op, 0)[i] + in(s, op, 1)[i];
}

static void add_sum_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	for (int i = 0; i < 2; i++)
		if (d.x[i])
			memcpy(d.x[i], gradient(s, op), (size_t)count_in(s, op) * sizeof(double));
}

static void bias_forward(struct shadow *s, const struct op *op)
{
	twin_bias(out(s, op), in(s, op, 0), param(s, op, 0), shape_in(s, op), op->c.bias_relu);
}

static void bias_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_bias_backward(d.x[0], d.p[0], gradient(s, op), out(s, op), shape_in(s, op),
			   op->c.bias_relu);
}

static void deconv_forward(struct shadow *s, const struct op *op)
{
	twin_deconv(out(s, op), in(s, op, 0), param(s, op, 0), shape_in(s, op),
		    rl_op_out(s->net, op)->dim[1]);
}

static void deconv_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_deconv_backward(d.x[0], d.p[0], gradient(s, op), in(s, op, 0), param(s, op, 0),
			     shape_in(s, op), rl_op_out(s->net, op)->dim[1]);
}

static void interpolate_forward(struct shadow *s, const struct op *op)
{
	const int64_t *y = rl_op_out(s->net, op)->dim;

	twin_interpolate(out(s, op), in(s, op, 0), shape_in(s, op), y[2], y[3],
			 op->c.interpolation);
}

static void interpolate_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	const int64_t *y = rl_op_out(s->net, op)->dim;

	twin_interpolate_backward(d.x[0], gradient(s, op), shape_in(s, op), y[2], y[3],
				  op->c.interpolation);
}

static void levels_of(const struct shadow *s, const struct op *op, struct nchw shape[OP_IN])
{
	for (int i = 0; i < op->nin; i++) {
		const int64_t *d = rl_op_in(s->net, op, i)->dim;

		shape[i] = (struct nchw){d[0], d[1], d[2], d[3]};
	}
}

static void roi_align_forward(struct shadow *s, const struct op *op)
{
	const double *x[OP_IN];
	struct nchw shape[OP_IN];

	levels_of(s, op, shape);
	for (int i = 0; i < op->nin; i++)
		x[i] = in(s, op, i);
	twin_roi_align(out(s, op), x, shape, op->c.roi.roi, op->c.roi.rois, &op->c.roi.how);
}

static void roi_align_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	struct nchw shape[OP_IN];

	levels_of(s, op, shape);
	twin_roi_align_backward(d.x, gradient(s, op), shape, op->c.roi.roi, op->c.roi.rois,
				&op->c.roi.how);
}

static int64_t channels_of(const struct shadow *s, const struct op *op, int i)
{
	return rl_op_in(s->net, op, i)->dim[1];
}

static void concat_forward(struct shadow *s, const struct op *op)
{
	twin_concat(out(s, op), in(s, op, 0), in(s, op, 1), shape_in(s, op), channels_of(s, op, 1));
}

static void concat_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_concat_backward(d.x[0], d.x[1], gradient(s, op), shape_in(s, op),
			     channels_of(s, op, 1));
}

static void pixel_forward(struct shadow *s, const struct op *op)
{
	double *loss = &s->loss[op - s->net->op];

	*loss = twin_pixel_ce(in(s, op, 0), op->c.loss.map, shape_in(s, op), &op->c.loss.pixels);
	s->terms[op - s->net->op] = fabs(*loss) + 1e-3;
}

static void pixel_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	twin_pixel_ce_backward(d.x[0], in(s, op, 0), op->c.loss.map, shape_in(s, op),
			       &op->c.loss.pixels);
}

static void select_forward(struct shadow *s, const struct op *op)
{
	int64_t width = shape_in(s, op).c;

	for (int64_t i = 0; i < count_of(rl_op_out(s->net, op)); i++)
		out(s, op)[i] = in(s, op, 0)[op->c.select[i / width] * width + i % width];
}

static void select_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	int64_t width = shape_in(s, op).c;

	for (int64_t i = 0; i < count_of(rl_op_out(s->net, op)); i++)
		d.x[0][op->c.select[i / width] * width + i % width] += gradient(s, op)[i];
}

static void outlet_forward(struct shadow *s, const struct op *op)
{
	s->terms[op - s->net->op] = 1;
}

static void outlet_backward(struct shadow *s, const struct op *op, struct wanted d)
{
	for (int64_t i = 0; i < count_in(s, op); i++)
		d.x[0][i] = op->c.outlet.gradient ? op->c.outlet.gradient[i] : 0;
}

static const struct twin {
	const char *name;
	void (*forward)(struct shadow *s, const struct op *op);
	void (*backward)(struct shadow *s, const struct op *op, struct wanted d);
} twins[] = {
	{"conv", conv_forward, conv_backward},
	{"bnorm", bnorm_forward, bnorm_backward},
	{"flatten", flatten_forward, flatten_backward},
	{"relu", relu_forward, relu_backward},
	{"add relu", add_relu_forward, add_relu_backward},
	{"maxpool", maxpool_forward, maxpool_backward},
	{"avgpool", avgpool_forward, avgpool_backward},
	{"global avgpool", global_forward, global_backward},
	{"linear", linear_forward, linear_backward},
	{"dropout", dropout_forward, dropout_backward},
	{"dropout of channels", dropout_forward, dropout_backward},
	{"softmax ce", softmax_forward, softmax_backward},
	{"dot", dot_forward, dot_backward},
	{"add", add_sum_forward, add_sum_backward},
	{"bias", bias_forward, bias_backward},
	{"bias relu", bias_forward, bias_backward},
	{"deconv", deconv_forward, deconv_backward},
	{"interpolate", interpolate_forward, interpolate_backward},
	{"roi align", roi_align_forward, roi_align_backward},
	{"select", select_forward, select_backward},
	{"concat", concat_forward, concat_backward},
	{"pixel ce", pixel_forward, pixel_backward},
	{"outlet", outlet_forward, outlet_backward},
};

static const struct twin *twin_of(const struct op *op)
{
	for (size_t i = 0; i < RL_LEN(twins); i++)
		if (!strcmp(twins[i].name, op->type->name))
			return &twins[i];
	rl_die("%s: no twin", op->type->name);
}

/* ---- running ----------------------------------------------------------------------------------
 */

void shadow_keep(struct rl_net *n)
{
	for (rl_val v = 0; v < n->nvalue; v++)
		rl_net_keep(n, v);
}

static double *widen(const float *x, size_t n)
{
	double *y = rl_malloc(n * sizeof(*y));

	for (size_t i = 0; i < n; i++)
		y[i] = x[i];
	return y;
}

static double *read_value(struct rl_net *n, rl_val v)
{
	size_t count = (size_t)count_of(&n->value[v]);
	float *plain = rl_malloc(count * sizeof(*plain));

	rl_net_read(n, v, plain);
	double *wide = widen(plain, count);
	free(plain);
	return wide;
}

void shadow_feeds(struct shadow *s)
{
	for (rl_val v = 0; v < s->net->nvalue; v++) {
		if (s->net->value[v].producer >= 0)
			continue;
		free(s->value[v]);
		s->value[v] = read_value(s->net, v);
	}
}

struct shadow *shadow_new(struct rl_net *n)
{
	struct shadow *s = rl_calloc(1, sizeof(*s));
	size_t nvalue = (size_t)n->nvalue, nparam = (size_t)n->params->n;

	s->net = n;
	s->value = rl_calloc(nvalue, sizeof(*s->value));
	s->grad = rl_calloc(nvalue, sizeof(*s->grad));
	s->param = rl_calloc(nparam, sizeof(*s->param));
	s->dparam = rl_calloc(nparam, sizeof(*s->dparam));
	s->start = rl_calloc(nparam, sizeof(*s->start));
	s->loss = rl_calloc((size_t)n->nop, sizeof(*s->loss));
	s->terms = rl_calloc((size_t)n->nop, sizeof(*s->terms));
	for (rl_val v = 0; v < n->nvalue; v++) {
		size_t count = (size_t)count_of(&n->value[v]);

		s->value[v] = rl_calloc(count, sizeof(double));
		s->grad[v] = rl_calloc(count, sizeof(double));
	}
	shadow_feeds(s);
	for (int i = 0; i < n->params->n; i++) {
		size_t count = n->params->list[i].count;

		if (n->params->list[i].kind == RL_COUNT)
			continue;
		s->start[i] = widen(rl_params_data(n->params, i), count);
		s->param[i] = rl_calloc(count, sizeof(double));
		s->dparam[i] = rl_calloc(count, sizeof(double));
	}
	return s;
}

void shadow_free(struct shadow *s)
{
	for (rl_val v = 0; v < s->net->nvalue; v++) {
		free(s->value[v]);
		free(s->grad[v]);
	}
	for (int i = 0; i < s->net->params->n; i++) {
		free(s->param[i]);
		free(s->dparam[i]);
		free(s->start[i]);
	}
	free(s->value);
	free(s->grad);
	free(s->param);
	free(s->dparam);
	free(s->start);
	free(s->loss);
	free(s->terms);
	free(s);
}

static bool has_relu(const struct op *op)
{
	return strstr(op->type->name, "relu") ||
	       (!strcmp(op->type->name, "bnorm") && op->c.bnorm.relu);
}

static void take_sides(struct shadow *s, const struct op *op)
{
	double *fast = read_value(s->net, op->out), *y = out(s, op);

	for (int64_t i = 0; i < count_of(rl_op_out(s->net, op)); i++) {
		if ((fast[i] > 0) == (y[i] > 0))
			continue;
		y[i] = fast[i] > 0 ? DBL_MIN : 0;
		s->followed++;
	}
	free(fast);
}

static void add(double *to, const double *from, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		to[i] += from[i];
}

static void backward(struct shadow *s, const struct op *op)
{
	struct wanted d = {0};

	for (int i = 0; i < op->nin; i++)
		if (rl_op_in(s->net, op, i)->wants_grad)
			d.x[i] = rl_calloc((size_t)count_of(rl_op_in(s->net, op, i)),
					   sizeof(double));
	for (int i = 0; i < op->nlearned; i++)
		d.p[i] = rl_calloc(s->net->params->list[op->param[i]].count, sizeof(double));
	twin_of(op)->backward(s, op, d);
	for (int i = 0; i < op->nin; i++) {
		if (d.x[i])
			add(s->grad[op->in[i]], d.x[i], count_of(rl_op_in(s->net, op, i)));
		free(d.x[i]);
	}
	for (int i = 0; i < op->nlearned; i++) {
		add(s->dparam[op->param[i]], d.p[i],
		    (int64_t)s->net->params->list[op->param[i]].count);
		free(d.p[i]);
	}
}

void shadow_run(struct shadow *s, bool follow)
{
	const struct rl_net *n = s->net;

	for (rl_val v = 0; v < n->nvalue; v++)
		memset(s->grad[v], 0, (size_t)count_of(&n->value[v]) * sizeof(double));
	for (int i = 0; i < n->params->n; i++) {
		size_t bytes = n->params->list[i].count * sizeof(double);

		if (!s->param[i])
			continue;
		memcpy(s->param[i], s->start[i], bytes);
		memset(s->dparam[i], 0, bytes);
	}
	s->followed = 0;
	for (int k = 0; k < n->nop; k++) {
		twin_of(&n->op[k])->forward(s, &n->op[k]);
		if (follow && has_relu(&n->op[k]))
			take_sides(s, &n->op[k]);
	}
	for (int k = n->nop - 1; k >= 0; k--)
		if (n->op[k].reached)
			backward(s, &n->op[k]);
}

/* ---- comparing --------------------------------------------------------------------------------
 */

static double largest(const double *x, int64_t n)
{
	double most = 0;

	for (int64_t i = 0; i < n; i++)
		most = fmax(most, fabs(x[i]));
	return most;
}

/* Of the tape's tensor `fast` against the shadow's, by its largest element, at least `floor`. */
static double error_of(const float *fast, const double *slow, int64_t n, double floor)
{
	double scale = fmax(largest(slow, n), floor), worst = 0;

	for (int64_t i = 0; i < n; i++) {
		double e = fabs(fast[i] - slow[i]) / scale;

		if (!(e <= worst))
			worst = e;
	}
	return worst;
}

struct verdict {
	double worst;
	char where[160];
};

static void judge(struct verdict *v, double error, const char *fmt, ...)
{
	va_list ap;

	if (error <= v->worst || isnan(v->worst))
		return;
	v->worst = error;
	va_start(ap, fmt);
	vsnprintf(v->where, sizeof(v->where), fmt, ap);
	va_end(ap);
}

static void judge_values(struct verdict *v, const struct shadow *s)
{
	struct rl_net *n = s->net;

	for (int k = 0; k < n->nop; k++) {
		const struct op *op = &n->op[k];

		if (!strcmp(op->type->name, "outlet"))
			continue;
		if (op->out < 0) {
			judge(v, fabs(op->c.loss.value - s->loss[k]) / s->terms[k], "loss, op %d",
			      k);
			continue;
		}
		size_t count = (size_t)count_of(&n->value[op->out]);
		float *fast = rl_malloc(count * sizeof(*fast));
		rl_net_read(n, op->out, fast);
		judge(v,
		      error_of(fast, out(s, op), (int64_t)count,
			       fmax(1e-2 * largest(in(s, op, 0), count_in(s, op)), 1e-30)),
		      "output of op %d, %s", k, op->type->name);
		free(fast);
	}
	for (int i = 0; i < n->params->n; i++) {
		const struct rl_param *p = &n->params->list[i];

		if (p->kind == RL_STATE)
			judge(v,
			      error_of(rl_params_data(n->params, i), s->param[i], (int64_t)p->count,
				       1e-30),
			      "%s", p->name);
	}
}

static void judge_gradients(struct verdict *v, const struct shadow *s)
{
	struct rl_net *n = s->net;
	double most = 1e-30, most_of_feeds = 1e-30;

	for (int i = 0; i < n->params->n; i++)
		if (n->params->list[i].kind == RL_PARAM)
			most = fmax(most, largest(s->dparam[i], (int64_t)n->params->list[i].count));
	for (int k = 0; k < n->nop; k++)
		if (n->op[k].out >= 0)
			most = fmax(most, largest(gradient(s, &n->op[k]),
						  count_of(rl_op_out(n, &n->op[k]))));
	for (int i = 0; i < n->params->n; i++) {
		const struct rl_param *p = &n->params->list[i];

		if (p->kind == RL_PARAM)
			judge(v,
			      error_of(rl_params_grad(n->params, i), s->dparam[i],
				       (int64_t)p->count, 1e-3 * most),
			      "gradient of %s", p->name);
	}
	for (rl_val f = 0; f < n->nvalue; f++)
		if (n->value[f].producer < 0)
			most_of_feeds =
				fmax(most_of_feeds, largest(s->grad[f], count_of(&n->value[f])));
	for (rl_val f = 0; f < n->nvalue; f++) {
		size_t count = (size_t)count_of(&n->value[f]);

		if (n->value[f].producer >= 0 || !n->value[f].grad.base)
			continue;
		float *fast = rl_malloc(count * sizeof(*fast));
		rl_net_read_grad(n, f, fast);
		judge(v, error_of(fast, s->grad[f], (int64_t)count, 1e-3 * most_of_feeds),
		      "gradient of feed %d", f);
		free(fast);
	}
}

bool shadow_agrees(const struct shadow *s, double forward, double backward, const char *fmt, ...)
{
	struct verdict values = {0}, gradients = {0};
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	judge_values(&values, s);
	judge_gradients(&gradients, s);
	bool good = ok(values.worst <= forward && gradients.worst <= backward,
		       "%s: forward within %.0e, backward within %.0e", what, forward, backward);
	diag("worst: %.1e (%s), %.1e (%s)", values.worst, values.where, gradients.worst,
	     gradients.where);
	return good;
}
