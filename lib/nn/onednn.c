#include "nn/onednn.h"

#include "base/err.h"
#include "nn/lanes.h"
#include "nn/onednn2.h"

#include <stdlib.h>
#include <string.h>

/* Descriptors and shapes are ours, so a refusal is a bug or a missing feature of the library. */
static void check(dnnl_status_t s, const char *what)
{
	if (s == dnnl_out_of_memory)
		rl_die("oneDNN: %s: out of memory", what);
	if (s != dnnl_success)
		rl_die("oneDNN %d.%d: %s: status %d", DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR, what,
		       (int)s);
}

bool rl_onednn_has_bf16(void)
{
	return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) ==
	       dnnl_cpu_isa_avx512_core_bf16;
}

struct rl_onednn rl_onednn_new(void)
{
	struct rl_onednn d;

	check(dnnl_engine_create(&d.engine, dnnl_cpu, 0), "engine");
	check(dnnl_stream_create(&d.stream, d.engine, dnnl_stream_default_flags), "stream");
	d.native_bf16 = rl_onednn_has_bf16();
	return d;
}

void rl_onednn_free(struct rl_onednn *d)
{
	dnnl_stream_destroy(d->stream);
	dnnl_engine_destroy(d->engine);
}

/* ---- memory descriptors -----------------------------------------------------------------------
 */

struct rl_md rl_md_plain(int ndim, const int64_t *dim)
{
	struct rl_md m = rl_md_any(ndim, dim);

	m.any = false;
	m.stride[ndim - 1] = 1;
	for (int i = ndim - 2; i >= 0; i--)
		m.stride[i] = m.stride[i + 1] * dim[i + 1];
	return m;
}

struct rl_md rl_md_channels_last(const int64_t dim[4])
{
	const int64_t stride[4] = {dim[1] * dim[2] * dim[3], 1, dim[1] * dim[3], dim[1]};
	struct rl_md m = rl_md_any(4, dim);

	m.any = false;
	memcpy(m.stride, stride, sizeof(stride));
	return m;
}

struct rl_md rl_md_any(int ndim, const int64_t *dim)
{
	struct rl_md m = {.number = RL_FLOAT32, .any = true, .ndim = ndim};

	memcpy(m.dim, dim, (size_t)ndim * sizeof(*dim));
	return m;
}

struct rl_md rl_md_of(enum rl_number number, struct rl_md m)
{
	if (m.settled)
		rl_die("oneDNN: a settled layout cannot take other numbers");
	m.number = number;
	return m;
}

struct rl_md rl_md_like(const struct rl_md *m, const int64_t dim[4])
{
	struct rl_channels at = rl_md_channels(m);
	bool last = at.lanes > 1 && at.pixel == m->dim[1] && at.group == at.lanes;
	struct rl_md like = last ? rl_md_channels_last(dim) : rl_md_plain(4, dim);

	if (at.lanes > 1 && !last)
		like.lanes = at.lanes;
	return rl_md_of(m->number, like);
}

struct rl_md rl_md_batch(const struct rl_md *m, int64_t images)
{
	const int64_t *d = m->dim;

	return rl_md_like(m, (int64_t[]){images, d[1], d[2], d[3]});
}

static dnnl_format_tag_t tag(const struct rl_md *m)
{
	switch (m->lanes) {
	case 0: return dnnl_format_tag_any;
	case 4: return dnnl_aBcd4b;
	case 8: return dnnl_aBcd8b;
	case 16: return dnnl_aBcd16b;
	}
	rl_die("oneDNN: maps in blocks of %lld channels", (long long)m->lanes);
}

/* The library's descriptor, for a moment; NULL for NULL. */
struct lent {
	const void *md;
	md_handle own;
};

static struct lent lend(struct rl_onednn d, const struct rl_md *m)
{
	struct lent l = {0};
	dnnl_data_type_t type = dnnl_f32;
	dnnl_dims_t dim = {0}, stride = {0};

