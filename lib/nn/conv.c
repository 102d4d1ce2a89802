/* Convolution without bias, on oneDNN, with what inference folds into it. */
#include "nn/tape.h"

#include <math.h>
#include <string.h>

/* Primitives and their calls; MORE is BY_WEIGHTS again, into memory of its own. */
enum {
	FORWARD,
	BY_DATA,
	BY_WEIGHTS,
	PACK,
	PACK_BACKWARD,
	UNPACK,
	DY_IN,
	DX_OUT,
	X_LAST,
	DY_LAST,
	X_IN,
	Y_OUT,
	MORE
};

/* The parameter array holds weights in torchvision's order; these are the primitives' own copies.
 */
enum { W_FORWARD, BIAS, X, Y, W_BACKWARD, DY, DX, DW, DW_TILE, COLUMNS, LAST };

static const int64_t *weight_shape(const struct rl_net *n, const struct op *op)
{
	return n->params->list[op->param[0]].dim;
}

static size_t weight_bytes(const struct rl_net *n, const struct op *op)
{
	return n->params->list[op->param[0]].count * sizeof(float);
}

/* ---- planning ---------------------------------------------------------------------------------
 */

static struct rl_prim reorder(struct rl_net *n, struct rl_md from, struct rl_md to)
{
	struct rl_prim p = rl_prim_reorder(n->d, from, to);

	rl_op_scratch(n, &p);
	return p;
}

static struct rl_md any_weights(const struct rl_net *n, const struct op *op)
{
	return rl_md_of(n->config.bf16 ? RL_BFLOAT16 : RL_FLOAT32,
			rl_md_any(4, weight_shape(n, op)));
}

static struct rl_window window(const struct op *op)
{
	const struct rl_conv *c = &op->c.conv.shape;

	return (struct rl_window){c->kernel, c->stride, c->pad, c->dilation};
}

/* In float, oneDNN 2 has no AVX2 kernel for the weights' gradient of a 3x3 convolution on a 2x2
 * map, which is where a 64-pixel patch ends, nor for many dilated ones.  Then it is one matrix
 * product over the tile: the gradient of y, channels last, times the windows of x laid out as rows.
 */
static size_t plan_weights_by_gemm(struct rl_net *n, struct op *op, int64_t tile)
{
	const struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const int64_t xdim[4] = {tile, x->dim[1], x->dim[2], x->dim[3]};
	const int64_t ydim[4] = {tile, y->dim[1], y->dim[2], y->dim[3]};
	struct rl_md x_last = rl_md_channels_last(xdim), y_last = rl_md_channels_last(ydim);

	op->prim[X_LAST] = reorder(n, rl_value_md(n, x, tile), x_last);
	op->prim[DY_LAST] = reorder(n, rl_value_md(n, y, tile), y_last);
	return rl_md_bytes(&x_last) + rl_md_bytes(&y_last);
}

/* Bytes of the copy `own` that is needed where layouts differ. */
static size_t plan_copy(struct rl_net *n, struct op *op, int prim, struct rl_md from,
			struct rl_md to, struct rl_md own)
{
	struct rl_md a = rl_md_batch(&from, from.dim[0]), b = rl_md_batch(&to, to.dim[0]);

	if (rl_md_equal(&a, &b))
		return 0;
	op->prim[prim] = reorder(n, from, to);
	return rl_md_bytes(&own);
}

/* In the tape's layouts oneDNN has no kernel for the gradient of x where channels are odd, nor,
 * before AVX2, for most convolutions.  In layouts of its own it has. */
static void plan_by_data(struct rl_net *n, struct op *op, struct rl_md x, struct rl_md y)
{
	struct rl_prim *p = &op->prim[BY_DATA], *hint = &op->prim[FORWARD];
	struct rl_md any = any_weights(n, op), w, dx, dy;
	size_t dx_bytes, dy_bytes;

	*p = rl_prim_conv(n->d, RL_BACKWARD_DATA, x, any, y, window(op), NULL, hint);
	if (rl_prim_is_slow(p)) {
		rl_prim_free(p);
		*p = rl_prim_conv(n->d, RL_BACKWARD_DATA, rl_md_of(x.number, rl_md_any(4, x.dim)),
				  any, rl_md_of(y.number, rl_md_any(4, y.dim)), window(op), NULL,
				  hint);
	}
	dx = rl_prim_md(p, RL_ARG_DIFF_SRC);
	dy = rl_prim_md(p, RL_ARG_DIFF_DST);
	dy_bytes = plan_copy(n, op, DY_IN, y, dy, dy);
	dx_bytes = plan_copy(n, op, DX_OUT, dx, x, dx);
	rl_op_scratch(n, p);
	w = rl_prim_md(p, RL_ARG_WEIGHTS);
	op->prim[PACK_BACKWARD] = reorder(n, rl_md_plain(4, weight_shape(n, op)), w);
	rl_op_buffer(n, op, rl_md_bytes(&w), IN_BACKWARD);
	rl_op_buffer(n, op, dy_bytes, IN_BACKWARD);
	rl_op_buffer(n, op, dx_bytes, IN_BACKWARD);
}

