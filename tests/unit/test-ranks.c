/* What ranks do together, on ranks that are threads: batch statistics, masks, and which gradients
 * are final when. */
#include "crew.h"
#include "fill.h"
#include "tap.h"

#include "base/err.h"
#include "models/relloc.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* ---- one step of a small network, its samples dealt out to ranks ------------------------------
 */

enum { SAMPLES = 11, ROWS = 2, PIXELS = 3 * 6 * 6, CLASSES = 4, RANKS = 4 };

struct step {
	int samples;
	bool sync;
	/* What comes out: the mean gradient over all samples, and the states of each rank. */
	double *grad;
	float *state[RANKS];
	size_t ngrad, nstate;
};

static rl_val network(struct rl_net *n, rl_val x)
{
	struct rl_bnorm norm = {.momentum = 0.1, .eps = 1e-5, .relu = true, .copies = 1};

	x = rl_conv(n, x, "conv", (struct rl_conv){8, 3, 1, 1, 1});
	x = rl_bnorm(n, x, "bn1", norm);
	x = rl_conv(n, x, "deep", (struct rl_conv){13, 3, 2, 1, 1});
	norm.relu = false;
	x = rl_global_avgpool(n, rl_bnorm(n, x, "bn2", norm));
	x = rl_linear(n, x, "fc", 15, 0.3);
	x = rl_dropout(n, rl_bnorm(n, x, "bn3", norm), ROWS, 0.3);
	return rl_linear(n, x, "out", CLASSES, 0.3);
}

static void run_rank(struct rl_comm *c, void *arg)
{
	struct step *s = arg;
	int mine = (s->samples - c->rank + c->size - 1) / c->size, rows = (mine ? mine : 1) * ROWS;
	struct rl_params *p = rl_params_new();
	struct rl_net_config config = {.train = true, .seed = 5, .comm = c, .sync_bn = s->sync};
	struct rl_net *n = rl_net_new(p, &config);
	rl_val x = rl_feed(n, 4, (int64_t[]){rows, 3, 6, 6});
	int loss = rl_softmax_ce(n, network(n, x));
	float *pixels = rl_calloc((size_t)rows * PIXELS, sizeof(*pixels));
	int32_t *label = rl_calloc((size_t)rows, sizeof(*label));

	for (int i = 0; i < mine; i++) {
		int sample = i * c->size + c->rank;
		char *name = rl_asprintf("sample %d", sample);

		fill(pixels + i * ROWS * PIXELS, ROWS * PIXELS, name, -1, 1 + sample);
		for (int row = 0; row < ROWS; row++)
			label[i * ROWS + row] = (sample + row) % CLASSES;
		free(name);
	}
	rl_net_plan(n);
	rl_net_set_draw(n, 3);
	rl_net_set_weight(n, mine);
	rl_net_feed(n, x, pixels);
	rl_loss_labels(n, loss, label);
	rl_net_forward(n);
	rl_net_backward(n);

	double *share = rl_calloc(p->total, sizeof(*share));
	for (size_t i = 0; i < p->total; i++)
		share[i] = mine ? (double)p->grad[i] * mine / s->samples : 0;
	c->sum(c, share, p->total);
	s->state[c->rank] = rl_malloc(p->total_state * sizeof(float));
	memcpy(s->state[c->rank], p->state, p->total_state * sizeof(float));
	if (c->rank == 0) {
		s->grad = share;
		s->ngrad = p->total;
		s->nstate = p->total_state;
	} else {
		free(share);
	}
	free(pixels);
	free(label);
	rl_net_free(n);
	rl_params_free(p);
}

static struct step step(int ranks, int samples, bool sync)
{
	struct step s = {.samples = samples, .sync = sync};

	crew_run(ranks, run_rank, &s);
	return s;
}

static void free_step(struct step *s)
{
	free(s->grad);
	for (int r = 0; r < RANKS; r++)
		free(s->state[r]);
}

