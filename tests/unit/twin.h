/*
 * Slow twins of the network's ops: plain loops in double on row-major N,C,H,W, built for tests
 * only.
 *
 * They say what each op means, forward and backward, with nothing shared with lib/nn but the
 * structs that configure an op.  Outputs come first, sizes last.  Backward overwrites; an output
 * pointer that is NULL is not wanted.
 */
#ifndef RL_TESTS_TWIN_H
#define RL_TESTS_TWIN_H

#include "nn/net.h"

struct nchw {
	int64_t n, c, h, w;
};

int64_t twin_count(struct nchw s);
/* What a window leaves of s: rows and columns, with `c` channels. */
struct nchw twin_slide(struct nchw s, int64_t c, int kernel, int stride, int pad, int dilation);

/* w [c.out, in.c, c.kernel, c.kernel] */
void twin_conv(double *y, const double *x, const double *w, struct nchw in, struct rl_conv c);
void twin_conv_backward(double *dx, double *dw, const double *dy, const double *x, const double *w,
			struct nchw in, struct rl_conv c);

/* mean and var are what y was made with: of the batch, which then moves running_mean and
 * running_var by c.momentum, or with c.running those two. */
void twin_bnorm(double *y, double *mean, double *var, double *running_mean, double *running_var,
		const double *x, const double *weight, const double *bias, struct nchw s,
		struct rl_bnorm c);
/* y decides where a fused ReLU let the gradient through. */
void twin_bnorm_backward(double *dx, double *dweight, double *dbias, const double *dy,
			 const double *x, const double *y, const double *mean, const double *var,
			 const double *weight, struct nchw s, struct rl_bnorm c);

void twin_relu(double *y, const double *x, int64_t n);
void twin_relu_backward(double *dx, const double *dy, const double *y, int64_t n);
void twin_add_relu(double *y, const double *a, const double *b, int64_t n);
void twin_add_relu_backward(double *da, double *db, const double *dy, const double *y, int64_t n);

/* The first of equal maxima, in row-major order of the window, takes the gradient. */
void twin_maxpool(double *y, const double *x, struct nchw in, struct rl_pool c);
void twin_maxpool_backward(double *dx, const double *dy, const double *x, struct nchw in,
			   struct rl_pool c);
void twin_avgpool(double *y, const double *x, struct nchw in, struct rl_pool c);
void twin_avgpool_backward(double *dx, const double *dy, struct nchw in, struct rl_pool c);
void twin_global_avgpool(double *y, const double *x, struct nchw in);
void twin_global_avgpool_backward(double *dx, const double *dy, struct nchw in);

/* x [n, in], w [out, in], y [n, out] */
void twin_linear(double *y, const double *x, const double *w, const double *b, int64_t n,
		 int64_t in, int64_t out);
void twin_linear_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
			  const double *w, int64_t n, int64_t in, int64_t out);

/* keep[i]: element i survives */
void twin_dropout(double *y, const double *x, const bool *keep, double p, int64_t n);
void twin_dropout_backward(double *dx, const double *dy, const bool *keep, double p, int64_t n);

/* a [na, ca], b [nb, cb], y [na, ca + cb] */
void twin_concat_repeat(double *y, const double *a, const double *b, int64_t na, int64_t ca,
			int64_t nb, int64_t cb);
void twin_concat_repeat_backward(double *da, double *db, const double *dy, int64_t na, int64_t ca,
				 int64_t nb, int64_t cb);

/* From here to twin_pixel_ce_backward() in twin-maps.c. */

/* bias [s.c] */
void twin_bias(double *y, const double *x, const double *bias, struct nchw s, bool relu);
void twin_bias_backward(double *dx, double *db, const double *dy, const double *y, struct nchw s,
			bool relu);

/* w [in.c, out, 2, 2], y [in.n, out, 2 in.h, 2 in.w] */
void twin_deconv(double *y, const double *x, const double *w, struct nchw in, int64_t out);
void twin_deconv_backward(double *dx, double *dw, const double *dy, const double *x,
			  const double *w, struct nchw in, int64_t out);

void twin_interpolate(double *y, const double *x, struct nchw in, int64_t height, int64_t width,
		      enum rl_interpolation how);
void twin_interpolate_backward(double *dx, const double *dy, struct nchw in, int64_t height,
			       int64_t width, enum rl_interpolation how);

/* x[level] of shape in[level]; y [regions, in[0].c, bins, bins], sample by sample */
void twin_roi_align(double *y, const double *const *x, const struct nchw *in,
		    const struct rl_roi *region, int64_t regions, const struct rl_roi_align *how);
void twin_roi_align_backward(double *const *dx, const double *dy, const struct nchw *in,
			     const struct rl_roi *region, int64_t regions,
			     const struct rl_roi_align *how);

/* a, b and y of s.c, channels and both together */
void twin_concat(double *y, const double *a, const double *b, struct nchw s, int64_t channels);
void twin_concat_backward(double *da, double *db, const double *dy, struct nchw s,
			  int64_t channels);

/* x [n,k,h,w], map [n,c.height,c.width] */
double twin_pixel_ce(const double *x, const uint8_t *map, struct nchw s,
		     const struct rl_pixel_ce *c);
void twin_pixel_ce_backward(double *dx, const double *x, const uint8_t *map, struct nchw s,
			    const struct rl_pixel_ce *c);

double twin_softmax_ce(const double *x, const int32_t *label, int64_t n, int64_t k);
void twin_softmax_ce_backward(double *dx, const double *x, const int32_t *label, int64_t n,
			      int64_t k);

#endif
