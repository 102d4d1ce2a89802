/*
 * A network is a linear tape: values, and the ops that make them, in the order they were called.
 *
 * A model is a C function that calls the ops below, so its file reads like its paper and program
 * order is the schedule: forward is a loop up, backward a loop down.  rl_net_plan() then fixes
 * memory layouts, creates the oneDNN primitives and places every buffer in one arena by lifetime; a
 * step allocates nothing.  Shapes are N,C,H,W or N,C; the layout in memory is the library's
 * business, and callers see plain row-major floats through rl_net_feed*() and rl_net_read*().
 *
 * In a training tape every op's backward *stores* the gradient of its inputs; the driver adds where
 * a value or parameter has several readers.  Shape mistakes are programming errors and die.
 *
 * Same tape, parameters, feeds and thread count: same bits.
 */
#ifndef RL_NN_NET_H
#define RL_NN_NET_H

#include "nn/comm.h"
#include "nn/params.h"

#include <stdio.h>

struct rl_net;
typedef int rl_val; /* a value of the tape */

/* Memory for tapes that follow each other, each freed before the next is planned: what one has
 * touched the next need not ask the system for.  Zero at first; free(base) at the end. */
struct rl_arena {
	char *base;
	size_t size;
};

struct rl_net_config {
	bool train;           /* keep what backward needs, and run it */
	bool no_sharing;      /* give every buffer its own memory: the test of the planner */
	uint64_t seed;        /* of dropout */
	bool feed_gradients;  /* also compute the gradients of the feeds */
	struct rl_comm *comm; /* the ranks that share a step; NULL: alone */
	bool sync_bn;         /* batch statistics are those of all ranks together */
	bool bf16;            /* maps in bfloat16; rows, statistics, weights and losses in float */
	size_t cache;         /* bytes that a tile of images may fill; 0: 4 MiB a thread */
	struct rl_arena *arena; /* to be planned in; NULL: one of its own */
};

struct rl_net *rl_net_new(struct rl_params *params, const struct rl_net_config *config);
void rl_net_free(struct rl_net *n);

/* ---- the ops ----------------------------------------------------------------------------------
 */

/* An input of the network, filled by rl_net_feed*() before each forward. */
rl_val rl_feed(struct rl_net *n, int ndim, const int64_t *dim);

/* Convolution without bias, weight NAME.weight [out, in, kernel, kernel]; dilation 1 is dense. */
struct rl_conv {
	int out, kernel, stride, pad, dilation;
};
rl_val rl_conv(struct rl_net *n, rl_val x, const char *name, struct rl_conv c);

/* Batch normalisation over N (and H, W), optionally followed by ReLU in the same pass.
 * y = weight (x - mean) / sqrt(var + eps) + bias.  With `running` the statistics are the running
 * ones, constant for backward; else those of the batch, and the running ones move by `momentum`
 * towards them, the variance by its unbiased estimate n/(n-1), n = N*H*W*copies (Ioffe & Szegedy
 * 2015; the conventions are PyTorch's).  `copies` says how often the batch would be repeated in the
 * reference form. */
struct rl_bnorm {
	double momentum; /* 0.1 in backbones */
	double eps;      /* 1e-5 */
	bool running, relu;
	int copies;
	bool fixed; /* weight 1 and bias 0, which are no tensors of the network */
};
rl_val rl_bnorm(struct rl_net *n, rl_val x, const char *name, struct rl_bnorm c);

rl_val rl_relu(struct rl_net *n, rl_val x);
rl_val rl_add_relu(struct rl_net *n, rl_val a,
		   rl_val b); /* relu(a + b): the end of a residual block */
rl_val rl_add(struct rl_net *n, rl_val a, rl_val b);
/* x [N,C,H,W] + NAME.bias [C], which begins at 0; then ReLU if wanted. */
rl_val rl_bias(struct rl_net *n, rl_val x, const char *name, bool relu);

