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
#include <omp.h>
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

static void build(struct pretext *p, bool literal, bool feed_gradients)
{
	struct rl_net_config config = {.train = true, .feed_gradients = feed_gradients};
	struct rl_relloc c = {.backbone = {50, 8, 32, false, false, 1},
			      .patch = SIDE,
			      .hidden = 64,
			      .neck_norm_momentum = 0.003,
			      .literal = literal};

	p->params = rl_params_new();
	p->net = rl_net_new(p->params, &config);
	p->m = rl_relloc(p->net, &c, IMAGES);
	p->literal = literal;
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

/* ---- one step ---------------------------------------------------------------------------------
 */

/* The gradient of the patches, nine an image: a pair's centre is the image's. */
static void gather(double *dx, const double *neighbours, const double *centres)
{
	for (int k = 0; k < PAIRS; k++) {
		memcpy(dx + neighbour_of(k) * PATCH, neighbours + k * PATCH, PATCH * sizeof(*dx));
		memcpy(dx + centre_of(k) * PATCH, centres + k / RL_NEIGHBOURS * PATCH,
		       PATCH * sizeof(*dx));
	}
}

static double *read_grad(const struct pretext *p, rl_val v)
{
	size_t count = (size_t)PAIRS * PATCH;
	float *x = rl_calloc(count, sizeof(*x));
	double *wide = rl_malloc(count * sizeof(*wide));

	rl_net_read_grad(p->net, v, x);
	for (size_t i = 0; i < count; i++)
		wide[i] = x[i];
	free(x);
	return wide;
}

/* In double the literal form and ours give the golden numbers but for rounding. */
static void shadow_against_golden(const struct pretext *p, const struct shadow *s)
{
	struct digest d = digest_open("relloc/step.npy");
	double worst = digest_error(&d, &s->loss[p->m.loss], 1, 0);

	worst = fmax(worst, digest_error(&d, s->value[p->m.logits], PAIRS * RL_NEIGHBOURS, 0));
	if (p->literal) {
		digest_skip(&d);
	} else {
		double *dx = rl_malloc(PIXELS * sizeof(*dx));

		gather(dx, s->grad[p->m.neighbours], s->grad[p->m.centres]);
		worst = fmax(worst, digest_error(&d, dx, PIXELS, 0));
		free(dx);
	}
	/* The bias that batch norm takes away again has no gradient but rounding's. */
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_PARAM)
			worst = fmax(worst, digest_error(&d, s->dparam[i], p->params->list[i].count,
							 1e-4));
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_STATE)
			worst = fmax(worst,
				     digest_error(&d, s->param[i], p->params->list[i].count, 0));
	bool all = digest_close(&d);
	ok(worst < 1e-9 && all, "in double: the golden loss, logits, gradients and statistics");
	diag("worst: %.1e", worst);
}

static void tape_against_golden(const struct pretext *p, bool other_sides)
{
	struct digest d = digest_open("relloc/step.npy");
	float loss = (float)rl_loss_value(p->net, p->m.loss), logits[PAIRS * RL_NEIGHBOURS];
	double forward = digest_error_f(&d, &loss, 1, 0), backward = 0, statistics = 0;

	rl_net_read(p->net, p->m.logits, logits);
	forward = fmax(forward, digest_error_f(&d, logits, RL_LEN(logits), 0));
	if (p->literal) {
		digest_skip(&d);
	} else {
		double *dn = read_grad(p, p->m.neighbours), *dc = read_grad(p, p->m.centres);
		double *dx = rl_malloc(PIXELS * sizeof(*dx));

		gather(dx, dn, dc);
		backward = digest_error(&d, dx, PIXELS, 0);
		free(dn);
		free(dc);
		free(dx);
	}
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_PARAM)
			backward = fmax(backward, digest_error_f(&d, rl_params_grad(p->params, i),
								 p->params->list[i].count, 1e-4));
	for (int i = 0; i < p->params->n; i++)
		if (p->params->list[i].kind == RL_STATE)
			statistics =
				fmax(statistics, digest_error_f(&d, rl_params_data(p->params, i),
								p->params->list[i].count, 0));
	digest_close(&d);
	ok(forward < 2e-4, "in float: the golden loss and logits");
	ok(backward < (other_sides ? 0.05 : 1e-3), "in float: the golden gradients");
	ok(statistics < 1e-4, "in float: the golden running statistics");
	diag("worst: %.1e, %.1e, %.1e", forward, backward, statistics);
}

static void test_step(bool literal)
{
	float *x = rl_malloc(PIXELS * sizeof(*x));
	struct pretext p;

	diag(literal ? "sixteen patches an image" : "nine patches an image");
	build(&p, literal, !literal);
	fill(x, PIXELS, "relloc.x", -2, 2);
	feed(&p, x);
	struct shadow *s = shadow_new(p.net);
	rl_net_forward(p.net);
	rl_net_backward(p.net);
	shadow_run(s, true);
	shadow_agrees(s, 5e-4, 2e-3, "the tape against its shadow");
	bool other_sides = s->followed > 0;
	if (other_sides)
		shadow_run(s, false);
	shadow_against_golden(&p, s);
	tape_against_golden(&p, other_sides);
	shadow_free(s);
	destroy(&p);
	free(x);
}