static void plan_backward(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const int64_t *dim = weight_shape(n, op);
	int64_t tile = rl_op_tile(n, op->backward[0]);
	struct rl_md plain = rl_md_plain(4, dim), xt = rl_value_md(n, x, tile), w;
	struct rl_md yt = rl_value_md(n, y, tile);
	struct rl_prim *prim = op->prim;
	size_t columns = 0, last = 0;

	if (x->wants_grad)
		plan_by_data(n, op, xt, yt);
	else
		for (int i = W_BACKWARD; i < DW; i++)
			rl_op_buffer(n, op, 0, IN_BACKWARD);
	prim[BY_WEIGHTS] = rl_prim_conv(n->d, RL_BACKWARD_WEIGHTS, xt, rl_md_any(4, dim), yt,
					window(op), NULL, &prim[FORWARD]);
	w = rl_prim_md(&prim[BY_WEIGHTS], RL_ARG_DIFF_WEIGHTS);
	op->c.conv.weights_by_gemm = rl_prim_is_slow(&prim[BY_WEIGHTS]);
	if (op->c.conv.weights_by_gemm) {
		w = rl_md_channels_last(dim);
		columns = (size_t)(tile * y->dim[2] * y->dim[3] * dim[1] * dim[2] * dim[3]) *
			  sizeof(float);
		last = plan_weights_by_gemm(n, op, tile);
	} else {
		rl_op_scratch(n, &prim[BY_WEIGHTS]);
	}
	prim[UNPACK] = reorder(n, w, plain);
	rl_op_buffer(n, op, rl_md_bytes(&w), IN_BACKWARD);
	rl_op_buffer(n, op, tile < x->dim[0] ? rl_md_bytes(&w) : 0, IN_BACKWARD);
	rl_op_buffer(n, op, columns, IN_BACKWARD);
	rl_op_buffer(n, op, last, IN_BACKWARD);
}

static struct rl_prim forward_prim(struct rl_net *n, struct op *op, struct rl_md x, struct rl_md y)
{
	return rl_prim_conv(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE, x,
			    any_weights(n, op), y, window(op), &op->c.conv.fuse, NULL);
}

/* Layouts that are settled already may have no kernel, as blocks of 8 channels where the CPU's are
 * 16.  A sum that is fused stays where it is. */
static void plan_forward(struct rl_net *n, struct op *op, struct value *x, struct value *y)
{
	const struct value *root = &n->value[y->data_of];
	int64_t tile = rl_op_tile(n, op->forward[0]);
	struct rl_md xt = rl_value_md(n, x, tile);
	struct rl_md yt = rl_value_md(n, root->laid_out ? root : y, tile), own_x, own_y, w;
	struct rl_prim *p = &op->prim[FORWARD];
	size_t x_bytes, y_bytes;

	*p = forward_prim(n, op, xt, yt);
	if (rl_prim_is_slow(p) && (x->laid_out || root->laid_out)) {
		rl_prim_free(p);
		own_x = rl_md_of(xt.number, rl_md_any(4, xt.dim));
		own_y = rl_md_of(yt.number, rl_md_any(4, yt.dim));
		*p = forward_prim(n, op, own_x, op->c.conv.fuse.sum ? yt : own_y);
	}
	own_x = rl_prim_md(p, RL_ARG_SRC);
	own_y = rl_prim_md(p, RL_ARG_DST);
	if (!x->laid_out)
		rl_value_layout(x, rl_md_batch(&own_x, x->dim[0]));
	rl_value_layout(y, rl_md_batch(root->laid_out ? &root->md : &own_y, y->dim[0]));
	x_bytes = plan_copy(n, op, X_IN, rl_value_md(n, x, tile), own_x, own_x);
	y_bytes = plan_copy(n, op, Y_OUT, own_y, rl_value_md(n, y, tile), own_y);
	rl_op_scratch(n, p);
	w = rl_prim_md(p, RL_ARG_WEIGHTS);
	op->prim[PACK] = reorder(n, rl_md_plain(4, weight_shape(n, op)), w);
	rl_op_buffer(n, op, rl_md_bytes(&w), ALWAYS);
	rl_op_buffer(n, op, op->c.conv.fuse.bias ? (size_t)y->dim[1] * sizeof(float) : 0, ALWAYS);
	rl_op_buffer(n, op, x_bytes, IN_FORWARD);
	rl_op_buffer(n, op, y_bytes, IN_FORWARD);
}

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	plan_forward(n, op, x, y);
	if (op->c.conv.fuse.bias && weight_bytes(n, op) > n->weights_size)
		n->weights_size = weight_bytes(n, op);
	if (op->reached)
		plan_backward(n, op);
}

