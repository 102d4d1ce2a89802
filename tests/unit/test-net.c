/* What holds for every tape: the same bits whatever shares memory, the same numbers whatever the
 * threads; what may be read when; averaged statistics; and what dies. */
#include "fill.h"
#include "tap.h"

#include "base/err.h"
#include "models/relloc.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 2, SIDE = 64, PATCH = 3 * SIDE * SIDE };

/* ---- one step of a whole network --------------------------------------------------------------
 */

struct result {
	double loss;
	float *grad, *state;
	size_t ngrad, nstate, memory;
};

static void feed_noise(struct rl_net *n, rl_val v, const char *name)
{
	int64_t dim[4], count = 1;

	for (int k = rl_net_shape(n, v, dim); k > 0; k--)
		count *= dim[k - 1];
	float *x = rl_malloc((size_t)count * sizeof(*x));
	fill(x, (size_t)count, name, -2, 2);
	rl_net_feed(n, v, x);
	free(x);
}

enum { TILES = 64 << 10 }; /* a cache that makes the small step run in tiles */

static struct result one_step(bool no_sharing, int threads, size_t cache)
{
	struct rl_net_config config = {
		.train = true, .no_sharing = no_sharing, .seed = 3, .cache = cache};
	struct rl_relloc c = {.backbone = {18, 8, 32, false, false, 1},
			      .patch = SIDE,
			      .hidden = 32,
			      .dropout = 0.5,
			      .neck_norm_momentum = 0.003,
			      .neck_std = 0.01,
			      .head_std = 0.005};
	int32_t label[IMAGES * RL_NEIGHBOURS];
	struct rl_params *p = rl_params_new();
	int before = omp_get_max_threads();

	omp_set_num_threads(threads);
	struct rl_net *n = rl_net_new(p, &config);
	struct rl_relloc_net m = rl_relloc(n, &c, IMAGES);
	rl_net_plan(n);
	fill_params(p, "", 3, false);
	rl_relloc_labels(IMAGES, label);
	rl_loss_labels(n, m.loss, label);
	rl_net_set_draw(n, 11);
	/* Twice: what the first step leaves behind in shared memory must not matter. */
	for (int i = 0; i < 2; i++) {
		feed_noise(n, m.neighbours, "neighbours");
		feed_noise(n, m.centres, "centres");
		rl_net_forward(n);
		rl_net_backward(n);
	}
	struct result r = {.loss = rl_loss_value(n, m.loss),
			   .grad = p->grad,
			   .state = p->state,
			   .ngrad = p->total,
			   .nstate = p->total_state,
			   .memory = rl_net_memory(n)};
	p->grad = p->state = NULL; /* the result's from here on */
	rl_net_free(n);
	rl_params_free(p);
	omp_set_num_threads(before);
	return r;
}

static void free_result(struct result *r)
{
	free(r->grad);
	free(r->state);
}

static bool same_bits(const struct result *a, const struct result *b)
{
	return a->loss == b->loss && !memcmp(a->grad, b->grad, a->ngrad * sizeof(float)) &&
	       !memcmp(a->state, b->state, a->nstate * sizeof(float));
}

static double distance(const float *a, const float *b, size_t n)
{
	double square = 0, norm = 1e-30;

	for (size_t i = 0; i < n; i++) {
		square += (double)(a[i] - b[i]) * (a[i] - b[i]);
		norm += (double)b[i] * b[i];
	}
	return sqrt(square / norm);
}

static void test_bits(void)
{
	int threads = omp_get_max_threads();
	struct result shared = one_step(false, threads, TILES);
	struct result again = one_step(false, threads, TILES);
	struct result unshared = one_step(true, threads, TILES);
	struct result whole = one_step(false, threads, SIZE_MAX);
	struct result one = one_step(false, 1, TILES), two = one_step(false, 2, TILES);

	ok(isfinite(shared.loss), "a step's loss is a number: %.6f", shared.loss);
	ok(same_bits(&shared, &again), "the same bits twice");
	ok(same_bits(&shared, &unshared), "the same bits with and without sharing memory");
	ok(shared.memory < unshared.memory, "sharing takes %zu KiB instead of %zu",
	   shared.memory >> 10, unshared.memory >> 10);
	ok(fabs(shared.loss / whole.loss - 1) < 1e-5 &&
		   distance(shared.state, whole.state, whole.nstate) < 1e-5 &&
		   distance(shared.grad, whole.grad, whole.ngrad) < 0.05,
	   "in tiles of images or not, the same to rounding: gradients within %.1e",
	   distance(shared.grad, whole.grad, whole.ngrad));
	ok(fabs(one.loss / two.loss - 1) < 1e-5 &&
		   distance(one.state, two.state, one.nstate) < 1e-5,
	   "the same loss and statistics on one thread and two, to rounding");
	/* A ReLU may fall on the other side. */
	ok(distance(one.grad, two.grad, one.ngrad) < 0.05,
	   "the same gradients on one thread and two, within %.1e",
	   distance(one.grad, two.grad, one.ngrad));
	free_result(&shared);
	free_result(&again);
	free_result(&unshared);
	free_result(&whole);
	free_result(&one);
	free_result(&two);
}

