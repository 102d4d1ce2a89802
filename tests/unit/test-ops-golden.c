/* The twins against independently computed numbers for single ops, forward and backward. */
#include "digest.h"
#include "fill.h"
#include "tap.h"
#include "twin.h"

#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Compare tensors with the file's digests in turn; true numbers were computed in double. */
static void against_golden(const char *path, int n, const double *const *tensor,
			   const int64_t *count)
{
	struct digest d = digest_open(path);
	double worst = 0;

	for (int i = 0; i < n; i++)
		worst = fmax(worst, digest_error(&d, tensor[i], (size_t)count[i], 1e-12));
	bool all = digest_close(&d);
	ok(worst < 1e-9 && all, "%s: the golden numbers, within %.1e", path, worst);
}

static void conv_golden(void)
{
	static const struct {
		const char *name;
		struct nchw in;
		struct rl_conv conv;
		bool bias;
	} cases[] = {
		{"k1_1x1", {3, 16, 1, 1}, {10, 1, 1, 0, 1}, true},
		{"k1_s1", {2, 8, 7, 9}, {16, 1, 1, 0, 1}, false},
		{"k1_s2_even", {2, 8, 8, 10}, {12, 1, 2, 0, 1}, true},
		{"k1_s2_odd", {2, 8, 7, 9}, {16, 1, 2, 0, 1}, false},
		{"k3_d2_p2", {2, 6, 11, 9}, {8, 3, 1, 2, 2}, false},
		{"k3_d4_p4", {1, 4, 13, 9}, {6, 3, 1, 4, 4}, false},
		{"k3_d6_p6_small", {1, 4, 5, 6}, {6, 3, 1, 6, 6}, true},
		{"k3_p0_1out", {3, 4, 3, 3}, {6, 3, 1, 0, 1}, true},
		{"k3_s1_p1", {2, 5, 11, 13}, {7, 3, 1, 1, 1}, true},
		{"k3_s2_d2_p2", {1, 4, 13, 10}, {6, 3, 2, 2, 2}, false},
		{"k3_s2_p1_even", {2, 6, 12, 14}, {8, 3, 2, 1, 1}, false},
		{"k3_s2_p1_odd", {2, 6, 11, 13}, {8, 3, 2, 1, 1}, false},
		{"k3_s3_p1", {1, 3, 10, 11}, {5, 3, 3, 1, 1}, true},
		{"k3_wide", {1, 16, 5, 40}, {24, 3, 1, 1, 1}, false},
		{"k5_s1_p2", {1, 4, 9, 8}, {4, 5, 1, 2, 1}, false},
		{"k7_s2_p3", {2, 3, 33, 29}, {8, 7, 2, 3, 1}, false},
		{"k7_s2_p3_even", {1, 3, 32, 64}, {8, 7, 2, 3, 1}, false},
	};
	char path[64];

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		const char *name = cases[i].name;
		struct rl_conv c = cases[i].conv;
		struct nchw in = cases[i].in,
			    out = twin_slide(in, c.out, c.kernel, c.stride, c.pad, c.dilation);
		int64_t nx = twin_count(in), nw = c.out * in.c * c.kernel * c.kernel,
			ny = twin_count(out);
		double *x = filled(nx, name, "x", -1, 1), *w = filled(nw, name, "w", -1, 1);
		double *dy = filled(ny, name, "gy", -1, 1), *b = filled(c.out, name, "b", -1, 1);
		double *y = zeros(ny), *dx = zeros(nx), *dw = zeros(nw);

		twin_conv(y, x, w, in, c);
		twin_conv_backward(dx, dw, dy, x, w, in, c);
		/* Some golden convolutions have a bias; ours never do. */
		for (int64_t k = 0; k < ny && cases[i].bias; k++)
			y[k] += b[k / (out.h * out.w) % out.c];
		snprintf(path, sizeof(path), "conv/%s.npy", name);
		against_golden(path, 3, (const double *[]){y, dx, dw}, (int64_t[]){ny, nx, nw});
		free(x);
		free(w);
		free(b);
		free(dy);
		free(y);
		free(dx);
		free(dw);
	}
}

