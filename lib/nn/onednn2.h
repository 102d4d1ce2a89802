/*
 * onednn.c is written for oneDNN 3.  Where version 2 differs, this supplies what 3 has: there,
 * descriptors of memory are structs in the open and primitives are described in two steps.
 */
#ifndef RL_NN_ONEDNN2_H
#define RL_NN_ONEDNN2_H

#include <oneapi/dnnl/dnnl.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where the elements of a tensor are; inner blocks from the outermost inwards. */
struct layout {
	dnnl_data_type_t type;
	int ndim;
	const dnnl_dim_t *dim;
	bool strided; /* the rest is meaningless otherwise */
	const dnnl_dim_t *stride, *block, *blocked_dim;
	int nblock;
};

#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t md_handle;

static struct layout md_layout(const void *md)
{
	struct layout l = {0};
	dnnl_format_kind_t kind = dnnl_format_kind_undef;

	dnnl_memory_desc_query(md, dnnl_query_data_type, &l.type);
	dnnl_memory_desc_query(md, dnnl_query_ndims_s32, &l.ndim);
	dnnl_memory_desc_query(md, dnnl_query_dims, &l.dim);
	dnnl_memory_desc_query(md, dnnl_query_format_kind, &kind);
	l.strided = kind == dnnl_blocked;
	if (!l.strided)
		return l;
	dnnl_memory_desc_query(md, dnnl_query_strides, &l.stride);
	dnnl_memory_desc_query(md, dnnl_query_inner_nblks_s32, &l.nblock);
	dnnl_memory_desc_query(md, dnnl_query_inner_blks, &l.block);
	dnnl_memory_desc_query(md, dnnl_query_inner_idxs, &l.blocked_dim);
	return l;
}

static dnnl_status_t append_sum(dnnl_post_ops_t ops)
{
	return dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef);
}

static dnnl_status_t append_relu(dnnl_post_ops_t ops)
{
	return dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0, 0);
}

#else

typedef dnnl_memory_desc_t *md_handle;

static struct layout md_layout(const void *md)
{
	const dnnl_memory_desc_t *d = md;
	const dnnl_blocking_desc_t *b = &d->format_desc.blocking;

	return (struct layout){.type = d->data_type,
			       .ndim = d->ndims,
			       .dim = d->dims,
			       .strided = d->format_kind == dnnl_blocked,
			       .stride = b->strides,
			       .block = b->inner_blks,
			       .blocked_dim = b->inner_idxs,
			       .nblock = b->inner_nblks};
}

static dnnl_status_t dnnl_memory_desc_create_with_strides(md_handle *md, int ndim,
							  const dnnl_dims_t dim,
							  dnnl_data_type_t type,
							  const dnnl_dims_t stride)
{
	*md = malloc(sizeof(**md));
	return *md ? dnnl_memory_desc_init_by_strides(*md, ndim, dim, type, stride)
		   : dnnl_out_of_memory;
}

static dnnl_status_t dnnl_memory_desc_create_with_tag(md_handle *md, int ndim,
						      const dnnl_dims_t dim, dnnl_data_type_t type,
						      dnnl_format_tag_t tag)
{
	*md = malloc(sizeof(**md));
	return *md ? dnnl_memory_desc_init_by_tag(*md, ndim, dim, type, tag) : dnnl_out_of_memory;
}

static void dnnl_memory_desc_destroy(md_handle md)
{
	free(md);
}

static dnnl_status_t append_sum(dnnl_post_ops_t ops)
{
	return dnnl_post_ops_append_sum(ops, 1);
}

static dnnl_status_t append_relu(dnnl_post_ops_t ops)
{
	return dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
}

static dnnl_status_t dnnl_convolution_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop, dnnl_alg_kind_t alg,
	const void *x, const void *w, const void *b, const void *y, const dnnl_dims_t stride,
	const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
	dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t desc;
	dnnl_status_t s = dnnl_dilated_convolution_forward_desc_init(&desc, prop, alg, x, w, b, y,
								     stride, dilation, left, right);

	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