	if (!m || m->settled)
		return (struct lent){m ? m->settled : NULL, NULL};
	if (m->number == RL_BFLOAT16 && d.native_bf16)
		type = dnnl_bf16;
	memcpy(dim, m->dim, sizeof(m->dim));
	memcpy(stride, m->stride, sizeof(m->stride));
	if (m->any || m->lanes)
		check(dnnl_memory_desc_create_with_tag(&l.own, m->ndim, dim, type, tag(m)),
		      "descriptor");
	else
		check(dnnl_memory_desc_create_with_strides(&l.own, m->ndim, dim, type, stride),
		      "descriptor");
	l.md = l.own;
	return l;
}

static void give_back(struct lent *l)
{
	if (l->own)
		dnnl_memory_desc_destroy(l->own);
}

bool rl_md_equal(const struct rl_md *a, const struct rl_md *b)
{
	struct lent x = lend((struct rl_onednn){0}, a), y = lend((struct rl_onednn){0}, b);
	bool equal = a->number == b->number && dnnl_memory_desc_equal(x.md, y.md);

	give_back(&x);
	give_back(&y);
	return equal;
}

size_t rl_md_bytes(const struct rl_md *m)
{
	size_t bytes = m->number == RL_BFLOAT16 ? 2 : 4;

	if (m->settled && md_layout(m->settled).type == dnnl_f32)
		return dnnl_memory_desc_get_size(m->settled) / sizeof(float) * bytes;
	if (m->settled)
		return dnnl_memory_desc_get_size(m->settled);
	for (int i = 0; i < m->ndim; i++)
		bytes *= (size_t)(m->lanes && i == 1
					  ? (m->dim[1] + m->lanes - 1) / m->lanes * m->lanes
					  : m->dim[i]);
	return bytes;
}

size_t rl_md_numbers(const struct rl_md *m)
{
	return rl_md_bytes(m) / (m->number == RL_BFLOAT16 ? sizeof(uint16_t) : sizeof(float));
}

struct rl_channels rl_md_channels(const struct rl_md *m)
{
	struct layout l = {.dim = m->dim, .strided = !m->any, .stride = m->stride};
	int64_t lanes = 16, area = m->dim[2] * m->dim[3];

	if (m->settled)
		l = md_layout(m->settled);
	else if (m->lanes)
		return (struct rl_channels){m->lanes,
					    (m->dim[1] + m->lanes - 1) / m->lanes * area * m->lanes,
					    area * m->lanes, m->lanes};
	if (l.strided && l.nblock == 1 && l.blocked_dim[0] == 1)
		return (struct rl_channels){l.block[0], l.stride[0], l.stride[1], l.block[0]};
	if (l.strided && l.nblock == 0 && l.stride[1] == l.dim[2] * l.dim[3])
		return (struct rl_channels){1, l.stride[0], l.stride[1], 1};
	if (l.strided && l.nblock == 0 && l.stride[1] == 1)
		return (struct rl_channels){lanes, l.stride[0], lanes, l.dim[1]};
	rl_die("oneDNN: a layout of maps that is neither plain, channels last nor blocked by "
	       "channel");
}

/* ---- primitives -------------------------------------------------------------------------------
 */

/* Every primitive takes its scratch memory from the tape's arena. */
static dnnl_primitive_attr_t attributes(const struct rl_fuse *fuse)
{
	dnnl_primitive_attr_t attr;
	dnnl_post_ops_t ops;

	check(dnnl_primitive_attr_create(&attr), "attributes");
	check(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user),
	      "attributes");
	check(dnnl_post_ops_create(&ops), "attributes");
	if (fuse && fuse->sum)
		check(append_sum(ops), "attributes");
	if (fuse && fuse->relu)
		check(append_relu(ops), "attributes");
	check(dnnl_primitive_attr_set_post_ops(attr, ops), "attributes");
	dnnl_post_ops_destroy(ops);
	return attr;
}

static struct rl_prim create(dnnl_status_t described, dnnl_primitive_desc_t desc,
			     dnnl_primitive_attr_t attr, unsigned widened, const char *what)
{
	struct rl_prim p = {.desc = desc, .widened = widened};

	check(described, what);
	check(dnnl_primitive_create(&p.prim, desc), what);
	dnnl_primitive_attr_destroy(attr);
	return p;
}

enum { NONE = RL_ARGS };