static void linear_golden(void)
{
	static const struct {
		const char *name;
		int64_t n, in, out;
	} cases[] = {{"linear_1x64x33", 1, 64, 33}, {"linear_5x17x9", 5, 17, 9}};
	char path[64];

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		const char *name = cases[i].name;
		int64_t n = cases[i].n, in = cases[i].in, out = cases[i].out;
		double *x = filled(n * in, name, "x", -1, 1),
		       *w = filled(out * in, name, "w", -1, 1);
		double *b = filled(out, name, "b", -1, 1), *dy = filled(n * out, name, "gy", -1, 1);
		double *y = zeros(n * out), *dx = zeros(n * in), *dw = zeros(out * in),
		       *db = zeros(out);

		twin_linear(y, x, w, b, n, in, out);
		twin_linear_backward(dx, dw, db, dy, x, w, n, in, out);
		snprintf(path, sizeof(path), "conv/%s.npy", name);
		against_golden(path, 4, (const double *[]){y, dx, dw, db},
			       (int64_t[]){n * out, n * in, out * in, out});
		free(x);
		free(w);
		free(b);
		free(dy);
		free(y);
		free(dx);
		free(dw);
		free(db);
	}
}

static void bnorm_golden(void)
{
	static const struct {
		const char *name;
		struct nchw in;
		double lo, hi;
	} cases[] = {{"a", {4, 6, 5, 7}, -1, 1},
		     {"mean_shift", {2, 4, 9, 9}, 99, 101},
		     {"tiny_var", {2, 3, 4, 4}, 0.499, 0.501},
		     {"two_values", {2, 5, 1, 1}, -1, 1}};
	char path[64];

	for (size_t i = 0; i < RL_LEN(cases) * 2; i++) {
		const char *name = cases[i / 2].name;
		struct nchw s = cases[i / 2].in;
		struct rl_bnorm c = {.momentum = 0.1, .eps = 1e-5, .running = i % 2, .copies = 1};
		int64_t n = twin_count(s);
		double *x = filled(n, name, "x", cases[i / 2].lo, cases[i / 2].hi);
		double *dy = filled(n, name, "gy", -1, 1), *y = zeros(n), *dx = zeros(n);
		double *weight = filled(s.c, name, "gamma", 0.5, 1.5);
		double *bias = filled(s.c, name, "beta", -1, 1);
		double *rm = filled(s.c, name, "rm", -1, 1), *rv = filled(s.c, name, "rv", 0.5, 2);
		double *mean = zeros(s.c), *var = zeros(s.c), *dw = zeros(s.c), *db = zeros(s.c);

		twin_bnorm(y, mean, var, rm, rv, x, weight, bias, s, c);
		twin_bnorm_backward(dx, dw, db, dy, x, y, mean, var, weight, s, c);
		snprintf(path, sizeof(path), "bn/%s.%s.npy", name, c.running ? "eval" : "train");
		against_golden(path, 6, (const double *[]){y, dx, dw, db, rm, rv},
			       (int64_t[]){n, n, s.c, s.c, s.c, s.c});
		double *all[] = {x, dy, y, dx, weight, bias, rm, rv, mean, var, dw, db};
		for (size_t k = 0; k < RL_LEN(all); k++)
			free(all[k]);
	}
}

enum how { MAX, AVERAGE, GLOBAL };

