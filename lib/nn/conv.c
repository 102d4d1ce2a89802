/* Convolution without bias, on oneDNN. */
#include "nn/tape.h"

enum { FORWARD, BY_DATA, BY_WEIGHTS, PACK, PACK_BACKWARD, UNPACK };

/* The parameter array holds weights in torchvision's order; these are the primitives' own copies.
 */
enum { W_FORWARD, W_BACKWARD, DW };

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const struct rl_conv *c = &op->c.conv;
	struct rl_window window = {c->kernel, c->stride, c->pad, c->dilation};
	struct rl_param *p = &n->params->list[op->param[0]];
	struct rl_md plain = rl_md_plain(4, p->dim), any = rl_md_any(4, p->dim);
	struct rl_prim *prim = op->prim;
	struct rl_md w;

	prim[FORWARD] = rl_prim_conv(n->d, n->config.train ? RL_TRAINING : RL_INFERENCE,
				     x->laid_out ? x->md : rl_md_any(4, x->dim), any,
				     rl_md_any(4, y->dim), window, NULL);
	if (!x->laid_out)
		rl_value_layout(x, rl_prim_md(&prim[FORWARD], dnnl_query_src_md));
	rl_value_layout(y, rl_prim_md(&prim[FORWARD], dnnl_query_dst_md));
	rl_op_scratch(n, &prim[FORWARD]);
	w = rl_prim_md(&prim[FORWARD], dnnl_query_weights_md);
	prim[PACK] = rl_prim_reorder(n->d, plain, w);
	rl_op_scratch(n, &prim[PACK]);
	rl_op_buffer(n, op, rl_md_bytes(&w), ALWAYS);
	if (!op->reached)
		return;

	if (x->wants_grad) {
		prim[BY_DATA] = rl_prim_conv(n->d, RL_BACKWARD_DATA, x->md, any, y->md, window,
					     &prim[FORWARD]);
		rl_op_scratch(n, &prim[BY_DATA]);
		w = rl_prim_md(&prim[BY_DATA], dnnl_query_weights_md);
		prim[PACK_BACKWARD] = rl_prim_reorder(n->d, plain, w);
		rl_op_scratch(n, &prim[PACK_BACKWARD]);
	}
	rl_op_buffer(n, op, rl_md_bytes(&w), IN_BACKWARD);

	prim[BY_WEIGHTS] =
		rl_prim_conv(n->d, RL_BACKWARD_WEIGHTS, x->md, any, y->md, window, &prim[FORWARD]);
	rl_op_scratch(n, &prim[BY_WEIGHTS]);
	w = rl_prim_md(&prim[BY_WEIGHTS], dnnl_query_diff_weights_md);
	prim[UNPACK] = rl_prim_reorder(n->d, w, plain);
	rl_op_scratch(n, &prim[UNPACK]);
	rl_op_buffer(n, op, rl_md_bytes(&w), IN_BACKWARD);
}

static void bind_reorder(struct rl_net *n, struct op *op, int i, void *from, void *to)
{
	rl_op_call(n, op, i);
	rl_op_arg(n, op, i, DNNL_ARG_FROM, rl_prim_md(&op->prim[i], dnnl_query_src_md), from);
	rl_op_arg(n, op, i, DNNL_ARG_TO, rl_prim_md(&op->prim[i], dnnl_query_dst_md), to);
}

static void bind(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0), *y = rl_op_out(n, op);
	const struct rl_prim *prim = op->prim;
	float *weights = rl_params_data(n->params, op->param[0]);
	void *w = rl_op_memory(n, op, W_FORWARD);

	bind_reorder(n, op, PACK, weights, w);
	rl_op_call(n, op, FORWARD);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_SRC, x->md, x->data);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_WEIGHTS,
		  rl_prim_md(&prim[FORWARD], dnnl_query_weights_md), w);
	rl_op_arg(n, op, FORWARD, DNNL_ARG_DST, y->md, y->data);
	if (!op->reached)
		return;

	if (x->wants_grad) {
		w = rl_op_memory(n, op, W_BACKWARD);
		bind_reorder(n, op, PACK_BACKWARD, weights, w);
		rl_op_call(n, op, BY_DATA);
		rl_op_arg(n, op, BY_DATA, DNNL_ARG_DIFF_DST, y->md, y->grad);
		rl_op_arg(n, op, BY_DATA, DNNL_ARG_WEIGHTS,
			  rl_prim_md(&prim[BY_DATA], dnnl_query_weights_md), w);
		rl_op_arg(n, op, BY_DATA, DNNL_ARG_DIFF_SRC, x->md, op->dx[0]);
	}

	w = rl_op_memory(n, op, DW);
	rl_op_call(n, op, BY_WEIGHTS);
	rl_op_arg(n, op, BY_WEIGHTS, DNNL_ARG_SRC, x->md, x->data);
	rl_op_arg(n, op, BY_WEIGHTS, DNNL_ARG_DIFF_DST, y->md, y->grad);
	rl_op_arg(n, op, BY_WEIGHTS, DNNL_ARG_DIFF_WEIGHTS,
		  rl_prim_md(&prim[BY_WEIGHTS], dnnl_query_diff_weights_md), w);
	bind_reorder(n, op, UNPACK, w, op->dp[0]);
}

static void forward(struct rl_net *n, struct op *op)
{
	if (op->weights_version != n->params->version) {
		rl_op_run(n, op, PACK);
		op->weights_version = n->params->version;
	}
	rl_op_run(n, op, FORWARD);
}

static void backward(struct rl_net *n, struct op *op)
{
	if (op->dx[0]) {
		rl_op_run(n, op, PACK_BACKWARD);
		rl_op_run(n, op, BY_DATA);
	}
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
