/* ResNet-50 against independently computed numbers: training and evaluation, the stride in the 1x1
 * convolution, dilated stages; slim and at the paper's width. */
#include "digest.h"
#include "fill.h"
#include "shadow.h"
#include "tap.h"

#include "base/err.h"
#include "models/resnet.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

enum { IMAGES = 2, SIDE = 96, PIXELS = IMAGES * 3 * SIDE * SIDE };
enum { SLIM = 8, FULL = 64 };

static const struct testcase {
	const char *golden, *input;
	const char *tag; /* before the names of the parameters */
	int width, classes, output_stride;
	bool stride_in_1x1, train;
} cases[] = {
	{"slim_eval", "slim0", "slim.", SLIM, 10, 32, false, false},
	{"slim_s1x1_eval", "slim0", "slim.", SLIM, 10, 32, true, false},
	{"slim_train", "slim0", "slim.", SLIM, 10, 32, false, true},
	{"slim_os16_train", "slim0", "slim.", SLIM, 10, 16, false, true},
	{"slim_os8_train", "slim0", "slim.", SLIM, 10, 8, false, true},
	{"full_eval", "full1", "", FULL, 1000, 32, false, false},
	{"full_train", "full0", "", FULL, 1000, 32, false, true},
};

struct classifier {
	struct rl_params *params;
	struct rl_net *net;
	rl_val x, feature[RL_NFEATURES], pooled, logits;
	int loss;
	int32_t label[IMAGES];
};

static void build(struct classifier *c, const struct testcase *t)
{
	struct rl_net_config config = {.train = true, .feed_gradients = t->width == SLIM};
	struct rl_resnet r = {.depth = 50,
			      .width = t->width,
			      .output_stride = t->output_stride,
			      .stride_in_1x1 = t->stride_in_1x1,
			      .running = !t->train,
			      .copies = 1};

	c->params = rl_params_new();
	c->net = rl_net_new(c->params, &config);
	c->x = rl_feed(c->net, 4, (int64_t[]){IMAGES, 3, SIDE, SIDE});
	rl_resnet(c->net, &r, "", c->x, c->feature);
	c->pooled = rl_global_avgpool(c->net, c->feature[RL_STAGE4]);
	c->logits = rl_linear(c->net, c->pooled, "fc", t->classes, 0.01);
	c->loss = rl_softmax_ce(c->net, c->logits);
	shadow_keep(c->net);
	rl_net_plan(c->net);
}

static void feed(struct classifier *c, const struct testcase *t)
{
	float *pixels = rl_malloc(PIXELS * sizeof(*pixels)), label[IMAGES];
	char name[64];

	fill_params(c->params, t->tag, 1, true);
	snprintf(name, sizeof(name), "%s.x", t->input);
	fill(pixels, PIXELS, name, -2, 2);
	rl_net_feed(c->net, c->x, pixels);
	snprintf(name, sizeof(name), "%s.t", t->input);
	fill(label, IMAGES, name, 0, t->classes);
	for (int i = 0; i < IMAGES; i++)
		c->label[i] = (int32_t)label[i];
	rl_loss_labels(c->net, c->loss, c->label);
	free(pixels);
}

/* ---- comparing with golden tensors ------------------------------------------------------------
 */

/* Of the tape and, where there is one, its shadow. */
struct comparison {
	struct digest fast, slow;
	double fast_worst, slow_worst;
};

static void compare(struct comparison *c, const float *fast, const double *slow, size_t n)
{
	c->fast_worst = fmax(c->fast_worst, digest_error_f(&c->fast, fast, n, 1e-12));
	if (slow)
		c->slow_worst = fmax(c->slow_worst, digest_error(&c->slow, slow, n, 1e-12));
}

