/* What the tape asks of oneDNN and no op uses in every form: descriptors, and convolutions with
 * their ends fused, against the twin. */
#include "fill.h"
#include "tap.h"
#include "twin.h"

#include "base/err.h"
#include "nn/onednn.h"

#include <stdlib.h>
#include <string.h>

static void run(struct rl_onednn d, struct rl_prim *p, int n, const enum rl_arg *which,
		void *const *data)
{
	struct rl_md md = rl_prim_md(p, RL_ARG_SCRATCHPAD);
	void *scratch = rl_aligned(rl_md_bytes(&md));
	struct rl_call c;

	rl_call_begin(&c, p);
	rl_call_arg(&c, d, RL_ARG_SCRATCHPAD, (struct rl_memory){scratch, 0});
	for (int i = 0; i < n; i++)
		rl_call_arg(&c, d, which[i], (struct rl_memory){data[i], 0});
	rl_call_run(&c, d, 0);
	rl_call_free(&c);
	free(scratch);
}

static void copy(struct rl_onednn d, struct rl_md from, void *source, struct rl_md to, void *target)
{
	struct rl_prim p = rl_prim_reorder(d, from, to);

	run(d, &p, 2, (enum rl_arg[]){RL_ARG_FROM, RL_ARG_TO}, (void *[]){source, target});
	rl_prim_free(&p);
}

/* x, row-major doubles, as an argument of p; free() it. */
static float *argument(struct rl_onednn d, const struct rl_prim *p, enum rl_arg which,
		       const double *x)
{
	struct rl_md to = rl_prim_md(p, which), from = rl_md_plain(to.ndim, to.dim);
	size_t n = rl_md_bytes(&from) / sizeof(float);
	float *plain = rl_aligned(n * sizeof(*plain)), *out = rl_aligned(rl_md_bytes(&to));

	for (size_t i = 0; i < n; i++)
		plain[i] = (float)x[i];
	copy(d, from, plain, to, out);
	free(plain);
	return out;
}

/* And back: the largest error against `wanted`. */
static double error(struct rl_onednn d, const struct rl_prim *p, enum rl_arg which, float *x,
		    const double *wanted)
{
	struct rl_md from = rl_prim_md(p, which), to = rl_md_plain(from.ndim, from.dim);
	size_t n = rl_md_bytes(&to) / sizeof(float);
	float *plain = rl_aligned(n * sizeof(*plain));
	double e;

	copy(d, from, x, to, plain);
	e = rel_error_f(plain, wanted, n);
	free(plain);
	return e;
}

/* ---- convolutions -----------------------------------------------------------------------------
 */

enum { IMAGES = 2, IN = 16, OUT = 24, SIDE = 9, KERNEL = 3 };

static const struct nchw in = {IMAGES, IN, SIDE, SIDE};
static const struct rl_conv shape = {OUT, KERNEL, 1, 1, 1};
static const struct rl_window window = {KERNEL, 1, 1, 1};
static const int64_t x_dim[4] = {IMAGES, IN, SIDE, SIDE}, w_dim[4] = {OUT, IN, KERNEL, KERNEL},
		     y_dim[4] = {IMAGES, OUT, SIDE, SIDE};
enum { NX = IMAGES * IN * SIDE * SIDE, NW = OUT * IN * KERNEL * KERNEL };
enum { AREA = SIDE * SIDE, NY = IMAGES * OUT * AREA };

static struct rl_prim conv(struct rl_onednn d, enum rl_pass pass, const struct rl_fuse *fuse,
			   const struct rl_prim *hint)
{
	return rl_prim_conv(d, pass, rl_md_any(4, x_dim), rl_md_any(4, w_dim), rl_md_any(4, y_dim),
			    window, fuse, hint);
}

static void fused(struct rl_onednn d, struct rl_fuse fuse)
{
	double *x = filled(NX, "conv", "x", -1, 1), *w = filled(NW, "conv", "w", -1, 1);
	double *b = filled(OUT, "conv", "b", -1, 1), *before = filled(NY, "conv", "y", -1, 1);
	double *wanted = zeros(NY);
	struct rl_prim p = conv(d, RL_INFERENCE, &fuse, NULL);
	float *fx = argument(d, &p, RL_ARG_SRC, x), *fw = argument(d, &p, RL_ARG_WEIGHTS, w);
	float *fb = fuse.bias ? argument(d, &p, RL_ARG_BIAS, b) : NULL;
	float *fy = argument(d, &p, RL_ARG_DST, before);
	enum rl_arg which[] = {RL_ARG_SRC, RL_ARG_WEIGHTS, RL_ARG_DST, RL_ARG_BIAS};

	twin_conv(wanted, x, w, in, shape);
	for (int i = 0; i < NY; i++) {
		wanted[i] += fuse.bias ? b[i / AREA % OUT] : 0;
		wanted[i] += fuse.sum ? before[i] : 0;
		if (fuse.relu && wanted[i] < 0)
			wanted[i] = 0;
	}
	run(d, &p, fuse.bias ? 4 : 3, which, (void *[]){fx, fw, fy, fb});
	ok(error(d, &p, RL_ARG_DST, fy, wanted) < 1e-6, "a convolution%s%s%s",
	   fuse.bias ? ", bias" : "", fuse.sum ? ", sum" : "", fuse.relu ? ", ReLU" : "");
	rl_prim_free(&p);
	free(x), free(w), free(b), free(before), free(wanted);
	free(fx), free(fw), free(fb), free(fy);
}

