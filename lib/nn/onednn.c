#include "nn/onednn.h"

#include "base/err.h"

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

struct rl_onednn rl_onednn_new(void)
{
	struct rl_onednn d;

	check(dnnl_engine_create(&d.engine, dnnl_cpu, 0), "engine");
	check(dnnl_stream_create(&d.stream, d.engine, dnnl_stream_default_flags), "stream");
	return d;
}

void rl_onednn_free(struct rl_onednn *d)
{
	dnnl_stream_destroy(d->stream);
	dnnl_engine_destroy(d->engine);
}

struct rl_md rl_md_plain(int ndim, const int64_t *dim)
{
	struct rl_md m;
	dnnl_dims_t stride;

	stride[ndim - 1] = 1;
	for (int i = ndim - 2; i >= 0; i--)
		stride[i] = stride[i + 1] * dim[i + 1];
	check(dnnl_memory_desc_init_by_strides(&m.d, ndim, dim, dnnl_f32, stride), "descriptor");
	return m;
}

struct rl_md rl_md_channels_last(const int64_t dim[4])
{
	struct rl_md m;
	const dnnl_dims_t shape = {dim[0], dim[1], dim[2], dim[3]};
	const dnnl_dims_t stride = {dim[1] * dim[2] * dim[3], 1, dim[1] * dim[3], dim[1]};

	check(dnnl_memory_desc_init_by_strides(&m.d, 4, shape, dnnl_f32, stride), "descriptor");
	return m;
}

struct rl_md rl_md_any(int ndim, const int64_t *dim)
{
	struct rl_md m;

	check(dnnl_memory_desc_init_by_tag(&m.d, ndim, dim, dnnl_f32, dnnl_format_tag_any),
	      "descriptor");
	return m;
}

bool rl_md_equal(const struct rl_md *a, const struct rl_md *b)
{
	return dnnl_memory_desc_equal(&a->d, &b->d);
}

size_t rl_md_bytes(const struct rl_md *m)
{
	return dnnl_memory_desc_get_size(&m->d);
}

struct rl_channels rl_md_channels(const struct rl_md *m)
{
	const dnnl_blocking_desc_t *b = &m->d.format_desc.blocking;
	int64_t area = m->d.dims[2] * m->d.dims[3], lanes = 16;

	if (m->d.format_kind == dnnl_blocked && b->inner_nblks == 1 && b->inner_idxs[0] == 1)
		return (struct rl_channels){b->inner_blks[0], b->strides[0], b->strides[1],
					    b->inner_blks[0]};
	if (m->d.format_kind == dnnl_blocked && b->inner_nblks == 0 && b->strides[1] == area)
		return (struct rl_channels){1, b->strides[0], area, 1};
	if (m->d.format_kind == dnnl_blocked && b->inner_nblks == 0 && b->strides[1] == 1)
		return (struct rl_channels){lanes, b->strides[0], lanes, m->d.dims[1]};
	rl_die("oneDNN: a layout of maps that is neither plain, channels last nor blocked by "
	       "channel");
}

/* Every primitive takes its scratch memory from the tape's arena. */
static struct rl_prim create(struct rl_onednn d, const void *desc, const struct rl_prim *hint,
			     const char *what)
{
	struct rl_prim p;
	dnnl_primitive_attr_t attr;

	check(dnnl_primitive_attr_create(&attr), what);
	check(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user), what);
	check(dnnl_primitive_desc_create(&p.desc, desc, attr, d.engine, hint ? hint->desc : NULL),
	      what);
	check(dnnl_primitive_create(&p.prim, p.desc), what);
	dnnl_primitive_attr_destroy(attr);
	return p;
}

static dnnl_prop_kind_t propagation(enum rl_pass pass)
{
	return pass == RL_TRAINING ? dnnl_forward_training : dnnl_forward_inference;
}

struct rl_prim rl_prim_conv(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			    struct rl_md y, struct rl_window c, const struct rl_prim *hint)
{
	const dnnl_dims_t stride = {c.stride, c.stride}, pad = {c.pad, c.pad};
	const dnnl_dims_t dilation = {c.dilation - 1, c.dilation - 1}; /* oneDNN's 0 is dense */
	const dnnl_alg_kind_t direct = dnnl_convolution_direct;
	dnnl_convolution_desc_t cd;
	dnnl_status_t s;

