/* Each op of the network against its twin, over shapes that reach the library's different kernels,
 * and the rules of the tape: who adds gradients, who does without. */
#include "dot.h"
#include "fill.h"
#include "rig.h"
#include "shadow.h"
#include "tap.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- convolution ------------------------------------------------------------------------------
 */

static void test_conv(const struct rig_variant *v)
{
	static const struct {
		int n, c, h, w;
		struct rl_conv conv;
	} cases[] = {
		{2, 3, 33, 29, {8, 7, 2, 3, 1}},    /* stem */
		{1, 3, 64, 64, {64, 7, 2, 3, 1}},   /* stem of the paper */
		{4, 64, 16, 16, {64, 3, 1, 1, 1}},  /* stages of 64-pixel patches */
		{4, 64, 16, 16, {256, 1, 1, 0, 1}}, /* ... */
		{3, 128, 8, 8, {128, 3, 1, 1, 1}},
		{3, 128, 16, 16, {128, 3, 2, 1, 1}},
		{4, 256, 4, 4, {256, 3, 2, 1, 1}},
		{5, 512, 2, 2, {512, 3, 1, 1, 1}},
		{2, 1024, 4, 4, {512, 1, 2, 0, 1}},
		{1, 512, 2, 2, {2048, 1, 1, 0, 1}},
		{1, 512, 1, 1, {64, 3, 1, 1, 1}},
		{2, 64, 9, 11, {64, 3, 1, 2, 2}}, /* dilated stages */
		{1, 16, 7, 7, {16, 3, 1, 4, 4}},
		{1, 8, 3, 3, {8, 3, 1, 6, 6}},     /* all of the kernel's rim in the padding */
		{2, 24, 14, 14, {24, 3, 2, 2, 2}}, /* dilation and stride */
		{1, 5, 7, 6, {9, 3, 1, 1, 1}},     /* channels that fill no vector */
		{3, 20, 5, 5, {12, 1, 1, 0, 1}},   /* ... */
		{2, 13, 9, 8, {7, 3, 2, 1, 1}},    /* ... */
		{2, 24, 8, 8, {40, 1, 2, 0, 1}},   /* ... */
		{1, 1, 5, 5, {1, 3, 1, 1, 1}},     /* ... */
		{1, 32, 56, 56, {32, 3, 1, 1, 1}}, /* wide maps */
		{1, 4, 9, 8, {4, 5, 1, 2, 1}},     /* other kernels */
		{1, 3, 10, 11, {5, 3, 3, 1, 1}},   /* ... */
		{3, 4, 3, 3, {6, 3, 1, 0, 1}},     /* one output pixel */
	};
	char what[128];

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		const struct rl_conv *c = &cases[i].conv;
		struct rig r;

		/* Only small maps ask for the gradient of so few channels. */
		rig_open(&r, v, cases[i].c != 3 || cases[i].h < 64);
		rig_end(&r,
			rl_conv(r.net, rig_map(&r, cases[i].n, cases[i].c, cases[i].h, cases[i].w),
				"conv", *c));
		snprintf(what, sizeof(what), "conv %dx%dx%dx%d to %d, kernel %d/%d, pad %d, dil %d",
			 cases[i].n, cases[i].c, cases[i].h, cases[i].w, c->out, c->kernel,
			 c->stride, c->pad, c->dilation);
		rig_check(&r, what);
	}
}

/* ---- batch normalisation ----------------------------------------------------------------------
 */

static struct rl_bnorm norm(bool running, bool relu)
{
	return (struct rl_bnorm){
		.momentum = 0.1, .eps = 1e-5, .running = running, .relu = relu, .copies = 1};
}

