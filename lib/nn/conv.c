/* Convolution without bias, on oneDNN. */
#include "nn/tape.h"

#include <string.h>

enum { FORWARD, BY_DATA, BY_WEIGHTS, PACK, PACK_BACKWARD, UNPACK, X_LAST, DY_LAST };

/* The parameter array holds weights in torchvision's order; these are the primitives' own copies.
 */
enum { W_FORWARD, W_BACKWARD, DW, COLUMNS, X_COPY, DY_COPY };

static struct rl_prim reorder(struct rl_net *n, struct rl_md from, struct rl_md to)
{
	struct rl_prim p = rl_prim_reorder(n->d, from, to);

	rl_op_scratch(n, &p);
	return p;
}

/* On AVX2, oneDNN 2 has no kernel for the weights' gradient of a 3x3 convolution on a 2x2 map,
 * which is where a 64-pixel patch ends.  Then it is one matrix product over the whole batch: the
 * gradient of y, channels last, times the windows of x laid out as rows. */
static void plan_weights_by_gemm(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const int64_t *w = n->params->list[op->param[0]].dim;
	size_t rows = (size_t)(y->dim[0] * y->dim[2] * y->dim[3]);

	op->prim[X_LAST] = reorder(n, x->md, rl_md_channels_last(x->dim));
	op->prim[DY_LAST] = reorder(n, y->md, rl_md_channels_last(y->dim));
	rl_op_buffer(n, op, rows * (size_t)(w[1] * w[2] * w[3]) * sizeof(float), IN_BACKWARD);
	rl_op_buffer(n, op, (size_t)(x->dim[0] * x->dim[1] * x->dim[2] * x->dim[3]) * sizeof(float),
		     IN_BACKWARD);
	rl_op_buffer(n, op, rows * (size_t)y->dim[1] * sizeof(float), IN_BACKWARD);
}

static void plan_backward(struct rl_net *n, struct op *op, struct rl_window window)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const int64_t *dim = n->params->list[op->param[0]].dim;
	struct rl_md plain = rl_md_plain(4, dim), any = rl_md_any(4, dim), w;
	struct rl_prim *prim = op->prim;
	size_t bytes = 0;

	if (x->wants_grad) {
		prim[BY_DATA] = rl_prim_conv(n->d, RL_BACKWARD_DATA, x->md, any, y->md, window,
					     NULL, &prim[FORWARD]);
		rl_op_scratch(n, &prim[BY_DATA]);
		w = rl_prim_md(&prim[BY_DATA], RL_ARG_WEIGHTS);
		prim[PACK_BACKWARD] = reorder(n, plain, w);
		bytes = rl_md_bytes(&w);
	}
	rl_op_buffer(n, op, bytes, IN_BACKWARD);

	prim[BY_WEIGHTS] = rl_prim_conv(n->d, RL_BACKWARD_WEIGHTS, x->md, any, y->md, window, NULL,
					&prim[FORWARD]);
	w = rl_prim_md(&prim[BY_WEIGHTS], RL_ARG_DIFF_WEIGHTS);
	op->weights_by_gemm = rl_prim_is_slow(&prim[BY_WEIGHTS]);
	if (op->weights_by_gemm)
		w = rl_md_channels_last(dim);
	else
		rl_op_scratch(n, &prim[BY_WEIGHTS]);
	rl_op_buffer(n, op, rl_md_bytes(&w), IN_BACKWARD);
	prim[UNPACK] = reorder(n, w, plain);
	if (op->weights_by_gemm)
		plan_weights_by_gemm(n, op);
}

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const struct rl_conv *c = &op->c.conv;
	struct rl_window window = {c->kernel, c->stride, c->pad, c->dilation};
	struct rl_param *p = &n->params->list[op->param[0]];
	struct rl_md w;

	op->prim[FORWARD] =
		rl_prim_conv(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE,
			     x->laid_out ? x->md : rl_md_any(4, x->dim), rl_md_any(4, p->dim),
			     rl_md_any(4, y->dim), window, NULL, NULL);
	if (!x->laid_out)
		rl_value_layout(x, rl_prim_md(&op->prim[FORWARD], RL_ARG_SRC));
	rl_value_layout(y, rl_prim_md(&op->prim[FORWARD], RL_ARG_DST));
	rl_op_scratch(n, &op->prim[FORWARD]);
	w = rl_prim_md(&op->prim[FORWARD], RL_ARG_WEIGHTS);
	op->prim[PACK] = reorder(n, rl_md_plain(4, p->dim), w);
	rl_op_buffer(n, op, rl_md_bytes(&w), ALWAYS);
	if (op->reached)
		plan_backward(n, op, window);
}

static void bind_reorder(struct rl_net *n, struct op *op, int i, void *from, void *to)
{
	rl_op_call(n, op, i);
	rl_op_arg(n, op, i, RL_ARG_FROM, from);
	rl_op_arg(n, op, i, RL_ARG_TO, to);
}