/* ---- values in and out ------------------------------------------------------------------------
 */

static rl_val small_net(struct rl_net *n, rl_val *x)
{
	*x = rl_feed(n, 4, (int64_t[]){2, 5, 6, 6});
	rl_val y = rl_conv(n, *x, "conv", (struct rl_conv){13, 3, 1, 1, 1});

	return rl_bnorm(
		n, y, "bn",
		(struct rl_bnorm){
			.momentum = 0.1, .eps = 1e-5, .running = true, .relu = true, .copies = 1});
}

static void test_values(void)
{
	enum { N = 2 * 13 * 6 * 6 };
	struct rl_params *p = rl_params_new();
	struct rl_net_config train = {.train = true}, infer = {.train = false};
	struct rl_net *a = rl_net_new(p, &train), *b = rl_net_new(p, &infer);
	float before[N], after[N], inferred[N];
	int32_t label[2] = {0, 2};
	rl_val x, ya = small_net(a, &x), yb;

	int loss = rl_softmax_ce(a, rl_linear(a, rl_global_avgpool(a, ya), "fc", 3, 0.1));
	rl_net_keep(a, ya);
	rl_net_plan(a);
	fill_params(p, "", 3, true);
	feed_noise(a, x, "x");
	rl_loss_labels(a, loss, label);
	rl_net_forward(a);
	rl_net_read(a, ya, before);
	rl_net_backward(a);
	rl_net_read(a, ya, after);
	ok(!memcmp(before, after, sizeof(before)), "a kept value outlives backward");

	/* A second tape on the same parameters. */
	yb = small_net(b, &x);
	rl_net_keep(b, yb);
	rl_net_plan(b);
	feed_noise(b, x, "x");
	rl_net_forward(b);
	rl_net_read(b, yb, inferred);
	ok(distance(inferred, before, N) < 1e-6, "a tape for inference computes the same");

	rl_params_data(p, rl_params_find(p, "conv.weight"))[0] += 1;
	p->version++;
	feed_noise(b, x, "x");
	rl_net_forward(b);
	rl_net_read(b, yb, after);
	ok(distance(after, inferred, N) > 1e-3, "a tape sees that parameters changed");
	rl_net_free(a);
	rl_net_free(b);
	rl_params_free(p);
}

/* Two images of which the second is fed first. */
static void test_images(void)
{
	enum { H = 3, W = 5, AREA = H * W };
	static const double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225};
	struct rl_params *p = rl_params_new();
	struct rl_net_config config = {.train = false};
	struct rl_net *n = rl_net_new(p, &config);
	rl_val x = rl_feed(n, 4, (int64_t[]){2, 3, H, W});
	uint8_t pixels[2 * AREA * 3];
	float plain[2 * 3 * AREA];
	double expected[2 * 3 * AREA];

	rl_net_keep(n, x);
	rl_net_plan(n);
	for (size_t i = 0; i < sizeof(pixels); i++)
		pixels[i] = (uint8_t)(i * 37 + i / 7);
	for (int i = 0; i < 2; i++)
		for (int c = 0; c < 3; c++)
			for (int j = 0; j < AREA; j++)
				expected[(i * 3 + c) * AREA + j] =
					(pixels[((1 - i) * AREA + j) * 3 + c] / 255.0 - mean[c]) /
					std[c];
	rl_net_feed_images(n, x, pixels, NULL, (int64_t[]){1, 0});
	rl_net_read(n, x, plain);
	ok(rel_error_f(plain, expected, RL_LEN(plain)) < 1e-7, "pixels are normalised and indexed");

	static const float lighting[2][3] = {{0.1f, -0.2f, 0}, {0.03f, 0, -0.07f}};
	for (int i = 0; i < 2 * 3 * AREA; i++)
		expected[i] += lighting[1 - i / (3 * AREA)][i / AREA % 3] / std[i / AREA % 3];
	rl_net_feed_images(n, x, pixels, lighting, (int64_t[]){1, 0});
	rl_net_read(n, x, plain);
	ok(rel_error_f(plain, expected, RL_LEN(plain)) < 1e-7, "each image has its own lighting");
	rl_net_free(n);
	rl_params_free(p);
}

/* ---- averaged statistics ----------------------------------------------------------------------
 */