/* ---- binding ----------------------------------------------------------------------------------
 */

static void bind_reorder(struct rl_net *n, struct op *op, int i, struct rl_memory from,
			 struct rl_memory to)
{
	rl_op_call(n, op, i, &op->prim[i]);
	rl_op_arg(n, op, i, RL_ARG_FROM, from);
	rl_op_arg(n, op, i, RL_ARG_TO, to);
}

/* Where a primitive reads what is in `at`: there, or in the copy that is made before it runs. */
static struct rl_memory bind_in(struct rl_net *n, struct op *op, int i, int buffer,
				struct rl_memory at)
{
	struct rl_memory own = rl_whole(rl_op_memory(op, buffer));

	if (!op->prim[i].prim)
		return at;
	bind_reorder(n, op, i, at, own);
	return own;
}

/* The same of what it writes, which is copied afterwards. */
static struct rl_memory bind_out(struct rl_net *n, struct op *op, int i, int buffer,
				 struct rl_memory at)
{
	struct rl_memory own = rl_whole(rl_op_memory(op, buffer));

	if (!op->prim[i].prim)
		return at;
	bind_reorder(n, op, i, own, at);
	return own;
}

static void bind_by_weights(struct rl_net *n, struct op *op, int i, int to)
{
	rl_op_call(n, op, i, &op->prim[BY_WEIGHTS]);
	rl_op_arg(n, op, i, RL_ARG_SRC, rl_op_in(n, op, 0)->data);
	rl_op_arg(n, op, i, RL_ARG_DIFF_DST, rl_op_out(n, op)->grad);
	rl_op_arg(n, op, i, RL_ARG_DIFF_WEIGHTS, rl_whole(rl_op_memory(op, to)));
}

static float *dy_last(const struct rl_net *n, const struct op *op)
{
	const struct value *x = &n->value[op->in[0]];

	return (float *)rl_op_memory(op, LAST) +
	       rl_value_count(x) / (size_t)x->dim[0] * (size_t)rl_op_tile(n, op->backward[0]);
}

static void bind_by_data(struct rl_net *n, struct op *op)
{
	struct rl_memory dy = bind_in(n, op, DY_IN, DY, rl_op_out(n, op)->grad);
	struct rl_memory dx = bind_out(n, op, DX_OUT, DX, op->dx[0]);

	bind_reorder(n, op, PACK_BACKWARD, rl_whole(rl_params_data(n->params, op->param[0])),
		     rl_whole(rl_op_memory(op, W_BACKWARD)));
	rl_op_call(n, op, BY_DATA, &op->prim[BY_DATA]);
	rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_DST, dy);
	rl_op_arg(n, op, BY_DATA, RL_ARG_WEIGHTS, rl_whole(rl_op_memory(op, W_BACKWARD)));
	rl_op_arg(n, op, BY_DATA, RL_ARG_DIFF_SRC, dx);
}

static void bind_backward(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);

	if (x->wants_grad)
		bind_by_data(n, op);
	bind_reorder(n, op, UNPACK, rl_whole(rl_op_memory(op, DW)), rl_whole(op->dp[0]));
	if (op->c.conv.weights_by_gemm) {
		bind_reorder(n, op, X_LAST, x->data, rl_whole(rl_op_memory(op, LAST)));
		bind_reorder(n, op, DY_LAST, y->grad, rl_whole(dy_last(n, op)));
		return;
	}
	bind_by_weights(n, op, BY_WEIGHTS, DW);
	bind_by_weights(n, op, MORE, DW_TILE);
}

static void *folded_weights(const struct rl_net *n)
{
	return n->arena + n->buffer[n->weights].offset;
}

static void bind(struct rl_net *n, struct op *op)
{
	void *w = rl_op_memory(op, W_FORWARD);
	void *source =
		op->c.conv.fuse.bias ? folded_weights(n) : rl_params_data(n->params, op->param[0]);
	struct rl_memory x = bind_in(n, op, X_IN, X, rl_op_in(n, op, 0)->data);
	struct rl_memory y = bind_out(n, op, Y_OUT, Y, rl_op_out(n, op)->data);

	bind_reorder(n, op, PACK, rl_whole(source), rl_whole(w));
	rl_op_call(n, op, FORWARD, &op->prim[FORWARD]);
	rl_op_arg(n, op, FORWARD, RL_ARG_SRC, x);
	rl_op_arg(n, op, FORWARD, RL_ARG_WEIGHTS, rl_whole(w));
	rl_op_arg(n, op, FORWARD, RL_ARG_DST, y);
	if (op->c.conv.fuse.bias)
		rl_op_arg(n, op, FORWARD, RL_ARG_BIAS, rl_whole(rl_op_memory(op, BIAS)));
	if (op->reached)
		bind_backward(n, op);
}

