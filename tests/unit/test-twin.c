/* The twins themselves: each backward against central differences of its forward, in double. */
#include "fill.h"
#include "tap.h"
#include "twin.h"

#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* An op on two inputs and two parameters at most, its sizes, and the weights dy of the sum that is
 * differentiated. */
struct probe {
	double (*loss)(const struct probe *p);
	double *x[4], *dx[4], *dy, *y;
	int64_t n[4], ny; /* elements */
	struct nchw in;
	struct rl_conv conv;
	struct rl_bnorm bnorm;
	struct rl_pool pool;
	const int32_t *label;
	const bool *keep;
};

static double weighted(const struct probe *p)
{
	double sum = 0;

	for (int64_t i = 0; i < p->ny; i++)
		sum += p->y[i] * p->dy[i];
	return sum;
}

static void prepare(struct probe *p, const char *name)
{
	static const char *const tensor[] = {"a", "b", "c", "d"};

	for (int i = 0; i < 4; i++) {
		p->x[i] = filled(p->n[i], name, tensor[i], -1, 1);
		p->dx[i] = zeros(p->n[i]);
	}
	p->y = zeros(p->ny);
	p->dy = filled(p->ny, name, "dy", -1, 1);
}

/* The step is small against the distance of the inputs from any kink. */
static void differences(struct probe *p, const char *name)
{
	const double step = 1e-5;
	double worst = 0, scale = 0;

	for (int i = 0; i < 4; i++) {
		for (int64_t j = 0; j < p->n[i]; j++) {
			double was = p->x[i][j], above, below;

			p->x[i][j] = was + step;
			above = p->loss(p);
			p->x[i][j] = was - step;
			below = p->loss(p);
			p->x[i][j] = was;
			worst = fmax(worst, fabs((above - below) / (2 * step) - p->dx[i][j]));
			scale = fmax(scale, fabs(p->dx[i][j]));
		}
	}
	for (int i = 0; i < 4; i++) {
		free(p->x[i]);
		free(p->dx[i]);
	}
	free(p->y);
	free(p->dy);
	ok(scale > 0 && worst < 1e-7 * scale, "%s: central differences, within %.1e", name,
	   worst / scale);
}

static double conv_loss(const struct probe *p)
{
	twin_conv(p->y, p->x[0], p->x[1], p->in, p->conv);
	return weighted(p);
}

static void conv_differences(void)
{
	static const struct rl_conv conv[] = {{3, 1, 1, 0, 1}, {3, 3, 1, 1, 1}, {2, 3, 2, 1, 1},
					      {2, 7, 2, 3, 1}, {3, 3, 1, 2, 2}, {2, 3, 2, 2, 2}};

	for (size_t i = 0; i < RL_LEN(conv); i++) {
		struct probe p = {.loss = conv_loss, .in = {2, 3, 7, 6}, .conv = conv[i]};
		const struct rl_conv *c = &p.conv;

		p.n[0] = twin_count(p.in);
		p.n[1] = c->out * p.in.c * c->kernel * c->kernel;
		p.ny = twin_count(
			twin_slide(p.in, c->out, c->kernel, c->stride, c->pad, c->dilation));
		prepare(&p, "conv");
		twin_conv_backward(p.dx[0], p.dx[1], p.dy, p.x[0], p.x[1], p.in, *c);
		differences(&p, "conv");
	}
}

static double bnorm_loss(const struct probe *p)
{
	double mean[3], var[3], running_mean[3] = {0.1, -0.2, 0.3}, running_var[3] = {0.5, 1, 2};

	twin_bnorm(p->y, mean, var, running_mean, running_var, p->x[0], p->x[1], p->x[2], p->in,
		   p->bnorm);
	return weighted(p);
}

static void bnorm_differences(void)
{
	for (int mode = 0; mode < 4; mode++) {
		double mean[3], var[3], running_mean[3] = {0.1, -0.2, 0.3},
					running_var[3] = {0.5, 1, 2};
		struct probe p = {.loss = bnorm_loss, .in = {3, 3, 4, 2}};

		p.bnorm = (struct rl_bnorm){.momentum = 0.1,
					    .eps = 1e-5,
					    .running = mode & 1,
					    .relu = mode & 2,
					    .copies = 1};
		p.n[0] = p.ny = twin_count(p.in);
		p.n[1] = p.n[2] = p.in.c;
		prepare(&p, "bnorm");
		twin_bnorm(p.y, mean, var, running_mean, running_var, p.x[0], p.x[1], p.x[2], p.in,
			   p.bnorm);
		twin_bnorm_backward(p.dx[0], p.dx[1], p.dx[2], p.dy, p.x[0], p.y, mean, var, p.x[1],
				    p.in, p.bnorm);
		differences(&p, mode & 1 ? "bnorm, running" : "bnorm");
	}
}