	if (pass == RL_BACKWARD_DATA)
		s = dnnl_dilated_convolution_backward_data_desc_init(&cd, direct, &x.d, &w.d, &y.d,
								     stride, dilation, pad, pad);
	else if (pass == RL_BACKWARD_WEIGHTS)
		s = dnnl_dilated_convolution_backward_weights_desc_init(
			&cd, direct, &x.d, &w.d, NULL, &y.d, stride, dilation, pad, pad);
	else
		s = dnnl_dilated_convolution_forward_desc_init(&cd, propagation(pass), direct, &x.d,
							       &w.d, NULL, &y.d, stride, dilation,
							       pad, pad);
	check(s, "convolution");
	return create(d, &cd, hint, "convolution");
}

struct rl_prim rl_prim_pool(struct rl_onednn d, enum rl_pass pass, bool average, struct rl_md x,
			    struct rl_md y, const int64_t kernel[2], const int64_t stride[2],
			    int pad, const struct rl_prim *hint)
{
	const dnnl_dims_t k = {kernel[0], kernel[1]}, step = {stride[0], stride[1]},
			  left = {pad, pad};
	dnnl_alg_kind_t alg = average ? dnnl_pooling_avg_include_padding : dnnl_pooling_max;
	dnnl_pooling_desc_t pd;
	dnnl_status_t s;

	/* The last window may reach past the far edge by less than `pad`, or fall short of it. */
	dnnl_dims_t right = {0};
	for (int i = 0; i < 2; i++) {
		int64_t reach = (y.d.dims[2 + i] - 1) * step[i] + k[i] - x.d.dims[2 + i] - pad;

		right[i] = reach > 0 ? reach : 0;
	}
	if (pass == RL_BACKWARD_DATA)
		s = dnnl_pooling_backward_desc_init(&pd, alg, &x.d, &y.d, step, k, left, right);
	else
		s = dnnl_pooling_forward_desc_init(&pd, propagation(pass), alg, &x.d, &y.d, step, k,
						   left, right);
	check(s, "pooling");
	return create(d, &pd, hint, "pooling");
}

struct rl_prim rl_prim_linear(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			      struct rl_md b, struct rl_md y, const struct rl_prim *hint)
{
	dnnl_inner_product_desc_t id;
	dnnl_status_t s;

	if (pass == RL_BACKWARD_DATA)
		s = dnnl_inner_product_backward_data_desc_init(&id, &x.d, &w.d, &y.d);
	else if (pass == RL_BACKWARD_WEIGHTS)
		s = dnnl_inner_product_backward_weights_desc_init(&id, &x.d, &w.d, &b.d, &y.d);
	else
		s = dnnl_inner_product_forward_desc_init(&id, propagation(pass), &x.d, &w.d, &b.d,
							 &y.d);
	check(s, "inner product");
	return create(d, &id, hint, "inner product");
}

struct rl_prim rl_prim_reorder(struct rl_onednn d, struct rl_md from, struct rl_md to)
{
	struct rl_prim p;
	dnnl_primitive_attr_t attr;

	check(dnnl_primitive_attr_create(&attr), "reorder");
	check(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user), "reorder");
	check(dnnl_reorder_primitive_desc_create(&p.desc, &from.d, d.engine, &to.d, d.engine, attr),
	      "reorder");
	check(dnnl_primitive_create(&p.prim, p.desc), "reorder");
	dnnl_primitive_attr_destroy(attr);
	return p;
}

void rl_prim_free(struct rl_prim *p)
{
	if (!p->prim)
		return;
	dnnl_primitive_destroy(p->prim);
	dnnl_primitive_desc_destroy(p->desc);
	p->prim = NULL;
}

struct rl_md rl_prim_md(const struct rl_prim *p, dnnl_query_t what)
{
	const dnnl_memory_desc_t *d = dnnl_primitive_desc_query_md(p->desc, what, 0);

	if (!d)
		rl_die("oneDNN: no descriptor %d", (int)what);
	return (struct rl_md){*d};
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

void rl_call_begin(struct rl_call *c, const struct rl_prim *p)
{
	c->prim = p;
	c->n = 0;
}

void rl_call_arg(struct rl_call *c, struct rl_onednn d, int which, struct rl_md md, void *data)
{
	if (c->n == (int)RL_LEN(c->arg))
		rl_die("oneDNN: too many arguments");
	c->arg[c->n].arg = which;
	check(dnnl_memory_create(&c->arg[c->n].memory, &md.d, d.engine, data), "memory");
	c->n++;
}

void rl_call_run(const struct rl_call *c, struct rl_onednn d)
{
	check(dnnl_primitive_execute(c->prim->prim, d.stream, c->n, c->arg), "execute");
	check(dnnl_stream_wait(d.stream), "wait");
}

void rl_call_free(struct rl_call *c)
{
	for (int i = 0; i < c->n; i++)
		dnnl_memory_destroy(c->arg[i].memory);
	c->n = 0;
}
