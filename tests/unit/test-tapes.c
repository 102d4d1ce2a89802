/* Random tapes: the planner, the driver and every op in company they were not written for.  Values
 * and gradients against the twins; the same bits whatever shares memory and whatever lay there
 * before; inference that folds against inference that cannot.
 *
 *	test-tapes [SEED [COUNT]]
 *
 * runs those seeds alone, and of a single one shows the tape. */
#include "randomtape.h"
#include "shadow.h"
#include "tap.h"

#include "base/err.h"
#include "nn/tape.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 60 };

/* What memory and gradients hold before a run, byte by byte: as float, bfloat16 and double not a
 * number, or a huge one. */
enum { NOT_A_NUMBER = 0xff, HUGE_NUMBER = 0x7f };

/* ---- a run of a tape --------------------------------------------------------------------------
 */

struct way {
	uint64_t seed;
	bool layers, keep; /* keep every value, which then shares no memory nor is folded */
	int threads;
	unsigned char rubbish;
	struct rl_net_config config;
};

static void open_tape(struct random_tape *t, const struct way *w)
{
	struct rl_params *p;

	omp_set_num_threads(w->threads);
	random_tape_open(t, w->seed, w->layers, &w->config);
	if (w->keep)
		shadow_keep(t->net);
	t->net->held = w->rubbish;
	rl_net_plan(t->net);
	p = t->params;
	for (int i = 0; i < p->n; i++)
		if (w->config.train && p->list[i].kind == RL_PARAM)
			memset(rl_params_grad(p, i), w->rubbish, p->list[i].count * sizeof(float));
}

static void step(struct random_tape *t, const struct way *w)
{
	random_tape_fill(t);
	rl_net_forward(t->net);
	if (w->config.train)
		rl_net_backward(t->net);
}

/* What came of it: states, losses, gradients of parameters and feeds, what was looked at. */
struct result {
	float *number;
	size_t n;
};

static float *more(struct result *r, size_t n)
{
	r->n += n;
	r->number = rl_realloc(r->number, r->n, sizeof(*r->number));
	return r->number + r->n - n;
}

static struct result collect(struct random_tape *t)
{
	struct rl_net *n = t->net;
	const struct rl_params *p = t->params;
	struct result r = {0};

	memcpy(more(&r, p->total_state), p->state, p->total_state * sizeof(float));
	for (int i = 0; i < t->nend && !n->config.train; i++)
		rl_net_read(n, t->end[i], more(&r, rl_value_count(&n->value[t->end[i]])));
	if (!n->config.train)
		return r;
	memcpy(more(&r, p->total), p->grad, p->total * sizeof(float));
	for (int i = 0; i < t->nend; i++)
		*more(&r, 1) = (float)rl_loss_value(n, t->loss[i]);
	for (int i = 0; i < t->nfeed; i++)
		if (n->value[t->feed[i]].grad.base)
			rl_net_read_grad(n, t->feed[i],
					 more(&r, rl_value_count(&n->value[t->feed[i]])));
	return r;
}

static bool same(const struct result *a, const struct result *b)
{
	return a->n == b->n && !memcmp(a->number, b->number, a->n * sizeof(*a->number));
}

/* Two steps from the same start: what the first leaves behind must not matter. */
static struct result run(const struct way *w)
{
	struct random_tape t;
	struct result first, again;

	open_tape(&t, w);
	step(&t, w);
	first = collect(&t);
	step(&t, w);
	again = collect(&t);
	if (!same(&first, &again))
		ok(false, "seed %d: a second step is the first again", (int)w->seed);
	random_tape_close(&t);
	free(again.number);
	return first;
}

static void same_as(const struct result *expected, const struct way *w, const char *what)
{
	struct result r = run(w);

	ok(same(&r, expected), "seed %d: %s", (int)w->seed, what);
	free(r.number);
}

/* With memory shared and with none, the second a result to compare with. */
static struct result shared_or_not(struct way *w, const char *what)
{
	struct result r;

	w->config.no_sharing = true;
	w->rubbish = w->seed % 2 ? HUGE_NUMBER : NOT_A_NUMBER;
	r = run(w);
	w->config.no_sharing = false;
	w->rubbish = w->seed % 2 ? NOT_A_NUMBER : HUGE_NUMBER;
	same_as(&r, w, what);
	return r;
}

/* ---- training ---------------------------------------------------------------------------------
 */

static struct way way_of(uint64_t seed, bool train)
{
	static const size_t caches[] = {1, 2 << 10, 16 << 10, SIZE_MAX};