static void bind(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	float *weights = rl_params_data(n->params, op->param[0]);
	void *w = rl_op_memory(n, op, W_FORWARD);

	bind_reorder(n, op, PACK, weights, w);
	rl_op_call(n, op, FORWARD);
	rl_op_arg(n, op, FORWARD, RL_ARG_SRC, x->data);
	rl_op_arg(n, op, FORWARD, RL_ARG_WEIGHTS, w);
	rl_op_arg(n, op, FORWARD, RL_ARG_DST, y->data);
	if (!op->reached)
		return;

	if (x->wants_grad) {
		w = rl_op_memory(n, op, W_BACKWARD);
		bind_reorder(n, op, PACK_BACKWARD, weights, w);
		rl_op_call(n, op, BY_DATA);
		rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_DST, y->grad);
		rl_op_arg(n, op, BY_DATA, RL_ARG_WEIGHTS, w);
		rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_SRC, op->dx[0]);
	}

	w = rl_op_memory(n, op, DW);
	bind_reorder(n, op, UNPACK, w, op->dp[0]);
	if (op->weights_by_gemm) {
		bind_reorder(n, op, X_LAST, x->data, rl_op_memory(n, op, X_COPY));
		bind_reorder(n, op, DY_LAST, y->grad, rl_op_memory(n, op, DY_COPY));
		return;
	}
	rl_op_call(n, op, BY_WEIGHTS);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_SRC, x->data);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_DST, y->grad);
	rl_op_arg(n, op, BY_WEIGHTS, RL_ARG_DIFF_WEIGHTS, w);
}

static void forward(struct rl_net *n, struct op *op)
{
	if (op->weights_version != n->params->version) {
		rl_op_run(n, op, PACK);
		op->weights_version = n->params->version;
	}
	rl_op_run(n, op, FORWARD);
}

/* Row (i, oy, ox) of the columns: the window of x under that output, kernel position by position.
 */
static void gather_windows(const struct rl_net *n, const struct op *op, float *to, const float *x)
{
	const struct value *in = &n->value[op->in[0]], *out = &n->value[op->out];
	const struct rl_conv *c = &op->c.conv;
	int64_t channels = in->dim[1], height = in->dim[2], width = in->dim[3];

#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t i = 0; i < out->dim[0]; i++) {
		for (int64_t oy = 0; oy < out->dim[2]; oy++) {
			float *row = to + (i * out->dim[2] + oy) * out->dim[3] * c->kernel *
						  c->kernel * channels;

			for (int64_t ox = 0; ox < out->dim[3]; ox++) {
				for (int k = 0; k < c->kernel * c->kernel; k++, row += channels) {
					int64_t y = oy * c->stride - c->pad +
						    k / c->kernel * c->dilation;
					int64_t z = ox * c->stride - c->pad +
						    k % c->kernel * c->dilation;

					if (y < 0 || y >= height || z < 0 || z >= width)
						memset(row, 0, (size_t)channels * sizeof(*row));
					else
						memcpy(row,
						       x + ((i * height + y) * width + z) *
								       channels,
						       (size_t)channels * sizeof(*row));
				}
			}
		}
	}
}

static void weights_by_gemm(struct rl_net *n, struct op *op)
{
	const struct value *y = rl_op_out(n, op);
	const int64_t *w = n->params->list[op->param[0]].dim;
	float *columns = rl_op_memory(n, op, COLUMNS);

	rl_op_run(n, op, X_LAST);
	rl_op_run(n, op, DY_LAST);
	gather_windows(n, op, columns, rl_op_memory(n, op, X_COPY));
	rl_gemm_tn(rl_op_memory(n, op, DW), rl_op_memory(n, op, DY_COPY), columns, w[0],
		   w[1] * w[2] * w[3], y->dim[0] * y->dim[2] * y->dim[3]);
}

static void backward(struct rl_net *n, struct op *op)
{
	if (op->dx[0]) {
		rl_op_run(n, op, PACK_BACKWARD);
		rl_op_run(n, op, BY_DATA);
	}
	if (op->weights_by_gemm)
		weights_by_gemm(n, op);
	else
		rl_op_run(n, op, BY_WEIGHTS);
	rl_op_run(n, op, UNPACK);
}

static const struct optype type = {"conv", NEED_X, plan, bind, forward, backward};

rl_val rl_conv(struct rl_net *n, rl_val in, const char *name, struct rl_conv c)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);
	struct rl_window window = {c.kernel, c.stride, c.pad, c.dilation};

	op->c.conv = c;
	rl_op_param(n, op, RL_PARAM, name, "weight", 4,
		    (int64_t[]){c.out, x->dim[1], c.kernel, c.kernel}, RL_INIT_KAIMING_FANOUT, 0);
	return rl_op_output(n, op, 4,
			    (int64_t[]){x->dim[0], c.out, rl_window_out(x->dim[2], window),
					rl_window_out(x->dim[3], window)});
}