static void test_bnorm(const struct rig_variant *v)
{
	static const int shape[][4] = {{4, 6, 5, 7},   {2, 64, 16, 16}, {3, 13, 4, 4},
				       {8, 512, 2, 2}, {6, 5, 1, 1},    {1, 24, 9, 11}};
	char what[128];
	struct rig r;

	for (size_t i = 0; i < RL_LEN(shape); i++)
		for (int mode = 0; mode < 4; mode++) {
			const int *d = shape[i];
			bool running = mode & 1, relu = mode & 2;

			snprintf(what, sizeof(what), "bnorm %dx%dx%dx%d%s%s", d[0], d[1], d[2],
				 d[3], running ? ", running" : "", relu ? ", relu" : "");
			rig_open(&r, v, true);
			rig_end(&r, rl_bnorm(r.net, rig_map(&r, d[0], d[1], d[2], d[3]), "bn",
					     norm(running, relu)));
			rig_check(&r, what);

			/* After a convolution x is in the library's layout. */
			strcat(what, ", after conv");
			rig_open(&r, v, true);
			rl_val x = rl_conv(r.net, rig_map(&r, d[0], 8, d[2], d[3]), "conv",
					   (struct rl_conv){d[1], 1, 1, 0, 1});
			rig_end(&r, rl_bnorm(r.net, x, "bn", norm(running, relu)));
			rig_check(&r, what);
		}

	for (int mode = 0; mode < 4; mode++) {
		rig_open(&r, v, true);
		rig_end(&r, rl_bnorm(r.net, rig_rows(&r, 24, 37), "bn", norm(mode & 1, mode & 2)));
		snprintf(what, sizeof(what), "bnorm of rows%s%s", mode & 1 ? ", running" : "",
			 mode & 2 ? ", relu" : "");
		rig_check(&r, what);
	}

	for (int running = 0; running < 2; running++) {
		struct rl_bnorm fixed = norm(running, false);

		fixed.fixed = true;
		rig_open(&r, v, true);
		rig_end(&r, rl_bnorm(r.net, rig_map(&r, 4, 24, 5, 3), "bn", fixed));
		rig_check(&r, running ? "bnorm without weight and bias, running"
				      : "bnorm without weight and bias");
	}

	struct rl_bnorm copied = norm(false, true);
	copied.copies = 8;
	copied.momentum = 0.003;
	rig_open(&r, v, true);
	rig_end(&r, rl_bnorm(r.net, rig_map(&r, 1, 16, 3, 3), "bn", copied));
	rig_check(&r, "bnorm, the variance as of eight copies");

	rig_open(&r, v, true);
	rig_end(&r, rl_bnorm(r.net, rig_map(&r, 2, 16, 3, 3), "bn", norm(false, false)));
	rl_net_track_statistics(r.net, false);
	rig_check(&r, "bnorm that leaves the running statistics alone");
}

/* ---- pooling ----------------------------------------------------------------------------------
 */

static void test_pool(const struct rig_variant *v)
{
	static const struct {
		int n, c, h, w;
		struct rl_pool pool;
	} cases[] = {
		{2, 64, 32, 32, {3, 2, 1}},  {2, 3, 15, 17, {3, 2, 1}}, {1, 13, 7, 8, {2, 2, 0}},
		{2, 8, 7, 8, {1, 2, 0}},     {1, 16, 6, 7, {3, 1, 1}},  {1, 24, 14, 14, {8, 3, 0}},
		{1, 2, 40, 40, {10, 10, 4}}, {2, 16, 5, 5, {5, 5, 0}},
	};
	static const int global[][4] = {{2, 5, 7, 7}, {3, 512, 2, 2}, {1, 64, 1, 1}, {2, 13, 3, 5}};
	char what[128];
	struct rig r;

	for (size_t i = 0; i < RL_LEN(cases); i++)
		for (int mode = 0; mode < 4; mode++) {
			const struct rl_pool *p = &cases[i].pool;
			bool average = mode & 1, blocked = mode & 2;

			/* Rounded maps have ties, where the largest may be another one. */
			if (v->bf16 && blocked && !average)
				continue;
			rig_open(&r, v, true);
			rl_val x = rig_map(&r, cases[i].n, cases[i].c, cases[i].h, cases[i].w);
			if (blocked)
				x = rl_conv(r.net, x, "conv",
					    (struct rl_conv){cases[i].c, 1, 1, 0, 1});
			rig_end(&r, (average ? rl_avgpool : rl_maxpool)(r.net, x, *p));
			snprintf(what, sizeof(what), "%s pool %dx%dx%dx%d, kernel %d/%d, pad %d%s",
				 average ? "average" : "max", cases[i].n, cases[i].c, cases[i].h,
				 cases[i].w, p->kernel, p->stride, p->pad,
				 blocked ? ", after conv" : "");
			rig_check(&r, what);
		}
	for (size_t i = 0; i < RL_LEN(global); i++)
		for (int mode = 0; mode < 4; mode++) {
			const int *d = global[i];
			bool flat = mode & 1, blocked = mode & 2;

			rig_open(&r, v, true);
			rl_val x = rig_map(&r, d[0], d[1], d[2], d[3]);
			if (blocked)
				x = rl_conv(r.net, x, "conv", (struct rl_conv){d[1], 1, 1, 0, 1});
			rig_end(&r, (flat ? rl_flatten : rl_global_avgpool)(r.net, x));
			snprintf(what, sizeof(what), "%s %dx%dx%dx%d%s",
				 flat ? "flatten" : "global pool", d[0], d[1], d[2], d[3],
				 blocked ? ", after conv" : "");
			rig_check(&r, what);
		}
}