/* Transposed convolution of kernel 2 and stride 2, without bias: weight NAME.weight [in, out, 2,
 * 2], [N,in,H,W] -> [N,out,2H,2W]. */
rl_val rl_deconv(struct rl_net *n, rl_val x, const char *name, int out);

/* Maps of another size; the conventions are PyTorch's. */
enum rl_interpolation {
	RL_NEAREST,
	RL_BILINEAR,        /* align_corners=False */
	RL_BILINEAR_CORNERS /* align_corners=True */
};
rl_val rl_interpolate(struct rl_net *n, rl_val x, int64_t height, int64_t width,
		      enum rl_interpolation how);

/* [N,A,H,W] and [N,B,H,W] to [N,A+B,H,W]. */
rl_val rl_concat(struct rl_net *n, rl_val left, rl_val right);

/* Pooling windows; average pooling counts padding in the divisor, as PyTorch does by default. */
struct rl_pool {
	int kernel, stride, pad;
};
rl_val rl_maxpool(struct rl_net *n, rl_val x, struct rl_pool c);
rl_val rl_avgpool(struct rl_net *n, rl_val x, struct rl_pool c);
rl_val rl_global_avgpool(struct rl_net *n, rl_val x); /* [N,C,H,W] -> [N,C] */
rl_val rl_flatten(struct rl_net *n, rl_val x);        /* [N,C,H,W] -> [N,C*H*W] */

/* y = x weight' + bias; x [N,in], NAME.weight [out,in] ~ N(0, std), NAME.bias [out] = 0. */
rl_val rl_linear(struct rl_net *n, rl_val x, const char *name, int out, double std);
/* The same of the pairs [a_i, b_(i / (Na/Nb))], which are never formed: a [Na,Ca], b [Nb,Cb], Na a
 * multiple of Nb, the weight [out, Ca + Cb]. */
rl_val rl_linear_pairs(struct rl_net *n, rl_val a, rl_val b, const char *name, int out, double std);

/* Row i of [rows,C] is row[i] of x [N,C]; which, is set before each forward. */
rl_val rl_select(struct rl_net *n, rl_val x, int64_t rows);
void rl_select_rows(struct rl_net *n, rl_val out, const int32_t *row);

/* Inverted dropout of a training tape.  The mask is a function of (seed, draw, sample, element), a
 * sample being `rows` rows of x: number i of this batch is number i * ranks + rank of the ranks'
 * batches together, so on any number of ranks the same samples lose the same elements. */
rl_val rl_dropout(struct rl_net *n, rl_val x, int rows, double p);
/* The same of whole channels of maps [N,C,H,W], an image being a sample (Tompson et al. 2015). */
rl_val rl_dropout_channels(struct rl_net *n, rl_val x, double p);

/* Mean softmax cross-entropy of logits [N,K] against N labels 0..K-1 (set before each forward); a
 * loss is where backward starts. */
int rl_softmax_ce(struct rl_net *n, rl_val logits);
void rl_loss_labels(struct rl_net *n, int loss, const int32_t *labels);
double rl_loss_value(const struct rl_net *n, int loss);
int64_t rl_loss_correct(const struct rl_net *n,
			int loss); /* rows whose first largest logit is the label's */

/* Softmax cross-entropy of pixels: logits [N,K,h,w], interpolated to height x width, against a map
 * [N,height,width] of classes 0..K-1, `none` (K at least) being no class (set before each forward).
 * `weight` times the sum over N * height * width: pixels of no class add nothing to the sum but
 * count in the divisor, as MMSegmentation's do. */
struct rl_pixel_ce {
	int64_t height, width;
	enum rl_interpolation how;
	double weight;
	uint8_t none;
};
int rl_pixel_ce(struct rl_net *n, rl_val logits, const struct rl_pixel_ce *c);
void rl_pixel_ce_labels(struct rl_net *n, int loss, const uint8_t *map);
/* Pixels that have a class; rl_loss_correct() says of how many it is the first largest. */
int64_t rl_pixel_ce_counted(const struct rl_net *n, int loss);

