/* The gradient of a step is the mean over its samples, whichever micro-batch and rank had them, and
 * nothing is read before it is final. */
#include "crew.h"
#include "tap.h"

#include "base/err.h"
#include "train/gradient.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { PARAMS = 2500001, MOST = 4 }; /* several buckets, and no round number */

struct job {
	int micro; /* batches a step */
	int64_t samples[MOST][2];
	double worst;
	bool same;
};

static float gradient_of(int rank, int micro, size_t i)
{
	return (float)((i * 2654435761U + (unsigned)(7 * rank + micro) * 40503U) % 1000) / 999 -
	       0.5F;
}

static double expected(const struct job *job, int ranks, size_t i)
{
	double sum = 0, samples = 0;

	for (int r = 0; r < ranks; r++) {
		for (int k = 0; k < job->micro; k++) {
			sum += (double)job->samples[r][k] * gradient_of(r, k, i);
			samples += (double)job->samples[r][k];
		}
	}
	return sum / samples;
}

/* Gradients come from the end, piece by piece; what is still to come is no number. */
static void backward(struct rl_params *p, struct rl_gradient *g, int rank, int micro, bool last)
{
	for (size_t end = p->total; end;) {
		size_t from = end > 400000 ? end - 400000 : 0;

		for (size_t i = from; i < end; i++)
			p->grad[i] = gradient_of(rank, micro, i);
		if (last)
			rl_gradient_final(g, from);
		end = from;
	}
}

static void step(struct rl_comm *c, const struct job *job, struct rl_params *p,
		 struct rl_gradient *g, int64_t total)
{
	const int64_t *samples = job->samples[c->rank];

	for (int k = 0; k < job->micro; k++) {
		bool last = k + 1 == job->micro;

		if (last)
			rl_gradient_last(g, samples[k], total);
		for (size_t i = 0; i < p->total; i++)
			p->grad[i] = NAN;
		if (samples[k])
			backward(p, g, c->rank, k, last);
		if (!last)
			rl_gradient_add(g, samples[k]);
	}
	rl_gradient_end(g);
}

static void work(struct rl_comm *c, void *arg)
{
	struct job *job = arg;
	struct rl_params *p = rl_params_new();
	int64_t total = 0;
	double worst = 0;

	rl_params_declare(p, RL_PARAM, "w", 1, (int64_t[]){PARAMS}, RL_INIT_CONSTANT, 0);
	rl_params_allocate(p, 0);
	struct rl_gradient *g = rl_gradient_new(p, c, job->micro > 1);
	for (int r = 0; r < c->size; r++)
		for (int k = 0; k < job->micro; k++)
			total += job->samples[r][k];
	for (int again = 0; again < 2; again++)
		step(c, job, p, g, total);
	for (size_t i = 0; i < PARAMS; i++) {
		double error = fabs(p->grad[i] - expected(job, c->size, i));

		worst = error > worst || isnan(error) ? error : worst;
	}
	bool differ = rl_comm_differ(c, p->grad, PARAMS * sizeof(float));
	if (c->rank == 0)
		job->worst = worst;
	if (c->rank == 1)
		job->same = !differ;
	rl_gradient_free(g);
	rl_params_free(p);
}

static void check(const char *what, int ranks, struct job job)
{
	job.same = ranks == 1;
	crew_run(ranks, work, &job);
	ok(job.worst < 1e-6, "%s: the mean over all samples: %.1e", what, job.worst);
	ok(job.same, "%s: the same bits on all ranks", what);
}

int main(void)
{
	check("one micro-batch", 1, (struct job){1, {{3}}, 0, false});
	check("two micro-batches", 1, (struct job){2, {{3, 1}}, 0, false});
	check("two ranks", 2, (struct job){1, {{4}, {4}}, 0, false});
	check("unlike shares", 3, (struct job){1, {{4}, {2}, {1}}, 0, false});
	check("a rank with nothing", 3, (struct job){1, {{4}, {0}, {1}}, 0, false});
	check("and with micro-batches", 3, (struct job){2, {{4, 4}, {4, 0}, {0, 3}}, 0, false});
	return tap_done();
}