	return (struct way){.seed = seed,
			    .layers = true,
			    .keep = true,
			    .threads = 1 + (int)(seed / 4 % 2),
			    .rubbish = NOT_A_NUMBER,
			    .config = {.train = train,
				       .feed_gradients = seed % 3 > 0,
				       .seed = seed,
				       .cache = caches[seed % 4]}};
}

/* Gradients that were said to be final, as they were then. */
struct finals {
	const struct rl_params *params;
	float *grad;
	size_t from;
};

static void note_finals(void *ctx, size_t from)
{
	struct finals *f = ctx;

	for (; f->from > from; f->from--)
		f->grad[f->from - 1] = f->params->grad[f->from - 1];
}

static bool finals_stayed(const struct finals *f)
{
	return !memcmp(f->grad + f->from, f->params->grad + f->from,
		       (f->params->total - f->from) * sizeof(float));
}

static struct result against_twins(const struct way *w, bool show)
{
	struct random_tape t;
	struct finals f;
	struct shadow *s;
	struct result r;

	open_tape(&t, w);
	f = (struct finals){t.params, rl_calloc(t.params->total, sizeof(float)), t.params->total};
	rl_net_watch(t.net, note_finals, &f);
	random_tape_fill(&t);
	s = shadow_new(t.net);
	step(&t, w);
	shadow_run(s, true);
	shadow_agrees(s, 1e-4, 5e-3, "seed %d, trained", (int)w->seed);
	ok(finals_stayed(&f), "seed %d: gradients are final when it is said", (int)w->seed);
	if (show)
		rl_net_print(t.net, stdout);
	r = collect(&t);
	shadow_free(s);
	free(f.grad);
	random_tape_close(&t);
	return r;
}

static void test_training(uint64_t seed, bool show)
{
	struct way w = way_of(seed, true);
	struct result kept = against_twins(&w, show), unshared;

	w.keep = false;
	unshared = shared_or_not(&w, "the same gradients with and without sharing memory");
	ok(same(&kept, &unshared), "seed %d: the same gradients where every value is kept",
	   (int)seed);
	free(kept.number);
	free(unshared.number);
	w.config.bf16 = true;
	unshared = shared_or_not(&w, "in bfloat16, too");
	free(unshared.number);
}

static void test_threads(uint64_t seed)
{
	struct way w = way_of(seed, true);
	struct result one;

	w.layers = w.keep = false;
	w.threads = 1;
	one = run(&w);
	w.threads = 2;
	same_as(&one, &w, "without the library's layers, the same gradients on one thread and two");
	free(one.number);
}

/* ---- inference --------------------------------------------------------------------------------
 */

/* The values that were looked at, of a tape that folds, against the shadow of one that does not. */
static double distance(struct random_tape *t, const struct shadow *s)
{
	double worst = 0;

	for (int i = 0; i < t->nend; i++) {
		size_t count = rl_value_count(&t->net->value[t->end[i]]);
		float *x = rl_malloc(count * sizeof(*x));

		rl_net_read(t->net, t->end[i], x);
		worst = fmax(worst, rel_error_f(x, s->value[t->end[i]], count));
		free(x);
	}
	return worst;
}

static void test_inference(uint64_t seed, bool show)
{
	struct way w = way_of(seed, false);
	struct random_tape kept, folded;
	struct result unshared;
	struct shadow *s;

	open_tape(&kept, &w);
	random_tape_fill(&kept);
	s = shadow_new(kept.net);
	step(&kept, &w);
	shadow_run(s, false);
	shadow_agrees(s, 1e-4, 0, "seed %d, inference", (int)seed);
	w.keep = false;
	open_tape(&folded, &w);
	step(&folded, &w);
	ok(distance(&folded, s) < 1e-4, "seed %d: inference that folds: within %.1e", (int)seed,
	   distance(&folded, s));
	if (show)
		rl_net_print(folded.net, stdout);
	shadow_free(s);
	random_tape_close(&kept);
	random_tape_close(&folded);

	unshared = shared_or_not(&w, "the same values with and without sharing memory");
	free(unshared.number);
	w.config.bf16 = true;
	unshared = shared_or_not(&w, "in bfloat16, too");
	free(unshared.number);
}

int main(int argc, char **argv)
{
	int first = argc > 1 ? atoi(argv[1]) : 0;
	int count = argc > 2 ? atoi(argv[2]) : argc > 1 ? 1 : SEEDS;

	for (int seed = first; seed < first + count; seed++) {
		test_training((uint64_t)seed, argc == 2);
		test_inference((uint64_t)seed, argc == 2);
		test_threads((uint64_t)seed);
	}
	return tap_done();
}