/* RoIAlign (He, Gkioxari, Dollar, Girshick, ICCV 2017): bins x bins averages of bilinear samples of
 * the map of each region's level, [regions,C,bins,bins].  The regions are set before each forward.
 */
struct rl_roi_align {
	int bins;
	int sampling;    /* samples a bin and direction; 0: as many as a bin is pixels wide */
	bool aligned;    /* pixel centres at 1/2; else the half-pixel shift and least size of old */
	int levels;      /* of the inputs */
	double scale[4]; /* of each level: 1/stride */
};
struct rl_roi {
	int32_t image, level;
	float box[4]; /* x1 y1 x2 y2 in pixels of the image */
};
rl_val rl_roi_align(struct rl_net *n, const rl_val *x, int64_t regions,
		    const struct rl_roi_align *how);
void rl_roi_align_regions(struct rl_net *n, rl_val out, const struct rl_roi *regions);

/* Where the tape hands over: x is kept for rl_net_read(), and rl_net_backward() begins with the
 * gradient given here, plain and the caller's own, NULL being none. */
int rl_outlet(struct rl_net *n, rl_val x);
void rl_outlet_gradient(struct rl_net *n, int outlet, const float *plain);

/* ---- running ----------------------------------------------------------------------------------
 */

void rl_net_keep(struct rl_net *n, rl_val v); /* before planning: v is read after the forward */
void rl_net_plan(struct rl_net *n);

void rl_net_feed(struct rl_net *n, rl_val v, const float *plain);
/* From u8 pixels [N,H,W,3]: (x / 255 + lighting - mean) / std with ImageNet's constants, red first.
 * Row i of the value comes from pixels + index[i] * H*W*3 and lighting[index[i]], NULL being 0. */
extern const double rl_pixel_mean[3], rl_pixel_std[3];
void rl_net_feed_images(struct rl_net *n, rl_val v, const uint8_t *pixels,
			const float (*lighting)[3], const int64_t *index);

/* From pixels [N,H,W,3] that are normalised already, in the same order. */
void rl_net_feed_normalised(struct rl_net *n, rl_val v, const float *pixels, const int64_t *index);

void rl_net_forward(struct rl_net *n);
/* Gradients into params->grad, overwriting; zero for what leads to no loss. */
void rl_net_backward(struct rl_net *n);

/* Called in backward, often: parameters' gradients from offset `from` on have their final value. */
void rl_net_watch(struct rl_net *n, void (*final)(void *ctx, size_t from), void *ctx);

void rl_net_set_draw(struct rl_net *n,
		     uint64_t draw); /* which dropout masks: another for each pass */
/* Whether batch statistics move the running ones; they do unless told otherwise. */
void rl_net_track_statistics(struct rl_net *n, bool track);
/* With sync_bn all ranks run the same passes, and the step's loss is the mean over the samples, or
 * the like, of all: how many of them are this rank's, so that gradients of batch statistics weigh
 * as the step weighs them, however large the samples are; 1 unless told.  A rank that has none left
 * runs any batch with 0: it takes part in the sums over ranks with nothing. */
void rl_net_set_weight(struct rl_net *n, int64_t weight);
/* Batch norm averages its statistics over all batches from now on instead of moving by momentum
 * (PyTorch's momentum=None): run some batches forward, and evaluate.  Afresh, or on with what
 * another tape of the parameters has averaged. */
void rl_net_accumulate_statistics(struct rl_net *n, bool afresh);

int rl_net_shape(const struct rl_net *n, rl_val v, int64_t dim[4]); /* returns ndim */
void rl_net_read(struct rl_net *n, rl_val v, float *plain);         /* a kept value */
void rl_net_read_grad(struct rl_net *n, rl_val v,
		      float *plain); /* of a feed, with feed_gradients */

size_t rl_net_memory(const struct rl_net *n);         /* bytes of the arena */
void rl_net_print(const struct rl_net *n, FILE *out); /* the plan: one line an op */

#endif
