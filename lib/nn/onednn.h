/*
 * The one place that knows oneDNN's C API, of versions 2 and 3.  The rest of lib/nn sees memory
 * descriptors, primitives and prepared calls; all primitives use a caller-provided scratchpad.
 */
#ifndef RL_NN_ONEDNN_H
#define RL_NN_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_onednn {
	struct dnnl_engine *engine;
	struct dnnl_stream *stream;
	bool native_bf16; /* elsewhere primitives on bfloat16 convert, compute in float and round */
};

bool rl_onednn_has_bf16(void); /* the CPU's own instructions */
struct rl_onednn rl_onednn_new(void);
void rl_onednn_free(struct rl_onednn *d);

/* ---- memory descriptors -----------------------------------------------------------------------
 */

enum rl_number { RL_FLOAT32, RL_BFLOAT16 };

/* Shape, numbers and layout of a tensor, to be copied freely.  One that a primitive settled on
 * refers to the primitive and lives as long as that. */
struct rl_md {
	enum rl_number number;
	int ndim;
	int64_t dim[4];
	const void *settled; /* the library's descriptor; NULL: the layout is in the fields below */
	bool any;            /* no layout yet */
	int64_t lanes;       /* channels in blocks of so many, each block a plane; 0: strides */
	int64_t stride[4];
};

struct rl_md rl_md_plain(int ndim, const int64_t *dim); /* row-major floats */
struct rl_md rl_md_channels_last(const int64_t dim[4]); /* N,C,H,W stored as N,H,W,C */
struct rl_md rl_md_any(int ndim, const int64_t *dim);   /* the primitive chooses */
/* The same in other numbers; not for one that a primitive settled on. */
struct rl_md rl_md_of(enum rl_number number, struct rl_md m);
/* The layout of these maps (plain, channels last or blocked by channel), for others of so many
 * channels; for so many images. */
struct rl_md rl_md_like(const struct rl_md *m, const int64_t dim[4]);
struct rl_md rl_md_batch(const struct rl_md *m, int64_t images);
bool rl_md_equal(const struct rl_md *a, const struct rl_md *b);
size_t rl_md_bytes(const struct rl_md *m);
size_t rl_md_numbers(const struct rl_md *m); /* those that fill up blocks included */

/* Where the numbers of maps are, whether these are plain, channels last, or blocked by channel. */
struct rl_channels {
	int64_t lanes, image, group, pixel;
};
struct rl_channels rl_md_channels(const struct rl_md *m);

static inline int64_t rl_channels_at(const struct rl_channels *at, int64_t image, int64_t channel,
				     int64_t pixel)
{
	return image * at->image + channel / at->lanes * at->group + channel % at->lanes +
	       pixel * at->pixel;
}

/* ---- primitives -------------------------------------------------------------------------------
 */

enum rl_pass { RL_INFERENCE, RL_TRAINING, RL_BACKWARD_DATA, RL_BACKWARD_WEIGHTS };

/* What a primitive reads and writes. */
enum rl_arg {
	RL_ARG_SRC,
	RL_ARG_WEIGHTS,
	RL_ARG_BIAS,
	RL_ARG_DST,
	RL_ARG_DIFF_SRC,
	RL_ARG_DIFF_WEIGHTS,
	RL_ARG_DIFF_BIAS,
	RL_ARG_DIFF_DST,
	RL_ARG_FROM, /* of a reorder */
	RL_ARG_TO,
	RL_ARG_WORKSPACE,
	RL_ARG_SCRATCHPAD,
	RL_ARGS
};

struct rl_prim {
	struct dnnl_primitive *prim;
	struct dnnl_primitive_desc *desc;
	unsigned widened; /* bit i: argument i is bfloat16 to us and float to the library */
};

struct rl_window {
	int kernel, stride, pad, dilation;
};

/* What a convolution does to its result before it stores it, in this order. */
struct rl_fuse {
	bool bias; /* in backward: the gradient of the bias comes with that of the weights */
	bool sum;  /* what is in y already is added */
	bool relu;
};

/* For every pass the descriptors are those of x, weights and y; in backward they stand for the
 * gradients of the same shapes.  hint is the forward primitive, NULL for forward passes; a linear
 * layer's b may be NULL; fuse may be NULL. */
struct rl_prim rl_prim_conv(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			    struct rl_md y, struct rl_window c, const struct rl_fuse *fuse,
			    const struct rl_prim *hint);
struct rl_prim rl_prim_pool(struct rl_onednn d, enum rl_pass pass, bool average, struct rl_md x,
			    struct rl_md y, const int64_t kernel[2], const int64_t stride[2],
			    int pad, const struct rl_prim *hint);
struct rl_prim rl_prim_linear(struct rl_onednn d, enum rl_pass pass, struct rl_md x, struct rl_md w,
			      const struct rl_md *b, struct rl_md y, const struct rl_prim *hint);
struct rl_prim rl_prim_reorder(struct rl_onednn d, struct rl_md from, struct rl_md to);
void rl_prim_free(struct rl_prim *p);

/* The descriptor that the primitive settled on for an argument of its own. */
struct rl_md rl_prim_md(const struct rl_prim *p, enum rl_arg which);

/* No kernel for this shape and machine: the library would run plain loops, hundreds of times
 * slower. */
bool rl_prim_is_slow(const struct rl_prim *p);

/* c [m,n] = a' b for a [k,m], b [k,n], all row-major. */
void rl_gemm_tn(float *c, const float *a, const float *b, int64_t m, int64_t n, int64_t k);

/* ---- prepared calls ---------------------------------------------------------------------------
 */

/* What holds one entry an image; `image` bytes lie between them, 0 where only the images at hand
 * are kept. */
struct rl_memory {
	char *base;
	size_t image;
};

struct rl_call {
	const struct rl_prim *prim;
	struct dnnl_memory *arg[RL_ARGS];
	struct rl_memory data[RL_ARGS];
	float *widened[RL_ARGS]; /* of bfloat16 that the machine does not have */
};

void rl_call_begin(struct rl_call *c, const struct rl_prim *p);
/* The data is laid out as rl_prim_md(p, which) says. */
void rl_call_arg(struct rl_call *c, struct rl_onednn d, enum rl_arg which, struct rl_memory data);
/* For the images from `first` on. */
void rl_call_run(const struct rl_call *c, struct rl_onednn d, int64_t first);
void rl_call_free(struct rl_call *c);

#endif