static dnnl_status_t dnnl_convolution_backward_data_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, const void *dx,
	const void *w, const void *dy, const dnnl_dims_t stride, const dnnl_dims_t dilation,
	const dnnl_dims_t left, const dnnl_dims_t right, dnnl_primitive_desc_t hint,
	dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t desc;
	dnnl_status_t s = dnnl_dilated_convolution_backward_data_desc_init(
		&desc, alg, dx, w, dy, stride, dilation, left, right);

	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static dnnl_status_t dnnl_convolution_backward_weights_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, const void *x,
	const void *dw, const void *db, const void *dy, const dnnl_dims_t stride,
	const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
	dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
	dnnl_convolution_desc_t desc;
	dnnl_status_t s = dnnl_dilated_convolution_backward_weights_desc_init(
		&desc, alg, x, dw, db, dy, stride, dilation, left, right);

	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

/* Version 3 also knows dilation; every caller here passes none. */
static dnnl_status_t dnnl_pooling_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop, dnnl_alg_kind_t alg,
	const void *x, const void *y, const dnnl_dims_t stride, const dnnl_dims_t kernel,
	const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
	dnnl_primitive_attr_t attr)
{
	dnnl_pooling_desc_t desc;
	dnnl_status_t s =
		dnnl_pooling_forward_desc_init(&desc, prop, alg, x, y, stride, kernel, left, right);

	(void)dilation;
	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

static dnnl_status_t dnnl_pooling_backward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, const void *dx,
	const void *dy, const dnnl_dims_t stride, const dnnl_dims_t kernel,
	const dnnl_dims_t dilation, const dnnl_dims_t left, const dnnl_dims_t right,
	dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
	dnnl_pooling_desc_t desc;
	dnnl_status_t s =
		dnnl_pooling_backward_desc_init(&desc, alg, dx, dy, stride, kernel, left, right);

	(void)dilation;
	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

static dnnl_status_t dnnl_inner_product_forward_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t prop, const void *x,
	const void *w, const void *b, const void *y, dnnl_primitive_attr_t attr)
{
	dnnl_inner_product_desc_t desc;
	dnnl_status_t s = dnnl_inner_product_forward_desc_init(&desc, prop, x, w, b, y);

	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, NULL);
}

/* The first implementation that is not brgemm's: version 2.6's takes a null pointer for a summand,
 * and dies of it, where the sum over y is shared out to threads (bfloat16, 64 channels of x, 4096
 * of y). */
static dnnl_status_t without_brgemm(dnnl_primitive_desc_t *pd, const void *desc,
				    dnnl_primitive_attr_t attr, dnnl_engine_t engine,
				    dnnl_primitive_desc_t hint)
{
	dnnl_primitive_desc_iterator_t i;
	dnnl_status_t s = dnnl_primitive_desc_iterator_create(&i, desc, attr, engine, hint);
	const char *name = "";

	for (*pd = NULL; s == dnnl_success; s = dnnl_primitive_desc_iterator_next(i)) {
		*pd = dnnl_primitive_desc_iterator_fetch(i);
		s = dnnl_primitive_desc_query(*pd, dnnl_query_impl_info_str, 0, &name);
		if (s || strncmp(name, "brgemm", 6))
			break;
		dnnl_primitive_desc_destroy(*pd);
	}
	dnnl_primitive_desc_iterator_destroy(i);
	return s;
}

static dnnl_status_t dnnl_inner_product_backward_data_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const void *dx, const void *w,
	const void *dy, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
	dnnl_inner_product_desc_t desc;
	dnnl_status_t s = dnnl_inner_product_backward_data_desc_init(&desc, dx, w, dy);

	return s ? s : without_brgemm(pd, &desc, attr, engine, hint);
}

static dnnl_status_t dnnl_inner_product_backward_weights_primitive_desc_create(
	dnnl_primitive_desc_t *pd, dnnl_engine_t engine, const void *x, const void *dw,
	const void *db, const void *dy, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
	dnnl_inner_product_desc_t desc;
	dnnl_status_t s = dnnl_inner_product_backward_weights_desc_init(&desc, x, dw, db, dy);

	return s ? s : dnnl_primitive_desc_create(pd, &desc, attr, engine, hint);
}

#endif
#endif