static void bias_backward(struct rl_onednn d)
{
	const struct rl_fuse fuse = {.bias = true};
	double *x = filled(NX, "conv", "x", -1, 1), *w = filled(NW, "conv", "w", -1, 1);
	double *dy = filled(NY, "conv", "dy", -1, 1);
	double *dx = zeros(NX), *dw = zeros(NW), *db = zeros(OUT);
	struct rl_prim forward = conv(d, RL_TRAINING, &fuse, NULL);
	struct rl_prim p = conv(d, RL_BACKWARD_WEIGHTS, &fuse, &forward);
	float *fx = argument(d, &p, RL_ARG_SRC, x), *fdy = argument(d, &p, RL_ARG_DIFF_DST, dy);
	float *fdw = argument(d, &p, RL_ARG_DIFF_WEIGHTS, dw);
	float *fdb = argument(d, &p, RL_ARG_DIFF_BIAS, db);

	twin_conv_backward(dx, dw, dy, x, w, in, shape);
	for (int i = 0; i < NY; i++)
		db[i / AREA % OUT] += dy[i];
	run(d, &p, 4,
	    (enum rl_arg[]){RL_ARG_SRC, RL_ARG_DIFF_DST, RL_ARG_DIFF_WEIGHTS, RL_ARG_DIFF_BIAS},
	    (void *[]){fx, fdy, fdw, fdb});
	ok(error(d, &p, RL_ARG_DIFF_WEIGHTS, fdw, dw) < 1e-6 &&
		   error(d, &p, RL_ARG_DIFF_BIAS, fdb, db) < 1e-6,
	   "the gradients of weights and bias come together");
	rl_prim_free(&p);
	rl_prim_free(&forward);
	free(x), free(w), free(dy), free(dx), free(dw), free(db);
	free(fx), free(fdy), free(fdw), free(fdb);
}

/* ---- descriptors ------------------------------------------------------------------------------
 */

static void of_settled(void *md)
{
	rl_md_of(RL_BFLOAT16, *(struct rl_md *)md);
}

static void descriptors(struct rl_onednn d)
{
	struct rl_md plain = rl_md_plain(4, x_dim), last = rl_md_channels_last(x_dim);
	struct rl_md again = rl_md_plain(4, x_dim), half = rl_md_of(RL_BFLOAT16, plain);
	struct rl_channels c = rl_md_channels(&plain), l = rl_md_channels(&last);
	struct rl_prim p = rl_prim_reorder(d, plain, last);
	struct rl_md settled = rl_prim_md(&p, RL_ARG_TO);

	ok(rl_md_equal(&plain, &again) && !rl_md_equal(&plain, &last) &&
		   !rl_md_equal(&plain, &half),
	   "descriptors are equal in shape, layout and numbers or not at all");
	ok(rl_md_bytes(&plain) == NX * 4 && rl_md_bytes(&half) == NX * 2, "and know their size");
	ok(c.lanes == 1 && c.image == IN * AREA && c.group == AREA && c.pixel == 1,
	   "where channels are in row-major maps");
	ok(l.image == IN * AREA && l.group == l.lanes && l.pixel == IN,
	   "and in channels-last ones");
	ok(rl_md_equal(&settled, &last) && settled.ndim == 4 &&
		   !memcmp(settled.dim, x_dim, sizeof(x_dim)) && settled.number == RL_FLOAT32,
	   "a primitive's descriptor is the one it was made with");
	ok(dies(of_settled, &settled, 1, "a settled layout cannot take other numbers"),
	   "which keeps its numbers");
	rl_prim_free(&p);
}

int main(void)
{
	struct rl_onednn d = rl_onednn_new();

	descriptors(d);
	for (int i = 0; i < 8; i++)
		fused(d, (struct rl_fuse){i & 1, i & 2, i & 4});
	bias_backward(d);
	rl_onednn_free(&d);
	return tap_done();
}