/* The bits of the arguments that m describes, where it is bfloat16 without hardware. */
static unsigned widen(struct rl_onednn d, const struct rl_md *m, enum rl_arg which,
		      enum rl_arg gradient)
{
	if (d.native_bf16 || m->number != RL_BFLOAT16)
		return 0;
	return 1u << which | (gradient == (enum rl_arg)NONE ? 0 : 1u << gradient);
}

static unsigned widen_layer(struct rl_onednn d, const struct rl_md *x, const struct rl_md *w,
			    const struct rl_md *y)
{
	return widen(d, x, RL_ARG_SRC, RL_ARG_DIFF_SRC) |
	       (w ? widen(d, w, RL_ARG_WEIGHTS, RL_ARG_DIFF_WEIGHTS) : 0) |
	       widen(d, y, RL_ARG_DST, RL_ARG_DIFF_DST);
}

static dnnl_prop_kind_t propagation(enum rl_pass pass)
{
	return pass == RL_TRAINING ? dnnl_forward_training : dnnl_forward_inference;
}

/* oneDNN 2.6 takes a fixed time, about 8 ms an image, for the gradient of weights in bfloat16 where
 * windows are strided or lines short: up to thousands of times what it takes in float. */
static bool weights_crawl(enum rl_pass pass, const struct rl_md *y, const struct rl_window *c)
{
	enum { SHORT = 7 };

	return pass == RL_BACKWARD_WEIGHTS && c->kernel > 1 && (c->stride > 1 || y->dim[3] < SHORT);
}

struct rl_prim rl_prim_conv(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			    struct rl_md y, struct rl_window c, const struct rl_fuse *fuse,
			    const struct rl_prim *hint)
{
	const dnnl_dims_t stride = {c.stride, c.stride}, pad = {c.pad, c.pad};
	const dnnl_dims_t dilation = {c.dilation - 1, c.dilation - 1}; /* oneDNN's 0 is dense */
	const dnnl_alg_kind_t direct = dnnl_convolution_direct;
	struct rl_md b = rl_md_plain(1, y.dim + 1);
	bool forward = pass == RL_INFERENCE || pass == RL_TRAINING;

	d.native_bf16 &= !weights_crawl(pass, &y, &c);
	struct lent lx = lend(d, &x), lw = lend(d, &w), ly = lend(d, &y);
	struct lent lb = lend(d, fuse && fuse->bias ? &b : NULL);
	dnnl_primitive_attr_t attr = attributes(forward ? fuse : NULL);
	dnnl_primitive_desc_t desc = NULL;
	dnnl_status_t s;

	if (pass == RL_BACKWARD_DATA)
		s = dnnl_convolution_backward_data_primitive_desc_create(
			&desc, d.engine, direct, lx.md, lw.md, ly.md, stride, dilation, pad, pad,
			hint->desc, attr);
	else if (pass == RL_BACKWARD_WEIGHTS)
		s = dnnl_convolution_backward_weights_primitive_desc_create(
			&desc, d.engine, direct, lx.md, lw.md, lb.md, ly.md, stride, dilation, pad,
			pad, hint->desc, attr);
	else
		s = dnnl_convolution_forward_primitive_desc_create(
			&desc, d.engine, propagation(pass), direct, lx.md, lw.md, lb.md, ly.md,
			stride, dilation, pad, pad, attr);
	give_back(&lx);
	give_back(&lw);
	give_back(&lb);
	give_back(&ly);
	return create(s, desc, attr, widen_layer(d, &x, &w, &y), "convolution");
}