static void pool_golden(void)
{
	static const struct {
		const char *name;
		enum how how;
		struct nchw in;
		struct rl_pool pool;
		bool stored; /* x is in the file NAME.x.npy */
	} cases[] = {
		{"aavg_1", GLOBAL, {2, 5, 7, 7}, {7, 7, 0}, false},
		{"avg_k10s10p4_conv1", AVERAGE, {1, 2, 112, 112}, {10, 10, 4}, false},
		{"avg_k13s5_res3", AVERAGE, {1, 2, 28, 28}, {13, 5, 0}, false},
		{"avg_k16s8_res2", AVERAGE, {1, 2, 56, 56}, {16, 8, 0}, false},
		{"avg_k2s2", AVERAGE, {2, 3, 8, 9}, {2, 2, 0}, false},
		{"avg_k3s1p1_incl", AVERAGE, {2, 3, 6, 7}, {3, 1, 1}, false},
		{"avg_k6s1_res5", AVERAGE, {1, 4, 7, 7}, {6, 1, 0}, false},
		{"avg_k8s3_res4", AVERAGE, {1, 2, 14, 14}, {8, 3, 0}, false},
		{"max_k1s2", MAX, {2, 3, 7, 8}, {1, 2, 0}, false},
		{"max_k2s2", MAX, {2, 3, 7, 8}, {2, 2, 0}, false},
		{"max_k2s2_ties", MAX, {2, 3, 7, 8}, {2, 2, 0}, true},
		{"max_k3s2p1_even", MAX, {2, 3, 16, 18}, {3, 2, 1}, false},
		{"max_k3s2p1_even_ties", MAX, {2, 3, 16, 18}, {3, 2, 1}, true},
		{"max_k3s2p1_odd", MAX, {2, 3, 15, 17}, {3, 2, 1}, false},
		{"max_k3s2p1_odd_ties", MAX, {2, 3, 15, 17}, {3, 2, 1}, true},
	};
	char path[64];

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		const char *name = cases[i].name;
		struct nchw in = cases[i].in;
		struct rl_pool c = cases[i].pool;
		int64_t nx = twin_count(in),
			ny = twin_count(twin_slide(in, in.c, c.kernel, c.stride, c.pad, 1));
		double *dy = filled(ny, name, "gy", -1, 1), *y = zeros(ny), *dx = zeros(nx), *x;

		snprintf(path, sizeof(path), "pool/%s.x.npy", name);
		x = cases[i].stored ? golden(path, NULL) : filled(nx, name, "x", -1, 1);
		if (cases[i].how == MAX) {
			twin_maxpool(y, x, in, c);
			twin_maxpool_backward(dx, dy, x, in, c);
		} else if (cases[i].how == AVERAGE) {
			twin_avgpool(y, x, in, c);
			twin_avgpool_backward(dx, dy, in, c);
		} else {
			twin_global_avgpool(y, x, in);
			twin_global_avgpool_backward(dx, dy, in);
		}
		snprintf(path, sizeof(path), "pool/%s.npy", name);
		against_golden(path, 2, (const double *[]){y, dx}, (int64_t[]){ny, nx});
		free(x);
		free(dy);
		free(y);
		free(dx);
	}
}

static void relu_golden(void)
{
	enum { N = 2 * 3 * 5 * 5 };
	double *x = golden("pool/relu.x.npy", NULL), *dy = filled(N, "relu", "gy", -1, 1);
	double *y = zeros(N), *dx = zeros(N);

	twin_relu(y, x, N);
	twin_relu_backward(dx, dy, y, N);
	against_golden("pool/relu.npy", 2, (const double *[]){y, dx}, (int64_t[]){N, N});
	free(x);
	free(dy);
	free(y);
	free(dx);
}

static void softmax_golden(void)
{
	enum { N = 7, K = 11 };
	double *x = golden("loss/ce.x.npy", NULL), *target = golden("loss/ce.target.npy", NULL);
	double loss, *dx = zeros(N * K);
	int32_t label[N];

	for (int i = 0; i < N; i++)
		label[i] = (int32_t)target[i];
	loss = twin_softmax_ce(x, label, N, K);
	twin_softmax_ce_backward(dx, x, label, N, K);
	against_golden("loss/ce.npy", 2, (const double *[]){&loss, dx}, (int64_t[]){1, N * K});
	free(x);
	free(target);
	free(dx);
}

