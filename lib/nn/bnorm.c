/*
 * Batch normalisation, with ReLU in the same pass where asked.
 *
 * Our own kernels: oneDNN sums the statistics and the gradients of weight and bias in float, which
 * in a batch of a few images loses enough to send training another way after three steps; here they
 * are summed in double, at the speed of memory.  The sign of y serves as ReLU's mask.
 */
#include "nn/tape.h"

#include "base/clones.h"

#include <math.h>

enum { MEAN, INVERSE_STD, SUMS };                          /* buffers */
enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, TRACKED }; /* parameters */

/* Pixels are summed in this many slices, whatever the number of threads: the sums depend on
 * neither. */
enum { SLICES = 16, MAX_LANES = 16 };

/* Inlined into each clone, so that it is compiled for the clone's instruction set. */
#define RL_INLINE __attribute__((always_inline))

/* ---- kernels ----------------------------------------------------------------------------------
 */

/* A run of pixels of neighbouring channels; vectors and sums start at the first of these channels.
 */
struct piece {
	const float *x, *y, *dy;
	float *out;
	const float *mean, *scale, *bias, *slope, *shift;
	double *sum, *product;
	bool relu;
	int64_t lanes, n, step; /* channels; pixels; floats from one pixel to the next */
};

/* Vectors are copied first: the compiler then keeps them in registers, whatever `out` may overlap.
 */
static inline RL_INLINE void copy_lanes(float *to, const float *from, int64_t lanes)
{
	for (int64_t c = 0; c < lanes; c++)
		to[c] = from[c];
}

static inline RL_INLINE void sum_x(const struct piece *p, int64_t lanes, bool relu)
{
	double s[MAX_LANES] = {0}, q[MAX_LANES] = {0};
	const float *x = p->x;

	(void)relu;
	for (int64_t i = 0; i < p->n; i++, x += p->step) {
		for (int64_t c = 0; c < lanes; c++) {
			s[c] += x[c];
			q[c] += (double)x[c] * x[c];
		}
	}
	for (int64_t c = 0; c < lanes; c++) {
		p->sum[c] += s[c];
		p->product[c] += q[c];
	}
}

static inline RL_INLINE void normalise(const struct piece *p, int64_t lanes, bool relu)
{
	float mean[MAX_LANES], scale[MAX_LANES], bias[MAX_LANES];
	const float *x = p->x;
	float *y = p->out;

	copy_lanes(mean, p->mean, lanes);
	copy_lanes(scale, p->scale, lanes);
	copy_lanes(bias, p->bias, lanes);
	for (int64_t i = 0; i < p->n; i++, x += p->step, y += p->step) {
		for (int64_t c = 0; c < lanes; c++) {
			float v = (x[c] - mean[c]) * scale[c] + bias[c];

			y[c] = relu && v < 0 ? 0 : v;
		}
	}
}

/* The gradient behind ReLU is dy where y is positive.  Without the pragma the loop is unrolled
 * first and the choice becomes jumps. */
static inline RL_INLINE void sum_gradient(const struct piece *p, int64_t lanes, bool relu)
{
	double s[MAX_LANES] = {0}, q[MAX_LANES] = {0};
	const float *x = p->x, *y = p->y, *dy = p->dy;
	float mean[MAX_LANES], g[MAX_LANES], centred[MAX_LANES];

	copy_lanes(mean, p->mean, lanes);
	for (int64_t i = 0; i < p->n; i++, x += p->step, y += p->step, dy += p->step) {
#pragma omp simd
		for (int64_t c = 0; c < lanes; c++) {
			float d = dy[c];

			g[c] = !relu || y[c] > 0 ? d : 0;
			centred[c] = x[c] - mean[c];
		}
		for (int64_t c = 0; c < lanes; c++) {
			s[c] += g[c];
			q[c] += (double)g[c] * centred[c];
		}
	}
	for (int64_t c = 0; c < lanes; c++) {
		p->sum[c] += s[c];
		p->product[c] += q[c];
	}
}

/* dx = scale g - slope (x - mean) - shift */
static inline RL_INLINE void differentiate(const struct piece *p, int64_t lanes, bool relu)
{
	float mean[MAX_LANES], scale[MAX_LANES], slope[MAX_LANES], shift[MAX_LANES];
	const float *x = p->x, *y = p->y, *dy = p->dy;
	float *dx = p->out;

	copy_lanes(mean, p->mean, lanes);
	copy_lanes(scale, p->scale, lanes);
	copy_lanes(slope, p->slope, lanes);
	copy_lanes(shift, p->shift, lanes);
	for (int64_t i = 0; i < p->n;
	     i++, x += p->step, y += p->step, dy += p->step, dx += p->step) {
#pragma omp simd
		for (int64_t c = 0; c < lanes; c++) {
			float d = dy[c], g = !relu || y[c] > 0 ? d : 0;

			dx[c] = scale[c] * g - slope[c] * (x[c] - mean[c]) - shift[c];
		}
	}
}