static void test_accumulation(void)
{
	enum { BATCHES = 3, N = 4, C = 5, AREA = 9, COUNT = N * AREA };
	struct rl_params *p = rl_params_new();
	struct rl_net_config config = {.train = false};
	struct rl_net *n = rl_net_new(p, &config);
	rl_val x = rl_feed(n, 4, (int64_t[]){N, C, 3, 3});
	double mean[C] = {0}, var[C] = {0};

	rl_bnorm(n, x, "bn", (struct rl_bnorm){.momentum = 0.1, .eps = 1e-5, .copies = 1});
	rl_net_plan(n);
	feed_noise(n, x, "before");
	rl_net_forward(n);
	rl_net_accumulate_statistics(n, true);
	for (int b = 0; b < BATCHES; b++) {
		float batch[N * C * AREA];
		char name[32];

		snprintf(name, sizeof(name), "batch %d", b);
		fill(batch, RL_LEN(batch), name, -1 - b, 2 + b);
		rl_net_feed(n, x, batch);
		rl_net_forward(n);
		for (int c = 0; c < C; c++) {
			double sum = 0, square = 0;

			for (int i = 0; i < COUNT; i++) {
				double v = batch[(i / AREA * C + c) * AREA + i % AREA];

				sum += v;
				square += v * v;
			}
			mean[c] += sum / COUNT / BATCHES;
			var[c] += (square - sum * sum / COUNT) / (COUNT - 1) / BATCHES;
		}
	}
	ok(rel_error_f(rl_params_data(p, rl_params_find(p, "bn.running_mean")), mean, C) < 1e-6 &&
		   rel_error_f(rl_params_data(p, rl_params_find(p, "bn.running_var")), var, C) <
			   1e-6,
	   "accumulated statistics are the mean over batches, and forget what was before");
	rl_net_free(n);
	rl_params_free(p);
}

/* ---- what dies --------------------------------------------------------------------------------
 */

static void wrong_label(void *label)
{
	struct rl_net_config config = {.train = true};
	struct rl_net *n = rl_net_new(rl_params_new(), &config);
	rl_val x = rl_feed(n, 2, (int64_t[]){2, 3});
	int loss = rl_softmax_ce(n, x);
	float zero[6] = {0};

	rl_net_plan(n);
	rl_net_feed(n, x, zero);
	rl_loss_labels(n, loss, label);
	rl_net_forward(n);
}

static void wrong_tape(void *what)
{
	struct rl_net_config config = {.train = true};
	struct rl_net *n = rl_net_new(rl_params_new(), &config);
	rl_val map = rl_feed(n, 4, (int64_t[]){2, 3, 4, 4});
	rl_val other = rl_feed(n, 4, (int64_t[]){2, 3, 4, 5});
	rl_val rows = rl_feed(n, 2, (int64_t[]){6, 3}), four = rl_feed(n, 2, (int64_t[]){4, 3});
	float x[256];

	switch (*(char *)what) {
	case 'w': rl_conv(n, map, "conv", (struct rl_conv){8, 7, 1, 0, 1}); break;
	case 's': rl_add_relu(n, map, other); break;
	case 'p': rl_linear_pairs(n, rows, four, "fc", 5, 0.1); break;
	case 'l': rl_linear(n, map, "fc", 5, 0.1); break;
	case 'c': rl_softmax_ce(n, map); break;
	case 'g': rl_global_avgpool(n, rows); break;
	case 'd': rl_feed(n, 2, (int64_t[]){3, 0}); break;
	case 't':
		rl_linear(n, rows, "fc", 5, 0.1);
		rl_linear(n, rows, "fc", 6, 0.1);
		break;
	case 'r':
		rl_net_plan(n);
		rl_net_read(n, map, x);
		break;
	case 'q':
		rl_net_plan(n);
		rl_net_read_grad(n, map, x);
		break;
	case 'a':
		rl_net_plan(n);
		rl_feed(n, 2, (int64_t[]){3, 3});
		break;
	case 'n':
		rl_net_plan(n);
		rl_linear(n, rows, "fc", 5, 0.1);
		break;
	}
}

static void test_deaths(void)
{
	static const struct {
		char what[2];
		const char *says;
	} cases[] = {
		{"w", "a window of 7 does not fit into 4 pixels"},
		{"s", "the two sides of a sum differ in shape"},
		{"p", "fc: cannot pair 6 rows with 4"},
		{"l", "fc: a linear layer needs N,C"},
		{"c", "cross-entropy needs N,K"},
		{"g", "a global pool needs N,C,H,W"},
		{"d", "dimension 1 of a value is 0"},
		{"t", "fc.weight: used with two shapes in one network"},
		{"r", "was not kept"},
		{"q", "has no gradient to read"},
		{"a", "network changed after it was planned"},
		{"n", "fc.weight: the network has no such tensor"},
	};

	ok(dies(wrong_label, (int32_t[]){0, 3}, 1, "label 3 of row 1: not in 0 to 2"),
	   "a label too large dies");
	ok(dies(wrong_label, (int32_t[]){-1, 2}, 1, "label -1 of row 0: not in 0 to 2"),
	   "a negative label dies");
	for (size_t i = 0; i < RL_LEN(cases); i++)
		ok(dies(wrong_tape, (void *)cases[i].what, 1, cases[i].says), "dies: %s",
		   cases[i].says);
}

int main(void)
{
	test_deaths(); /* first: a fork has only one of the threads that later tests start */
	test_bits();
	test_values();
	test_images();
	test_accumulation();
	return tap_done();
}
