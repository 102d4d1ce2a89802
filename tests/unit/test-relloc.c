/* Relative location against independently computed numbers, in the reference's literal form of 16
 * patches an image and in ours of nine: one step's loss, logits, gradients and running statistics,
 * and the losses of twenty steps of SGD. */
#include "digest.h"
#include "fill.h"
#include "shadow.h"
#include "tap.h"

#include "base/err.h"
#include "models/relloc.h"
#include "nn/optim.h"
#include "nn/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	IMAGES = 4,
	PAIRS = IMAGES * RL_NEIGHBOURS,
	SIDE = 64,
	PATCH = 3 * SIDE * SIDE,
	PIXELS = IMAGES * RL_PATCHES * PATCH,
};

struct pretext {
	struct rl_params *params;
	struct rl_net *net;
	struct rl_relloc_net m;
	bool literal;
	int32_t label[PAIRS];
};

static void build(struct pretext *p, bool literal, bool keep)
{
	struct rl_net_config config = {.train = true, .feed_gradients = true};
	struct rl_relloc c = {.backbone = {50, 8, 32, false, false, 1},
			      .patch = SIDE,
			      .hidden = 64,
			      .neck_norm_momentum = 0.003,
			      .literal = literal};

	p->params = rl_params_new();
	p->net = rl_net_new(p->params, &config);
	p->m = rl_relloc(p->net, &c, IMAGES);
	p->literal = literal;
	rl_net_keep(p->net, p->m.logits);
	if (keep)
		shadow_keep(p->net);
	rl_net_plan(p->net);
	fill_params(p->params, "relloc.", 6, false);
	rl_relloc_labels(IMAGES, p->label);
	rl_loss_labels(p->net, p->m.loss, p->label);
}

static void destroy(struct pretext *p)
{
	rl_net_free(p->net);
	rl_params_free(p->params);
}

/* Where pair k finds its two patches among [IMAGES, 9]. */
static int neighbour_of(int k)
{
	return k / RL_NEIGHBOURS * RL_PATCHES + rl_relloc_cell(k % RL_NEIGHBOURS);
}

static int centre_of(int k)
{
	return k / RL_NEIGHBOURS * RL_PATCHES + RL_CENTRE;
}

static void feed(struct pretext *p, const float *x)
{
	float *patches = rl_malloc((size_t)PAIRS * PATCH * sizeof(*patches));
	int repeat = p->literal ? 1 : RL_NEIGHBOURS;

	for (int k = 0; k < PAIRS; k++)
		memcpy(patches + k * PATCH, x + neighbour_of(k) * PATCH, PATCH * sizeof(*x));
	rl_net_feed(p->net, p->m.neighbours, patches);
	for (int k = 0; k < PAIRS; k += repeat)
		memcpy(patches + k / repeat * PATCH, x + centre_of(k) * PATCH, PATCH * sizeof(*x));
	rl_net_feed(p->net, p->m.centres, patches);
	free(patches);
}

/* The gradient of the patches: a centre's is the sum over its copies. */
static void gather(const struct pretext *p, double *dx, const double *neighbours,
		   const double *centres)
{
	int repeat = p->literal ? 1 : RL_NEIGHBOURS;

	memset(dx, 0, PIXELS * sizeof(*dx));
	for (int k = 0; k < PAIRS; k++)
		for (int i = 0; i < PATCH; i++)
			dx[neighbour_of(k) * PATCH + i] += neighbours[k * PATCH + i];
	for (int k = 0; k < PAIRS; k += repeat)
		for (int i = 0; i < PATCH; i++)
			dx[centre_of(k) * PATCH + i] += centres[k / repeat * PATCH + i];
}

/* ---- one step ---------------------------------------------------------------------------------
 */

static double *widen(const float *x, size_t n)
{
	double *y = rl_malloc(n * sizeof(*y));

	for (size_t i = 0; i < n; i++)
		y[i] = x[i];
	return y;
}