/* ---- the rest ---------------------------------------------------------------------------------
 */

static void test_elementwise(const struct rig_variant *v)
{
	struct rig r;

	rig_open(&r, v, true);
	rig_end(&r, rl_relu(r.net, rig_map(&r, 2, 13, 5, 5)));
	rig_check(&r, "relu");

	rig_open(&r, v, true);
	rig_end(&r, rl_relu(r.net, rig_rows(&r, 3, 7)));
	rig_check(&r, "relu of rows");

	rig_open(&r, v, true);
	rig_end(&r, rl_add_relu(r.net, rig_map(&r, 2, 13, 5, 5), rig_map(&r, 2, 13, 5, 5)));
	rig_check(&r, "add relu");

	/* The left side in the library's layout, the right row-major because a pool reads it. */
	rig_open(&r, v, true);
	rl_val x = rig_map(&r, 2, 24, 6, 6);
	rl_maxpool(r.net, x, (struct rl_pool){2, 2, 0});
	rl_val y =
		rl_conv(r.net, rig_map(&r, 2, 24, 6, 6), "conv", (struct rl_conv){24, 3, 1, 1, 1});
	rig_end(&r, rl_add_relu(r.net, y, x));
	rig_check(&r, "add relu of two layouts");

	rig_open(&r, v, true);
	x = rig_map(&r, 2, 13, 6, 6);
	rl_maxpool(r.net, x, (struct rl_pool){2, 2, 0});
	y = rl_conv(r.net, rig_map(&r, 2, 8, 6, 6), "conv", (struct rl_conv){13, 3, 1, 1, 1});
	rig_end(&r, rl_add_relu(r.net, x, y));
	rig_check(&r, "add relu of two layouts, the other way round");
}

static void test_rows(const struct rig_variant *v)
{
	static const int linear[][3] = {{5, 17, 9}, {1, 64, 33}, {48, 512, 64}, {32, 64, 8}};
	char what[128];
	struct rig r;

	for (size_t i = 0; i < RL_LEN(linear); i++) {
		const int *d = linear[i];

		rig_open(&r, v, true);
		rig_end(&r, rl_linear(r.net, rig_rows(&r, d[0], d[1]), "fc", d[2], 0.01));
		snprintf(what, sizeof(what), "linear, %d rows, %d to %d", d[0], d[1], d[2]);
		rig_check(&r, what);
	}

	rig_open(&r, v, true);
	rl_val left = rig_rows(&r, 24, 5), right = rig_rows(&r, 3, 11);
	rig_end(&r, rl_linear_pairs(r.net, left, right, "fc", 7, 0.01));
	rig_check(&r, "linear of pairs, each row of the right in eight");

	rig_open(&r, v, true);
	left = rig_rows(&r, 4, 16), right = rig_rows(&r, 4, 16);
	rig_end(&r, rl_linear_pairs(r.net, left, right, "fc", 32, 0.01));
	rig_check(&r, "linear of pairs, one to one");

	rig_open(&r, v, true);
	rl_val x = rig_rows(&r, 6, 9);
	rig_end(&r, rl_linear_pairs(r.net, x, x, "fc", 9, 0.01));
	rig_check(&r, "linear of pairs of a value with itself");

	/* As pairs of patches have it: rows often, once and never. */
	static const int32_t first[] = {0, 0, 4, 2, 2, 2, 5}, second[] = {1, 4, 0, 2, 5, 1, 2};
	rig_open(&r, v, true);
	x = rl_linear(r.net, rig_rows(&r, 6, 9), "trunk", 12, 0.01);
	left = rl_select(r.net, x, RL_LEN(first));
	right = rl_select(r.net, x, RL_LEN(second));
	rl_select_rows(r.net, left, first);
	rl_select_rows(r.net, right, second);
	rig_end(&r, rl_linear_pairs(r.net, left, right, "fc", 8, 0.01));
	rig_check(&r, "linear of selected pairs");

	for (int k = 2; k <= 1000; k *= 20) {
		rig_open(&r, v, true);
		int loss = rl_softmax_ce(r.net, rig_rows(&r, RIG_ROWS, k));
		for (int i = 0; i < RIG_ROWS; i++)
			r.label[i] = i * 7 % k;
		rl_loss_labels(r.net, loss, r.label);
		snprintf(what, sizeof(what), "softmax cross-entropy over %d classes", k);
		rig_check(&r, what);
	}
}