/* ---- running ----------------------------------------------------------------------------------
 */

/* y = scale (w x) + (bias - mean scale), scale = weight / sqrt(var + eps). */
static void fold_norm(struct rl_net *n, struct op *op)
{
	const struct op *norm = &n->op[op->c.conv.norm];
	const float *of[4], *w = rl_params_data(n->params, op->param[0]);
	float *folded = folded_weights(n), *bias = rl_op_memory(op, BIAS);
	const int64_t *dim = weight_shape(n, op);
	int64_t row = dim[1] * dim[2] * dim[3];

	for (int i = 0; i < 4; i++)
		of[i] = rl_params_data(n->params, norm->param[i]);
	for (int64_t c = 0; c < dim[0]; c++) {
		double scale = of[0][c] / sqrt(of[3][c] + norm->c.bnorm.eps);

		bias[c] = (float)(of[1][c] - of[2][c] * scale);
		for (int64_t i = 0; i < row; i++)
			folded[c * row + i] = (float)(scale * w[c * row + i]);
	}
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	if (op->weights_version != n->params->version) {
		if (op->c.conv.fuse.bias)
			fold_norm(n, op);
		rl_op_run(n, op, PACK, at);
		op->weights_version = n->params->version;
	}
	if (op->prim[X_IN].prim)
		rl_op_run(n, op, X_IN, at);
	rl_op_run(n, op, FORWARD, at);
	if (op->prim[Y_OUT].prim)
		rl_op_run(n, op, Y_OUT, at);
}

static void by_data(struct rl_net *n, struct op *op, struct span at)
{
	if (!op->dx[0].base)
		return;
	if (at.first == 0)
		rl_op_run(n, op, PACK_BACKWARD, at);
	if (op->prim[DY_IN].prim)
		rl_op_run(n, op, DY_IN, at);
	rl_op_run(n, op, BY_DATA, at);
	if (op->prim[DX_OUT].prim)
		rl_op_run(n, op, DX_OUT, at);
}

/* Row (i, oy, ox) of the columns: the window of x under that output, kernel position by position.
 */
static void gather_windows(const struct rl_net *n, const struct op *op, int64_t images, float *to,
			   const float *x)
{
	const struct value *in = &n->value[op->in[0]], *out = &n->value[op->out];
	const struct rl_conv *c = &op->c.conv.shape;
	int64_t channels = in->dim[1], height = in->dim[2], width = in->dim[3];

#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t i = 0; i < images; i++) {
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

static void weights_by_gemm(struct rl_net *n, struct op *op, struct span at, int to)
{
	const struct value *y = rl_op_out(n, op);
	const int64_t *w = weight_shape(n, op);
	float *columns = rl_op_memory(op, COLUMNS);

	rl_op_run(n, op, X_LAST, at);
	rl_op_run(n, op, DY_LAST, at);
	gather_windows(n, op, at.count, columns, rl_op_memory(op, LAST));
	rl_gemm_tn(rl_op_memory(op, to), dy_last(n, op), columns, w[0], w[1] * w[2] * w[3],
		   at.count * y->dim[2] * y->dim[3]);
}

static void by_weights(struct rl_net *n, struct op *op, struct span at)
{
	bool more = at.first > 0;

	if (op->c.conv.weights_by_gemm)
		weights_by_gemm(n, op, at, more ? DW_TILE : DW);
	else
		rl_op_run(n, op, more ? MORE : BY_WEIGHTS, at);
	if (more)
		rl_add_into(rl_op_memory(op, DW), rl_op_memory(op, DW_TILE),
			    n->buffer[op->buffer[DW]].size / sizeof(float));
	if (at.first + at.count == rl_op_in(n, op, 0)->dim[0])
		rl_op_run(n, op, UNPACK, at);
}

static const struct optype type = {
	.name = "conv",
	.needs = NEED_X,
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward}},
	.backward = {{.run = by_data, .stores = true}, {.run = by_weights}},
};

rl_val rl_conv(struct rl_net *n, rl_val in, const char *name, struct rl_conv c)
{
	struct op *op = rl_op_append(n, &type, 1, &in);
	const struct value *x = rl_op_in(n, op, 0);

	op->c.conv.shape = c;
	rl_op_param(n, op, RL_PARAM, name, "weight", 4,
		    (int64_t[]){c.out, x->dim[1], c.kernel, c.kernel}, RL_INIT_KAIMING_FANOUT, 0);
	return rl_op_output(n, op, 4,
			    (int64_t[]){x->dim[0], c.out, rl_window_out(x->dim[2], window(op)),
					rl_window_out(x->dim[3], window(op))});
}