static void compare_value(struct comparison *c, struct rl_net *n, const struct shadow *s, rl_val v)
{
	int64_t dim[4], count = 1;

	for (int i = rl_net_shape(n, v, dim); i > 0; i--)
		count *= dim[i - 1];
	float *fast = rl_malloc((size_t)count * sizeof(*fast));
	rl_net_read(n, v, fast);
	compare(c, fast, s ? s->value[v] : NULL, (size_t)count);
	free(fast);
}

static void verdict(struct comparison *c, double fast, const char *golden, const char *what)
{
	/* The golden tensors were rounded to float. */
	ok(c->fast_worst <= fast && c->slow_worst <= 1e-7, "%s: %s", golden, what);
	diag("worst: %.1e in float, %.1e in double", c->fast_worst, c->slow_worst);
	c->fast_worst = c->slow_worst = 0;
}

/* A ReLU on the other side moves the gradients of so small a batch by percents. */
static void against_golden(struct classifier *m, const struct shadow *s, bool other_sides,
			   const struct testcase *t)
{
	struct comparison c = {0};
	struct rl_params *p = m->params;
	float loss = (float)rl_loss_value(m->net, m->loss), *gx = rl_malloc(PIXELS * sizeof(*gx));
	char path[64];

	snprintf(path, sizeof(path), "r50/%s.npy", t->golden);
	c.fast = digest_open(path);
	c.slow = digest_open(path);
	compare(&c, &loss, s ? &s->loss[m->loss] : NULL, 1);
	for (int i = 0; i < RL_NFEATURES; i++)
		compare_value(&c, m->net, s, m->feature[i]);
	compare_value(&c, m->net, s, m->pooled);
	compare_value(&c, m->net, s, m->logits);
	verdict(&c, 2e-5, t->golden, "loss, features, logits");

	if (s) {
		rl_net_read_grad(m->net, m->x, gx);
		compare(&c, gx, s->grad[m->x], PIXELS);
	}
	for (int i = 0; i < p->n; i++)
		if (p->list[i].kind == RL_PARAM)
			compare(&c, rl_params_grad(p, i), s ? s->dparam[i] : NULL,
				p->list[i].count);
	verdict(&c, other_sides ? 0.05 : 1e-4, t->golden, "gradients");

	for (int i = 0; i < p->n && t->train; i++)
		if (p->list[i].kind == RL_STATE)
			compare(&c, rl_params_data(p, i), s ? s->param[i] : NULL, p->list[i].count);
	if (t->train)
		verdict(&c, 1e-5, t->golden, "running statistics");
	bool all = digest_close(&c.fast);
	ok((digest_close(&c.slow) || !s) && all, "%s: every golden tensor compared", t->golden);
	free(gx);
}

/* ---- two ways to check ------------------------------------------------------------------------
 */

static void check_with_shadow(struct classifier *m, const struct testcase *t)
{
	struct shadow *s = shadow_new(m->net);

	rl_net_forward(m->net);
	rl_net_backward(m->net);
	shadow_run(s, true);
	shadow_agrees(s, 5e-5, 2e-4, "%s against its shadow", t->golden);
	bool other_sides = s->followed > 0;
	if (other_sides)
		shadow_run(s, false);
	against_golden(m, s, other_sides, t);
	shadow_free(s);
}

/* At full width a shadow takes too long, and so does the gradient of the pixels, which training
 * never asks for and oneDNN has no kernel for. */
static void check_alone(struct classifier *m, const struct testcase *t)
{
	rl_net_forward(m->net);
	rl_net_backward(m->net);
	against_golden(m, NULL, true, t);
}

/* One thread: beside another busy process, the barriers of so many small ops take most of the time.
 */
int main(void)
{
	omp_set_num_threads(1);
	for (size_t i = 0; i < RL_LEN(cases); i++) {
		struct classifier m;

		build(&m, &cases[i]);
		feed(&m, &cases[i]);
		(cases[i].width == FULL ? check_alone : check_with_shadow)(&m, &cases[i]);
		rl_net_free(m.net);
		rl_params_free(m.params);
	}
	return tap_done();
}