static double states_error(const struct step *a, int rank, const struct step *b)
{
	double worst = 0;

	for (size_t i = 0; i < a->nstate; i++)
		worst = fmax(worst, fabs(a->state[rank][i] - (double)b->state[0][i]) /
					    fmax(1, fabs((double)b->state[0][i])));
	return worst;
}

static void compare(int ranks, int samples)
{
	struct step one = step(1, samples, true), many = step(ranks, samples, true);
	struct step apart = step(ranks, samples, false), again = step(ranks, samples, true);
	double error = rel_error(many.grad, one.grad, one.ngrad), worst = 0;
	bool equal = true;

	ok(error < 1e-5, "%d samples on %d ranks have the gradient of one rank: %.1e", samples,
	   ranks, error);
	for (int r = 0; r < ranks; r++) {
		worst = fmax(worst, states_error(&many, r, &one));
		equal &= !memcmp(many.state[r], many.state[0], many.nstate * sizeof(float));
	}
	ok(worst < 1e-6, "and its running statistics: %.1e", worst);
	ok(equal, "the same bits on each");
	ok(!memcmp(many.grad, again.grad, many.ngrad * sizeof(*many.grad)) &&
		   !memcmp(many.state[0], again.state[0], many.nstate * sizeof(float)),
	   "and again");
	error = rel_error(apart.grad, one.grad, one.ngrad);
	ok(error > 1e-2, "but not with statistics of their own: %.1e", error);
	free_step(&one);
	free_step(&many);
	free_step(&apart);
	free_step(&again);
}

/* ---- which gradients are final when -----------------------------------------------------------
 */

struct watch {
	const struct rl_params *params;
	float *seen; /* the gradient as it was when it was called final */
	size_t from;
	int moves;
	bool rises;
};

static void final(void *ctx, size_t from)
{
	struct watch *w = ctx;

	w->rises |= from > w->from;
	if (from >= w->from)
		return;
	memcpy(w->seen + from, w->params->grad + from, (w->from - from) * sizeof(*w->seen));
	w->from = from;
	w->moves++;
}

/* Two towers share the backbone: its gradients are final in the second alone. */
static void test_final(void)
{
	struct rl_relloc conf = {.backbone = {18, 8, 32, false, false, 1},
				 .patch = 32,
				 .hidden = 32,
				 .neck_norm_momentum = 0.1,
				 .neck_std = 0.1,
				 .head_std = 0.1};
	struct rl_params *p = rl_params_new();
	struct rl_net *n = rl_net_new(p, &(struct rl_net_config){.train = true});
	struct rl_relloc_net m = rl_relloc(n, &conf, 2);
	static uint8_t patches[2 * RL_PATCHES * 32 * 32 * 3];
	int32_t label[2 * RL_NEIGHBOURS];
	int64_t index[2 * RL_NEIGHBOURS];

	for (size_t i = 0; i < sizeof(patches); i++)
		patches[i] = (uint8_t)(i * 2654435761U >> 24);
	rl_relloc_labels(2, label);
	rl_net_plan(n);
	struct watch w = {p, rl_calloc(p->total, sizeof(float)), p->total, 0, false};
	rl_net_watch(n, final, &w);
	rl_relloc_feed(n, &m, &conf, 2, (struct rl_patch_pixels){.levels = patches}, index);
	rl_loss_labels(n, m.loss, label);
	rl_net_forward(n);
	rl_net_backward(n);
	ok(w.from == 0 && !w.rises, "in the end all gradients are final");
	ok(w.moves > 20, "and many before: in %d pieces", w.moves);
	ok(!memcmp(w.seen, p->grad, p->total * sizeof(float)), "which do not change again");
	free(w.seen);
	rl_net_free(n);
	rl_params_free(p);
}

int main(void)
{
	omp_set_num_threads(1);
	compare(2, SAMPLES);
	compare(4, SAMPLES);
	compare(4, 3); /* one is absent */
	test_final();
	return tap_done();
}
