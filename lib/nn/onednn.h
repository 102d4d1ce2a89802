/*
 * The one place that knows oneDNN's C API.  The rest of lib/nn sees memory descriptors, primitives
 * and prepared calls; all primitives use a caller-provided scratchpad and f32.
 */
#ifndef RL_NN_ONEDNN_H
#define RL_NN_ONEDNN_H

#include <oneapi/dnnl/dnnl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_onednn {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
};

struct rl_onednn rl_onednn_new(void);
void rl_onednn_free(struct rl_onednn *d);

/* ---- memory descriptors -----------------------------------------------------------------------
 */

struct rl_md {
	dnnl_memory_desc_t d;
};

struct rl_md rl_md_plain(int ndim, const int64_t *dim); /* row-major */
struct rl_md rl_md_channels_last(const int64_t dim[4]); /* N,C,H,W stored as N,H,W,C */
struct rl_md rl_md_any(int ndim, const int64_t *dim);   /* the primitive chooses */
bool rl_md_equal(const struct rl_md *a, const struct rl_md *b);
size_t rl_md_bytes(const struct rl_md *m);

/* Where channel c of a map is: image i, pixel p, at i * image + c / lanes * group + p * pixel + c %
 * lanes. */
struct rl_channels {
	int64_t lanes, image, group, pixel;
};
struct rl_channels
rl_md_channels(const struct rl_md *m); /* plain, channels last, or blocked by channel */

/* ---- primitives -------------------------------------------------------------------------------
 */

enum rl_pass { RL_INFERENCE, RL_TRAINING, RL_BACKWARD_DATA, RL_BACKWARD_WEIGHTS };

struct rl_prim {
	dnnl_primitive_t prim;
	dnnl_primitive_desc_t desc;
};

struct rl_window {
	int kernel, stride, pad, dilation;
};

/* For every pass the descriptors are those of x, weights and y; in backward they stand for the
 * gradients of the same shapes.  hint is the forward primitive, NULL for forward passes. */
struct rl_prim rl_prim_conv(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			    struct rl_md y, struct rl_window c, const struct rl_prim *hint);
struct rl_prim rl_prim_pool(struct rl_onednn d, enum rl_pass pass, bool average, struct rl_md x,
			    struct rl_md y, const int64_t kernel[2], const int64_t stride[2],
			    int pad, const struct rl_prim *hint);
struct rl_prim rl_prim_linear(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			      struct rl_md b, struct rl_md y, const struct rl_prim *hint);
struct rl_prim rl_prim_reorder(struct rl_onednn d, struct rl_md from, struct rl_md to);
void rl_prim_free(struct rl_prim *p);

/* A descriptor the primitive settled on: dnnl_query_src_md, _weights_md, _dst_md, _diff_*_md,
 * _workspace_md, _scratchpad_md. */
struct rl_md rl_prim_md(const struct rl_prim *p, dnnl_query_t what);

/* No kernel for this shape and machine: the library would run plain loops, hundreds of times
 * slower. */
bool rl_prim_is_slow(const struct rl_prim *p);

/* c [m,n] = a' b for a [k,m], b [k,n], all row-major. */
void rl_gemm_tn(float *c, const float *a, const float *b, int64_t m, int64_t n, int64_t k);

/* ---- prepared calls ---------------------------------------------------------------------------
 */

struct rl_call {
	const struct rl_prim *prim;
	int n;
	dnnl_exec_arg_t arg[12];
};

void rl_call_begin(struct rl_call *c, const struct rl_prim *p);
void rl_call_arg(struct rl_call *c, struct rl_onednn d, int which, struct rl_md md, void *data);
void rl_call_run(const struct rl_call *c, struct rl_onednn d);
void rl_call_free(struct rl_call *c);

#endif