struct rl_prim rl_prim_pool(struct rl_onednn d, enum rl_pass pass, bool average, struct rl_md x,
			    struct rl_md y, const int64_t kernel[2], const int64_t stride[2],
			    int pad, const struct rl_prim *hint)
{
	const dnnl_dims_t k = {kernel[0], kernel[1]}, step = {stride[0], stride[1]},
			  left = {pad, pad}, dense = {0, 0};
	dnnl_alg_kind_t alg = average ? dnnl_pooling_avg_include_padding : dnnl_pooling_max;
	struct lent lx = lend(d, &x), ly = lend(d, &y);
	dnnl_primitive_attr_t attr = attributes(NULL);
	dnnl_primitive_desc_t desc = NULL;
	dnnl_status_t s;

	/* The last window may reach past the far edge by less than `pad`, or fall short of it. */
	dnnl_dims_t right = {0};
	for (int i = 0; i < 2; i++) {
		int64_t reach = (y.dim[2 + i] - 1) * step[i] + k[i] - x.dim[2 + i] - pad;

		right[i] = reach > 0 ? reach : 0;
	}
	if (pass == RL_BACKWARD_DATA)
		s = dnnl_pooling_backward_primitive_desc_create(&desc, d.engine, alg, lx.md, ly.md,
								step, k, dense, left, right,
								hint->desc, attr);
	else
		s = dnnl_pooling_forward_primitive_desc_create(&desc, d.engine, propagation(pass),
							       alg, lx.md, ly.md, step, k, dense,
							       left, right, attr);
	give_back(&lx);
	give_back(&ly);
	return create(s, desc, attr, widen_layer(d, &x, NULL, &y), "pooling");
}

struct rl_prim rl_prim_linear(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			      const struct rl_md *b, struct rl_md y, const struct rl_prim *hint)
{
	struct lent lx = lend(d, &x), lw = lend(d, &w), lb = lend(d, b), ly = lend(d, &y);
	dnnl_primitive_attr_t attr = attributes(NULL);
	dnnl_primitive_desc_t desc = NULL;
	dnnl_status_t s;

	if (pass == RL_BACKWARD_DATA)
		s = dnnl_inner_product_backward_data_primitive_desc_create(
			&desc, d.engine, lx.md, lw.md, ly.md, hint->desc, attr);
	else if (pass == RL_BACKWARD_WEIGHTS)
		s = dnnl_inner_product_backward_weights_primitive_desc_create(
			&desc, d.engine, lx.md, lw.md, lb.md, ly.md, hint->desc, attr);
	else
		s = dnnl_inner_product_forward_primitive_desc_create(
			&desc, d.engine, propagation(pass), lx.md, lw.md, lb.md, ly.md, attr);
	give_back(&lx);
	give_back(&lw);
	give_back(&lb);
	give_back(&ly);
	return create(s, desc, attr, widen_layer(d, &x, &w, &y), "inner product");
}

struct rl_prim rl_prim_reorder(struct rl_onednn d, struct rl_md from, struct rl_md to)
{
	struct lent source = lend(d, &from), target = lend(d, &to);
	dnnl_primitive_attr_t attr = attributes(NULL);
	dnnl_primitive_desc_t desc = NULL;
	dnnl_status_t s = dnnl_reorder_primitive_desc_create(&desc, source.md, d.engine, target.md,
							     d.engine, attr);

	give_back(&source);
	give_back(&target);
	return create(s, desc, attr,
		      widen(d, &from, RL_ARG_FROM, (enum rl_arg)NONE) |
			      widen(d, &to, RL_ARG_TO, (enum rl_arg)NONE),
		      "reorder");
}

void rl_prim_free(struct rl_prim *p)
{
	if (!p->prim)
		return;
	dnnl_primitive_destroy(p->prim);
	dnnl_primitive_desc_destroy(p->desc);
	p->prim = NULL;
}

static int argument(enum rl_arg which)
{
	static const int library[RL_ARGS] = {
		[RL_ARG_SRC] = DNNL_ARG_SRC,
		[RL_ARG_WEIGHTS] = DNNL_ARG_WEIGHTS,
		[RL_ARG_BIAS] = DNNL_ARG_BIAS,
		[RL_ARG_DST] = DNNL_ARG_DST,
		[RL_ARG_DIFF_SRC] = DNNL_ARG_DIFF_SRC,
		[RL_ARG_DIFF_WEIGHTS] = DNNL_ARG_DIFF_WEIGHTS,
		[RL_ARG_DIFF_BIAS] = DNNL_ARG_DIFF_BIAS,
		[RL_ARG_DIFF_DST] = DNNL_ARG_DIFF_DST,
		[RL_ARG_FROM] = DNNL_ARG_FROM,
		[RL_ARG_TO] = DNNL_ARG_TO,
		[RL_ARG_WORKSPACE] = DNNL_ARG_WORKSPACE,
		[RL_ARG_SCRATCHPAD] = DNNL_ARG_SCRATCHPAD,
	};

	return library[which];
}