static double relu_loss(const struct probe *p)
{
	twin_relu(p->y, p->x[0], p->ny);
	return weighted(p);
}

static double add_relu_loss(const struct probe *p)
{
	twin_add_relu(p->y, p->x[0], p->x[1], p->ny);
	return weighted(p);
}

static double dropout_loss(const struct probe *p)
{
	twin_dropout(p->y, p->x[0], p->keep, 0.3, p->ny);
	return weighted(p);
}

static void elementwise_differences(void)
{
	static const bool keep[50] = {true, false, true, true, [10] = true, [40] = true};
	struct probe p = {.loss = relu_loss, .n = {50}, .ny = 50};

	prepare(&p, "relu");
	p.loss(&p);
	twin_relu_backward(p.dx[0], p.dy, p.y, 50);
	differences(&p, "relu");

	p.loss = add_relu_loss;
	p.n[1] = 50;
	prepare(&p, "add relu");
	p.loss(&p);
	twin_add_relu_backward(p.dx[0], p.dx[1], p.dy, p.y, 50);
	differences(&p, "add relu");

	p.loss = dropout_loss;
	p.n[1] = 0;
	p.keep = keep;
	prepare(&p, "dropout");
	twin_dropout_backward(p.dx[0], p.dy, keep, 0.3, 50);
	differences(&p, "dropout");
}

static double maxpool_loss(const struct probe *p)
{
	twin_maxpool(p->y, p->x[0], p->in, p->pool);
	return weighted(p);
}

static double avgpool_loss(const struct probe *p)
{
	twin_avgpool(p->y, p->x[0], p->in, p->pool);
	return weighted(p);
}

static double global_loss(const struct probe *p)
{
	twin_global_avgpool(p->y, p->x[0], p->in);
	return weighted(p);
}

static void pool_differences(void)
{
	static const struct rl_pool pool[] = {{3, 2, 1}, {2, 2, 0}, {3, 1, 1}};
	struct probe p = {.in = {2, 3, 7, 6}};

	p.n[0] = twin_count(p.in);
	for (size_t i = 0; i < RL_LEN(pool); i++) {
		p.pool = pool[i];
		p.ny = twin_count(
			twin_slide(p.in, p.in.c, pool[i].kernel, pool[i].stride, pool[i].pad, 1));

		p.loss = maxpool_loss;
		prepare(&p, "max pool");
		twin_maxpool_backward(p.dx[0], p.dy, p.x[0], p.in, p.pool);
		differences(&p, "max pool");

		p.loss = avgpool_loss;
		prepare(&p, "average pool");
		twin_avgpool_backward(p.dx[0], p.dy, p.in, p.pool);
		differences(&p, "average pool");
	}
	p.loss = global_loss;
	p.ny = p.in.n * p.in.c;
	prepare(&p, "global pool");
	twin_global_avgpool_backward(p.dx[0], p.dy, p.in);
	differences(&p, "global pool");
}

static double linear_loss(const struct probe *p)
{
	twin_linear(p->y, p->x[0], p->x[1], p->x[2], 5, 7, 3);
	return weighted(p);
}

static double concat_loss(const struct probe *p)
{
	twin_concat_repeat(p->y, p->x[0], p->x[1], 6, 4, 2, 3);
	return weighted(p);
}

static double softmax_loss(const struct probe *p)
{
	return twin_softmax_ce(p->x[0], p->label, 4, 6);
}

static void rows_differences(void)
{
	static const int32_t label[] = {5, 0, 2, 2};
	struct probe p = {.loss = linear_loss, .n = {35, 21, 3}, .ny = 15};

	prepare(&p, "linear");
	twin_linear_backward(p.dx[0], p.dx[1], p.dx[2], p.dy, p.x[0], p.x[1], 5, 7, 3);
	differences(&p, "linear");

	p = (struct probe){.loss = concat_loss, .n = {24, 6}, .ny = 42};
	prepare(&p, "concat");
	twin_concat_repeat_backward(p.dx[0], p.dx[1], p.dy, 6, 4, 2, 3);
	differences(&p, "concat");

	p = (struct probe){.loss = softmax_loss, .n = {24}, .label = label};
	prepare(&p, "softmax cross-entropy");
	twin_softmax_ce_backward(p.dx[0], p.x[0], label, 4, 6);
	differences(&p, "softmax cross-entropy");
}

int main(void)
{
	conv_differences();
	bnorm_differences();
	elementwise_differences();
	pool_differences();
	rows_differences();
	return tap_done();
}