/* ---- dropout ----------------------------------------------------------------------------------
 */

static double share_of_zeros(const float *x, size_t n)
{
	size_t zeros = 0;

	for (size_t i = 0; i < n; i++)
		zeros += x[i] == 0;
	return (double)zeros / (double)n;
}

static void test_dropout(const struct rig_variant *v)
{
	enum { N = 200, C = 301 };
	static float first[N * C], second[N * C], again[N * C];
	struct rig r;

	rig_open(&r, v, true);
	rig_end(&r, rl_dropout(r.net, rig_rows(&r, 40, 33), 8, 0.5));
	rig_check(&r, "dropout: forward and backward drop the same");

	rig_open(&r, v, true);
	rig_end(&r, rl_dropout(r.net, rig_map(&r, 2, 13, 5, 3), 1, 0.25));
	rig_check(&r, "dropout of a map");

	rig_open(&r, v, false);
	rl_val y = rl_dropout(r.net, rig_rows(&r, N, C), 1, 0.3);
	rl_net_keep(r.net, y);
	rl_net_plan(r.net);
	float *dropped[] = {first, second, again};
	for (int i = 0; i < 3; i++) {
		rl_net_set_draw(r.net, i % 2 ? 8 : 7);
		rig_feed(&r);
		rl_net_forward(r.net);
		rl_net_read(r.net, y, dropped[i]);
	}
	double share = share_of_zeros(first, N * C);
	ok(share > 0.295 && share < 0.305, "dropout drops its share: %.4f of 0.3", share);
	ok(!memcmp(first, again, sizeof(first)), "the same step drops the same");
	size_t both = 0;
	for (size_t i = 0; i < N * C; i++)
		both += first[i] == 0 && second[i] == 0;
	share = (double)both / (N * C);
	ok(share > 0.085 && share < 0.095, "another step drops independently: %.4f of 0.09", share);
	rig_close(&r);

	struct rl_net_config config = {.train = false};
	struct rl_params *p = rl_params_new();
	struct rl_net *n = rl_net_new(p, &config);
	rl_val x = rl_feed(n, 2, (int64_t[]){2, 2});
	ok(rl_dropout(n, x, 1, 0.5) == x, "no dropout in evaluation");
	rl_net_free(n);
	rl_params_free(p);
}

/* ---- the rules of the tape --------------------------------------------------------------------
 */

static rl_val conv3(struct rig *r, rl_val x, const char *name, int out)
{
	return rl_conv(r->net, x, name, (struct rl_conv){out, 3, 1, 1, 1});
}

static void test_readers(const struct rig_variant *v)
{
	struct rig r;

	rig_open(&r, v, true);
	rl_val x = rig_map(&r, 2, 16, 6, 6), a = conv3(&r, x, "a", 16);
	rig_end(&r, rl_relu(r.net, a));
	rig_end(&r, conv3(&r, a, "b", 9));
	rig_end(&r, rl_bnorm(r.net, a, "bn", norm(false, true)));
	rig_end(&r, a);
	rig_check(&r, "a value with four readers");

	rig_open(&r, v, true);
	x = rig_map(&r, 2, 16, 6, 6);
	a = rl_bnorm(r.net, conv3(&r, x, "a", 16), "bn", norm(false, false));
	rig_end(&r, rl_add_relu(r.net, a, x));
	rig_check(&r, "a shortcut around two ops");

	rig_open(&r, v, true);
	x = rig_map(&r, 2, 13, 6, 6);
	a = rl_relu(r.net, conv3(&r, x, "a", 13));
	rl_val b = rl_add_relu(r.net, conv3(&r, a, "b", 13), a);
	rig_end(&r, rl_add_relu(r.net, conv3(&r, b, "c", 13), b));
	rig_end(&r, rl_global_avgpool(r.net, b));
	rig_check(&r, "shortcuts in a row, channels that fill no vector");

	rig_open(&r, v, true);
	x = rig_rows(&r, 12, 10);
	a = rl_linear(r.net, x, "fc", 10, 0.1);
	b = rl_linear(r.net, a, "fc", 10, 0.1);
	rig_end(&r, rl_linear(r.net, b, "fc", 10, 0.1));
	rig_check(&r, "one layer three times");
}