static double *read_grad(const struct pretext *p, rl_val v)
{
	float *x = rl_calloc((size_t)PAIRS * PATCH, sizeof(*x));

	rl_net_read_grad(p->net, v, x);
	double *wide = widen(x, (size_t)PAIRS * PATCH);
	free(x);
	return wide;
}

static void shadow_against_golden(const struct pretext *p, const struct shadow *s)
{
	struct digest d = digest_open("relloc/step.npy");
	double *dx = rl_malloc(PIXELS * sizeof(*dx));
	double worst = digest_error(&d, &s->loss[p->m.loss], 1, 0);

	worst = fmax(worst, digest_error(&d, s->value[p->m.logits], PAIRS * RL_NEIGHBOURS, 0));
	gather(p, dx, s->grad[p->m.neighbours], s->grad[p->m.centres]);
	worst = fmax(worst, digest_error(&d, dx, PIXELS, 0));
	/* The neck's bias before batch norm has no gradient but rounding's. */
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_PARAM)
			worst = fmax(worst, digest_error(&d, s->dparam[i], p->params->list[i].count,
							 1e-9));
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_STATE)
			worst = fmax(worst,
				     digest_error(&d, s->param[i], p->params->list[i].count, 0));
	bool all = digest_close(&d);
	ok(worst < 1e-9 && all, "in double: the golden loss, logits, gradients and statistics");
	diag("worst: %.1e", worst);
	free(dx);
}

static void tape_against_golden(const struct pretext *p, bool other_sides)
{
	struct digest d = digest_open("relloc/step.npy");
	float loss = (float)rl_loss_value(p->net, p->m.loss), logits[PAIRS * RL_NEIGHBOURS];
	double *dx = rl_malloc(PIXELS * sizeof(*dx));
	double *dn = read_grad(p, p->m.neighbours), *dc = read_grad(p, p->m.centres);
	double forward = digest_error_f(&d, &loss, 1, 0), backward, statistics = 0;

	rl_net_read(p->net, p->m.logits, logits);
	forward = fmax(forward, digest_error_f(&d, logits, RL_LEN(logits), 0));
	gather(p, dx, dn, dc);
	backward = digest_error(&d, dx, PIXELS, 0);
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_PARAM)
			backward = fmax(backward, digest_error_f(&d, rl_params_grad(p->params, i),
								 p->params->list[i].count, 1e-4));
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_STATE)
			statistics = fmax(statistics,
					  digest_error_f(&d, rl_params_data(p->params, i),
							 p->params->list[i].count, 0));
	digest_close(&d);
	ok(forward < 1e-4, "in float: the golden loss and logits");
	ok(backward < (other_sides ? 0.05 : 1e-4), "in float: the golden gradients");
	ok(statistics < 5e-5, "in float: the golden running statistics");
	diag("worst: %.1e, %.1e, %.1e", forward, backward, statistics);
	free(dx);
	free(dn);
	free(dc);
}

static void test_step(struct pretext *p)
{
	float *x = rl_malloc(PIXELS * sizeof(*x));

	fill(x, PIXELS, "relloc.x", -2, 2);
	feed(p, x);
	struct shadow *s = shadow_new(p->net);
	rl_net_forward(p->net);
	rl_net_backward(p->net);
	shadow_run(s, true);
	shadow_agrees(s, 2e-4, 2e-3, "the tape against its shadow");
	bool other_sides = s->followed > 0;
	if (other_sides)
		shadow_run(s, false);
	shadow_against_golden(p, s);
	tape_against_golden(p, other_sides);
	shadow_free(s);
	free(x);
}

int main(void)
{
	for (int literal = 0; literal <= 1; literal++) {
		struct pretext p;

		diag(literal ? "sixteen patches an image" : "nine patches an image");
		build(&p, literal, true);
		test_step(&p);
		destroy(&p);
	}
	return tap_done();
}