static void interp_golden(void)
{
	static const struct {
		const char *name;
		struct nchw in;
		int64_t height, width;
	} cases[] = {{"down_13x20_to_5x7", {1, 3, 13, 20}, 5, 7},
		     {"from1", {1, 2, 1, 1}, 4, 5},
		     {"same", {1, 2, 6, 6}, 6, 6},
		     {"to1", {1, 2, 6, 5}, 1, 1},
		     {"up_5x7_to_13x20", {1, 3, 5, 7}, 13, 20},
		     {"up_65_to_129", {1, 1, 65, 65}, 129, 129},
		     {"up_x2", {1, 2, 7, 7}, 14, 14},
		     {"up_x8", {1, 2, 9, 9}, 72, 72}};
	static const struct {
		const char *name, *gradient;
		enum rl_interpolation how;
	} ways[] = {{"nearest", "gyn", RL_NEAREST},
		    {"ac0", "gy", RL_BILINEAR},
		    {"ac1", "gy", RL_BILINEAR_CORNERS}};
	char path[64];

	for (size_t i = 0; i < RL_LEN(cases) * RL_LEN(ways); i++) {
		const char *name = cases[i / 3].name;
		struct nchw in = cases[i / 3].in;
		int64_t h = cases[i / 3].height, w = cases[i / 3].width;
		int64_t nx = twin_count(in), ny = in.n * in.c * h * w;
		double *x = filled(nx, name, "x", -1, 1), *y = zeros(ny), *dx = zeros(nx);
		double *dy = filled(ny, name, ways[i % 3].gradient, -1, 1);

		twin_interpolate(y, x, in, h, w, ways[i % 3].how);
		twin_interpolate_backward(dx, dy, in, h, w, ways[i % 3].how);
		snprintf(path, sizeof(path), "interp/%s_%s.npy", name, ways[i % 3].name);
		against_golden(path, 2, (const double *[]){y, dx}, (int64_t[]){ny, nx});
		free(x);
		free(dy);
		free(y);
		free(dx);
	}
}

static void roi_align_golden(void)
{
	static const struct {
		const char *name;
		struct rl_roi_align how;
	} cases[] = {{"s16_al0_sr0_o14", {14, 0, false, 1, {1.0 / 16}}},
		     {"s16_al0_sr0_o7", {7, 0, false, 1, {1.0 / 16}}},
		     {"s16_al0_sr2_o7", {7, 2, false, 1, {1.0 / 16}}},
		     {"s16_al1_sr0_o14", {14, 0, true, 1, {1.0 / 16}}},
		     {"s16_al1_sr0_o7", {7, 0, true, 1, {1.0 / 16}}},
		     {"s16_al1_sr2_o7", {7, 2, true, 1, {1.0 / 16}}},
		     {"s4_al0_sr0_o7", {7, 0, false, 1, {0.25}}},
		     {"s4_al0_sr2_o7", {7, 2, false, 1, {0.25}}},
		     {"s4_al1_sr0_o7", {7, 0, true, 1, {0.25}}},
		     {"s4_al1_sr2_o7", {7, 2, true, 1, {0.25}}}};
	const struct nchw in = {2, 3, 13, 17};
	enum { REGIONS = 11 };
	double *x = filled(twin_count(in), "roi", "f", -1, 1);
	char path[64];

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		const struct rl_roi_align *how = &cases[i].how;
		int64_t ny = REGIONS * in.c * how->bins * how->bins;
		double *dy = filled(ny, cases[i].name, "gy", -1, 1), *y = zeros(ny);
		double *dx = zeros(twin_count(in));
		struct rl_roi region[REGIONS] = {0};

		snprintf(path, sizeof(path), "roialign/%s.rois.npy", cases[i].name);
		float *rois = golden_floats(path);
		for (int r = 0; r < REGIONS; r++) {
			const float *from = rois + 5 * r;

			region[r].image = (int32_t)from[0];
			memcpy(region[r].box, from + 1, sizeof(region[r].box));
		}
		twin_roi_align(y, (const double *[]){x}, &in, region, REGIONS, how);
		twin_roi_align_backward((double *[]){dx}, dy, &in, region, REGIONS, how);
		snprintf(path, sizeof(path), "roialign/%s.npy", cases[i].name);
		against_golden(path, 2, (const double *[]){y, dx}, (int64_t[]){ny, twin_count(in)});
		free(rois);
		free(dy);
		free(y);
		free(dx);
	}
	free(x);
}

int main(void)
{
	conv_golden();
	linear_golden();
	bnorm_golden();
	pool_golden();
	interp_golden();
	roi_align_golden();
	relu_golden();
	softmax_golden();
	return tap_done();
}