/* Each kernel with the usual widths and with and without ReLU as constants. */
#define SPECIALISE(name, kernel)                                              \
	RL_CLONES                                                             \
	static void name(const struct piece *p)                               \
	{                                                                     \
		if (p->lanes == 16)                                           \
			p->relu ? kernel(p, 16, true) : kernel(p, 16, false); \
		else if (p->lanes == 8)                                       \
			p->relu ? kernel(p, 8, true) : kernel(p, 8, false);   \
		else                                                          \
			kernel(p, p->lanes, p->relu);                         \
	}

SPECIALISE(statistics_piece, sum_x)
SPECIALISE(forward_piece, normalise)
SPECIALISE(gradient_piece, sum_gradient)
SPECIALISE(backward_piece, differentiate)

/* ---- going over a map -------------------------------------------------------------------------
 */

/* Rows of features are a map of one pixel, channels last. */
static struct rl_channels layout(const struct value *x)
{
	struct rl_md rows = rl_md_channels_last((int64_t[]){x->dim[0], x->dim[1], 1, 1});

	return rl_md_channels(x->ndim == 4 ? &x->md : &rows);
}

static int64_t area(const struct value *x)
{
	return x->ndim == 4 ? x->dim[2] * x->dim[3] : 1;
}

/* Call the kernel for every slice of every group of channels.  Vectors are indexed by channel, sums
 * by slice and channel; what a field of `whole` leaves NULL stays NULL. */
static void for_pieces(const struct value *x, const struct piece *whole,
		       void (*kernel)(const struct piece *))
{
	const struct rl_channels at = layout(x);
	int64_t channels = x->dim[1], pixels = area(x), total = x->dim[0] * pixels;
	int64_t groups = (channels + at.lanes - 1) / at.lanes;

#define OFFSET(pointer, offset) ((pointer) ? (pointer) + (offset) : NULL)
#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t g = 0; g < groups; g++) {
		for (int64_t slice = 0; slice < SLICES; slice++) {
			int64_t first = g * at.lanes, row = total * slice / SLICES;
			int64_t end = total * (slice + 1) / SLICES, sums = slice * channels + first;
			struct piece p = {.mean = OFFSET(whole->mean, first),
					  .scale = OFFSET(whole->scale, first),
					  .bias = OFFSET(whole->bias, first),
					  .slope = OFFSET(whole->slope, first),
					  .shift = OFFSET(whole->shift, first),
					  .sum = OFFSET(whole->sum, sums),
					  .product = OFFSET(whole->product, sums),
					  .relu = whole->relu,
					  .lanes = channels - first < at.lanes ? channels - first
									       : at.lanes,
					  .step = at.pixel};

			for (int64_t c = 0; c < p.lanes && p.sum; c++)
				p.sum[c] = p.product[c] = 0;
			for (; row < end; row += p.n) {
				int64_t pixel = row % pixels;
				int64_t o =
					row / pixels * at.image + g * at.group + pixel * at.pixel;

				/* A run of pixels ends with its image; a feature row is an image.
				 */
				p.n = end - row < pixels - pixel ? end - row : pixels - pixel;
				p.x = whole->x + o;
				p.y = OFFSET(whole->y, o);
				p.dy = OFFSET(whole->dy, o);
				p.out = OFFSET(whole->out, o);
				kernel(&p);
			}
		}
	}
#undef OFFSET
}

static void add_slices(double *sum, int64_t channels)
{
	for (int64_t slice = 1; slice < SLICES; slice++)
		for (int64_t c = 0; c < channels; c++)
			sum[c] += sum[slice * channels + c];
}

/* ---- the op -----------------------------------------------------------------------------------
 */

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);
	size_t channels = (size_t)x->dim[1];

	rl_value_layout_plain(x);
	rl_value_layout(rl_op_out(n, op), x->md);
	rl_op_buffer(n, op, channels * sizeof(float), BETWEEN);
	rl_op_buffer(n, op, channels * sizeof(float), BETWEEN);
	/* Two sums and, once they are made, three vectors derived from them. */
	rl_op_buffer(n, op, channels * (2 * SLICES * sizeof(double) + 3 * sizeof(float)), BETWEEN);
}

static void move_running_statistics(struct rl_net *n, struct op *op, const double *mean,
				    const double *variance, double count)
{
	float *running_mean = rl_params_data(n->params, op->param[RUNNING_MEAN]);
	float *running_var = rl_params_data(n->params, op->param[RUNNING_VAR]);
	int64_t tracked = ++n->params->list[op->param[TRACKED]].tracked;
	double m = n->accumulate ? 1.0 / (double)tracked : op->c.bnorm.momentum;
	double copied = count * op->c.bnorm.copies;
	double unbiased = copied > 1 ? copied / (copied - 1) : 1;

	for (int64_t c = 0; c < rl_op_in(n, op, 0)->dim[1]; c++) {
		running_mean[c] = (float)((1 - m) * running_mean[c] + m * mean[c]);
		running_var[c] = (float)((1 - m) * running_var[c] + m * unbiased * variance[c]);
	}
}