static void test_towers(const struct rig_variant *v)
{
	struct rig r;

	rig_open(&r, v, true);
	for (int tower = 0; tower < 2; tower++) {
		/* Two batch sizes and layouts of x, one set of weights, one of statistics. */
		rl_val x = rig_map(&r, tower ? 1 : 8, 16, 8, 8);

		x = rl_bnorm(r.net, conv3(&r, x, "conv", 24), "bn", norm(false, true));
		rig_end(&r, rl_linear(r.net, rl_global_avgpool(r.net, x), "fc", 5, 0.1));
	}
	rig_check(&r, "two towers with the same parameters");

	rig_open(&r, v, true);
	for (int tower = 0; tower < 2; tower++)
		rig_end(&r, rl_bnorm(r.net, rig_rows(&r, 6, 10), "bn", norm(true, true)));
	rig_check(&r, "two readers of running statistics");
}

static void test_frozen(const struct rig_variant *v)
{
	struct rig r;

	rig_open(&r, v, false);
	rl_val x = rig_map(&r, 2, 8, 6, 6);
	rig_end(&r, conv3(&r, x, "conv", 16));
	rig_check(&r, "conv of a feed without gradient");

	rig_open(&r, v, false);
	rig_end(&r, rl_bnorm(r.net, rig_map(&r, 2, 8, 6, 6), "bn", norm(false, true)));
	rig_check(&r, "bnorm of a feed without gradient");

	rig_open(&r, v, false);
	rig_end(&r, rl_bnorm(r.net, rig_rows(&r, 9, 8), "bn", norm(true, false)));
	rig_check(&r, "bnorm of rows without gradient, on running statistics");

	rig_open(&r, v, false);
	rig_end(&r, rl_linear(r.net, rig_rows(&r, 9, 8), "fc", 4, 0.1));
	rig_check(&r, "linear of a feed without gradient");

	for (int left = 0; left < 2; left++) {
		rig_open(&r, v, false);
		x = rig_map(&r, 2, 8, 6, 6);
		rl_val y = conv3(&r, x, "conv", 8);
		rig_end(&r, left ? rl_add_relu(r.net, x, y) : rl_add_relu(r.net, y, x));
		rig_check(&r, left ? "add relu, only the right side learns"
				   : "add relu, only the left side learns");
	}

	for (int left = 0; left < 2; left++) {
		rig_open(&r, v, false);
		x = rig_rows(&r, 8, 6);
		rl_val y = rl_linear(r.net, rig_rows(&r, 8, 6), "fc", 6, 0.1);
		rig_end(&r, rl_linear_pairs(r.net, left ? x : y, left ? y : x, "pairs", 5, 0.01));
		rig_check(&r, left ? "linear of pairs, only the right side learns"
				   : "linear of pairs, only the left side learns");
	}

	/* A trunk of pools without parameters never runs backward. */
	rig_open(&r, v, false);
	x = rl_maxpool(r.net, rig_map(&r, 2, 8, 8, 8), (struct rl_pool){3, 2, 1});
	x = rl_relu(r.net, rl_avgpool(r.net, x, (struct rl_pool){2, 2, 0}));
	rig_end(&r, conv3(&r, x, "conv", 8));
	rig_check(&r, "a trunk without gradient below a learning op");

	/* An op whose output leads to no loss has no part in backward. */
	rig_open(&r, v, true);
	x = rig_map(&r, 2, 8, 6, 6);
	rl_val y = conv3(&r, x, "conv", 8);
	rl_relu(r.net, conv3(&r, y, "aside", 8));
	rig_end(&r, y);
	rig_check(&r, "a branch that leads to no loss");
}

int main(void)
{
	for (const struct rig_variant *v = rig_variants; v < rig_variants + RIG_VARIANTS; v++) {
		test_conv(v);
		test_bnorm(v);
		test_pool(v);
		test_elementwise(v);
		test_rows(v);
		test_dropout(v);
		test_readers(v);
		test_towers(v);
		test_frozen(v);
	}
	return tap_done();
}