struct rl_md rl_prim_md(const struct rl_prim *p, enum rl_arg which)
{
	const void *md =
		dnnl_primitive_desc_query_md(p->desc, dnnl_query_exec_arg_md, argument(which));
	struct layout l;
	struct rl_md m;

	if (!md)
		rl_die("oneDNN: a primitive without argument %d", argument(which));
	l = md_layout(md);
	bool bf16 = l.type == dnnl_bf16 || p->widened & 1u << which;

	m = (struct rl_md){
		.settled = md, .number = bf16 ? RL_BFLOAT16 : RL_FLOAT32, .ndim = l.ndim};
	memcpy(m.dim, l.dim, (size_t)l.ndim * sizeof(*l.dim));
	return m;
}

bool rl_prim_is_slow(const struct rl_prim *p)
{
	const char *name = "";

	check(dnnl_primitive_desc_query(p->desc, dnnl_query_impl_info_str, 0, &name),
	      "implementation");
	return !strncmp(name, "ref", 3);
}

void rl_gemm_tn(float *c, const float *a, const float *b, int64_t m, int64_t n, int64_t k)
{
	check(dnnl_sgemm('T', 'N', m, n, k, 1, a, m, b, n, 0, c, n), "gemm");
}

/* ---- prepared calls ---------------------------------------------------------------------------
 */

void rl_call_begin(struct rl_call *c, const struct rl_prim *p)
{
	*c = (struct rl_call){.prim = p};
}

void rl_call_arg(struct rl_call *c, struct rl_onednn d, enum rl_arg which, struct rl_memory data)
{
	struct rl_md md = rl_prim_md(c->prim, which);
	void *at = data.base;

	if (c->prim->widened & 1u << which)
		at = c->widened[which] = rl_aligned(2 * rl_md_bytes(&md));
	c->data[which] = data;
	check(dnnl_memory_create(&c->arg[which], md.settled, d.engine, at), "memory");
}

/* Bring in what the library reads as float, or bring out what it wrote. */
static void convert(const struct rl_call *c, int64_t first, bool out)
{
	for (int i = 0; i < RL_ARGS; i++) {
		struct rl_md md;
		uint16_t *narrow;

		if (!c->widened[i])
			continue;
		md = rl_prim_md(c->prim, i);
		narrow = (uint16_t *)(c->data[i].base + (size_t)first * c->data[i].image);
		if (!out)
			rl_from_bf16(c->widened[i], narrow, rl_md_bytes(&md) / 2);
		else if (i == RL_ARG_DST || i == RL_ARG_DIFF_SRC || i == RL_ARG_TO)
			rl_to_bf16(narrow, c->widened[i], rl_md_bytes(&md) / 2);
	}
}

void rl_call_run(const struct rl_call *c, struct rl_onednn d, int64_t first)
{
	dnnl_exec_arg_t arg[RL_ARGS];
	int n = 0;

	if (c->prim->widened)
		convert(c, first, false);
	for (int i = 0; i < RL_ARGS; i++) {
		const struct rl_memory *m = &c->data[i];

		if (!c->arg[i])
			continue;
		if (m->image && !c->widened[i])
			check(dnnl_memory_set_data_handle(c->arg[i],
							  m->base + (size_t)first * m->image),
			      "memory");
		arg[n++] = (dnnl_exec_arg_t){argument(i), c->arg[i]};
	}
	check(dnnl_primitive_execute(c->prim->prim, d.stream, n, arg), "execute");
	check(dnnl_stream_wait(d.stream), "wait");
	if (c->prim->widened)
		convert(c, first, true);
}

void rl_call_free(struct rl_call *c)
{
	for (int i = 0; i < RL_ARGS; i++) {
		if (c->arg[i])
			dnnl_memory_destroy(c->arg[i]);
		free(c->widened[i]);
	}
	*c = (struct rl_call){0};
}