/* Mean and 1/std of the batch, or the running ones, into the op's buffers. */
static void statistics(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct rl_bnorm *conf = &op->c.bnorm;
	int64_t channels = x->dim[1];
	float *mean = rl_op_memory(n, op, MEAN), *inverse = rl_op_memory(n, op, INVERSE_STD);
	double *sum = rl_op_memory(n, op, SUMS), *square = sum + SLICES * channels;
	double count = (double)(x->dim[0] * area(x));

	if (conf->running) {
		const float *running_mean = rl_params_data(n->params, op->param[RUNNING_MEAN]);
		const float *running_var = rl_params_data(n->params, op->param[RUNNING_VAR]);

		for (int64_t c = 0; c < channels; c++) {
			mean[c] = running_mean[c];
			inverse[c] = (float)(1 / sqrt(running_var[c] + conf->eps));
		}
		return;
	}
	for_pieces(x, &(struct piece){.x = x->data, .sum = sum, .product = square},
		   statistics_piece);
	add_slices(sum, channels);
	add_slices(square, channels);
	count = rl_op_sum_ranks(n, sum, square, channels, count, 1);
	for (int64_t c = 0; c < channels; c++) {
		double m = sum[c] / count, v = fmax(square[c] / count - m * m, 0);

		sum[c] = m;
		square[c] = v;
		mean[c] = (float)m;
		inverse[c] = (float)(1 / sqrt(v + conf->eps));
	}
	if (!n->untracked)
		move_running_statistics(n, op, sum, square, count);
}

static void forward(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const float *weight = rl_params_data(n->params, op->param[WEIGHT]);
	const float *inverse = rl_op_memory(n, op, INVERSE_STD);
	float *scale = (float *)((double *)rl_op_memory(n, op, SUMS) + 2 * SLICES * x->dim[1]);

	statistics(n, op);
	for (int64_t c = 0; c < x->dim[1]; c++)
		scale[c] = weight[c] * inverse[c];
	for_pieces(x,
		   &(struct piece){.x = x->data,
				   .out = y->data,
				   .mean = rl_op_memory(n, op, MEAN),
				   .scale = scale,
				   .bias = rl_params_data(n->params, op->param[BIAS]),
				   .relu = op->c.bnorm.relu},
		   forward_piece);
}

static void backward(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const float *weight = rl_params_data(n->params, op->param[WEIGHT]);
	const float *inverse = rl_op_memory(n, op, INVERSE_STD);
	int64_t channels = x->dim[1];
	double *sum = rl_op_memory(n, op, SUMS), *product = sum + SLICES * channels;
	float *scale = (float *)(product + SLICES * channels), *slope = scale + channels;
	float *shift = slope + channels;
	double local = (double)(x->dim[0] * area(x)), count = local;
	struct piece p = {.x = x->data,
			  .y = y->data,
			  .dy = y->grad,
			  .mean = rl_op_memory(n, op, MEAN),
			  .sum = sum,
			  .product = product,
			  .relu = op->c.bnorm.relu};

	for_pieces(x, &p, gradient_piece);
	add_slices(sum, channels);
	add_slices(product, channels);
	for (int64_t c = 0; c < channels; c++) {
		op->dp[WEIGHT][c] = (float)(product[c] * inverse[c]);
		op->dp[BIAS][c] = (float)sum[c];
	}
	if (!op->c.bnorm.running)
		count = rl_op_sum_ranks(n, sum, product, channels, local, local);
	for (int64_t c = 0; c < channels; c++) {
		double s = (double)weight[c] * inverse[c];
		double of_batch =
			op->c.bnorm.running ? 0 : s / count; /* running statistics are constants */

		scale[c] = (float)s;
		slope[c] = (float)(of_batch * product[c] * inverse[c] * inverse[c]);
		shift[c] = (float)(of_batch * sum[c]);
	}
	if (!op->dx[0])
		return;
	p.sum = p.product = NULL;
	p.scale = scale;
	p.slope = slope;
	p.shift = shift;
	p.out = op->dx[0];
	for_pieces(x, &p, backward_piece);
}

static const struct optype type = {"bnorm", NEED_X, plan, NULL, forward, backward};
static const struct optype type_relu = {"bnorm", NEED_X | NEED_Y, plan, NULL, forward, backward};

rl_val rl_bnorm(struct rl_net *n, rl_val in, const char *name, struct rl_bnorm c)
{
	struct op *op = rl_op_append(n, c.relu ? &type_relu : &type, 1, &in);
	struct value *x = rl_op_in(n, op, 0);
	const int64_t *channels = &x->dim[1];

	op->c.bnorm = c;
	rl_op_param(n, op, RL_PARAM, name, "weight", 1, channels, RL_INIT_CONSTANT, 1);
	rl_op_param(n, op, RL_PARAM, name, "bias", 1, channels, RL_INIT_CONSTANT, 0);
	rl_op_param(n, op, RL_STATE, name, "running_mean", 1, channels, RL_INIT_CONSTANT, 0);
	rl_op_param(n, op, RL_STATE, name, "running_var", 1, channels, RL_INIT_CONSTANT, 1);
	rl_op_param(n, op, RL_COUNT, name, "num_batches_tracked", 0, NULL, RL_INIT_CONSTANT, 0);
	return rl_op_output(n, op, x->ndim, x->dim);
}