/* ---- twenty steps -----------------------------------------------------------------------------
 */

/* Every cell and channel of a step has a brightness of its own, so that there is a task to learn.
 */
static void step_input(float *x, int step)
{
	float offset[RL_PATCHES * 3];
	char name[32];

	fill(offset, RL_LEN(offset), "relloc.off", -1, 1);
	snprintf(name, sizeof(name), "relloc.x%d", step);
	fill(x, PIXELS, name, -2, 2);
	for (int i = 0; i < PIXELS; i++)
		x[i] += offset[i / (SIDE * SIDE) % (RL_PATCHES * 3)];
}

static double decay_of(const struct rl_param *p)
{
	return strncmp(p->name, "backbone.", 9) ? 5e-4 : 1e-4;
}

/* One step of SGD on the shadow's own parameters; its running statistics go on from where they are.
 */
static void shadow_sgd(struct shadow *s, const struct rl_params *p, double **momentum, double lr)
{
	for (int i = 0; i < p->n; i++) {
		const struct rl_param *q = &p->list[i];

		for (size_t j = 0; j < q->count && q->kind == RL_STATE; j++)
			s->start[i][j] = s->param[i][j];
		for (size_t j = 0; j < q->count && q->kind == RL_PARAM; j++) {
			momentum[i][j] = 0.9 * momentum[i][j] + s->dparam[i][j] +
					 decay_of(q) * s->start[i][j];
			s->start[i][j] -= lr * momentum[i][j];
		}
	}
}

/* In double the twins follow the golden losses for as long as we care to wait, but for inputs that
 * are rounded to float here. */
static void test_training_in_double(const double *lr, const double *loss)
{
	enum { STEPS = 3 };
	float *x = rl_malloc(PIXELS * sizeof(*x));
	double worst = 0;
	struct pretext p;

	build(&p, false, false);
	double **momentum = rl_calloc((size_t)p.params->n, sizeof(*momentum));
	for (int i = 0; i < p.params->n; i++)
		momentum[i] = rl_calloc(p.params->list[i].count, sizeof(**momentum));
	step_input(x, 0);
	feed(&p, x);
	struct shadow *s = shadow_new(p.net);
	for (int i = 0; i < STEPS; i++) {
		step_input(x, i);
		feed(&p, x);
		shadow_feeds(s);
		shadow_run(s, false);
		shadow_sgd(s, p.params, momentum, lr[i]);
		worst = fmax(worst, fabs(s->loss[p.m.loss] / loss[i] - 1));
	}
	ok(worst < 1e-6, "in double: the losses of the first %d steps", STEPS);
	diag("worst: %.1e", worst);
	for (int i = 0; i < p.params->n; i++)
		free(momentum[i]);
	free(momentum);
	shadow_free(s);
	destroy(&p);
	free(x);
}

/* Float follows until a ReLU falls on the other side; then so chaotic a training (batch norm over
 * few patches at this rate) goes its own way, to the same end. */
static void test_training(const double *lr, const double *loss)
{
	enum { STEPS = 20, TIGHT = 3 };
	struct rl_schedule schedule = {
		.base = 0.01, .warmup = 10, .warmup_ratio = 0.1, .gamma = 0.1};
	float *x = rl_malloc(PIXELS * sizeof(*x));
	double tight = 0, loose = 0, rate = 0;
	struct pretext p;

	build(&p, false, false);
	for (int i = 0; i < p.params->n; i++)
		p.params->list[i].weight_decay = decay_of(&p.params->list[i]);
	struct rl_optim *o = rl_optim_new(RL_SGD, 0.9, p.params);
	for (int i = 0; i < STEPS; i++) {
		double *worst = i < TIGHT ? &tight : &loose;

		step_input(x, i);
		feed(&p, x);
		rl_net_forward(p.net);
		rl_net_backward(p.net);
		rate = fmax(rate, fabs(rl_schedule_lr(&schedule, i) / lr[i] - 1));
		rl_optim_step(o, p.params, rl_schedule_lr(&schedule, i));
		*worst = fmax(*worst, fabs(rl_loss_value(p.net, p.m.loss) / loss[i] - 1));
		diag("step %2d: loss %.6f, golden %.6f", i, rl_loss_value(p.net, p.m.loss),
		     loss[i]);
	}
	ok(rate < 1e-12, "the learning rates of twenty steps");
	ok(tight < 1e-3, "in float: the losses of the first %d steps, within %.1e", TIGHT, tight);
	ok(loose < 0.5 && rl_loss_value(p.net, p.m.loss) < 0.6 * loss[0],
	   "in float: the losses after them, loosely, within %.2f", loose);
	rl_optim_free(o);
	destroy(&p);
	free(x);
}

/* One thread: beside another busy process, the barriers of so many small ops take most of the time.
 */
int main(void)
{
	double *train = golden("relloc/train20.npy", NULL); /* learning rates, then losses */

	omp_set_num_threads(1);
	test_step(false);
	test_step(true);
	test_training_in_double(train, train + 20);
	test_training(train, train + 20);
	free(train);
	return tap_done();
}
