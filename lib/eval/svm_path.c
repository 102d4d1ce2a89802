#include "eval/svm_path.h"

#include "base/err.h"
#include "base/progress.h"
#include "eval/gram.h"
#include "eval/svm_step.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct run {
	const struct rl_svm_paths *s;
	size_t n;
	size_t *order; /* of the costs, ascending */
	size_t *turn;  /* [count]: where in that order a path is */
	struct rl_svm_path **path;

	/* what is asked for in this round: first in float, then in double */
	size_t *asking, fast, exact;
	float *fast_v, *fast_kv;
	double *fast_sum, *exact_v, *exact_kv;
};

/* Stable, so that equal costs keep their order too. */
static void sort_costs(struct run *r)
{
	const double *cost = r->s->cost;

	for (size_t i = 0; i < r->s->ncost; i++) {
		size_t j = i;

		for (; j && cost[r->order[j - 1]] > cost[i]; j--)
			r->order[j] = r->order[j - 1];
		r->order[j] = i;
	}
}

static struct run new_run(const struct rl_svm_paths *s)
{
	struct run r = {.s = s, .n = s->kernel->n};
	size_t count = s->count, entries = r.n * count + 1;

	r.order = rl_calloc(s->ncost + 1, sizeof(*r.order));
	r.turn = rl_calloc(count + 1, sizeof(*r.turn));
	r.asking = rl_calloc(count + 1, sizeof(*r.asking));
	r.path = rl_calloc(count + 1, sizeof(struct rl_svm_path *));
	r.fast_v = rl_realloc(NULL, entries, sizeof(*r.fast_v));
	r.fast_kv = rl_realloc(NULL, entries, sizeof(*r.fast_kv));
	r.exact_v = rl_realloc(NULL, entries, sizeof(*r.exact_v));
	r.exact_kv = rl_realloc(NULL, entries, sizeof(*r.exact_kv));
	r.fast_sum = rl_calloc(count + 1, sizeof(*r.fast_sum));
	for (size_t i = 0; i < count; i++)
		r.path[i] = rl_svm_path_new(s->y + i * r.n, r.n);
	sort_costs(&r);
	return r;
}

static void free_run(struct run *r)
{
	for (size_t i = 0; i < r->s->count; i++)
		rl_svm_path_free(r->path[i]);
	free(r->order);
	free(r->turn);
	free(r->asking);
	free(r->path);
	free(r->fast_v);
	free(r->fast_kv);
	free(r->exact_v);
	free(r->exact_kv);
	free(r->fast_sum);
}

static void begin_cost(struct run *r, size_t i)
{
	if (r->turn[i] < r->s->ncost)
		rl_svm_begin(r->path[i], r->s->kernel, r->s->cost[r->order[r->turn[i]]]);
}

static void gather(struct run *r)
{
	size_t n = r->n, count = r->s->count;

	r->fast = r->exact = 0;
	for (size_t i = 0; i < count; i++)
		if (r->path[i]->wait < RL_SVM_SURE)
			r->asking[r->fast++] = i;
	for (size_t i = 0; i < count; i++)
		if (r->path[i]->wait == RL_SVM_SURE || r->path[i]->wait == RL_SVM_EXACT)
			r->asking[r->fast + r->exact++] = i;
	for (size_t a = 0; a < r->fast + r->exact; a++) {
		const double *v = r->path[r->asking[a]]->asked;

		if (a >= r->fast) {
			memcpy(r->exact_v + (a - r->fast) * n, v, n * sizeof(*v));
			continue;
		}
		r->fast_sum[a] = 0;
		for (size_t i = 0; i < n; i++) {
			r->fast_v[a * n + i] = (float)v[i];
			r->fast_sum[a] += v[i];
		}
	}
}

static void hand_out(struct run *r, size_t a)
{
	size_t n = r->n, i = r->asking[a];
	struct rl_svm_path *p = r->path[i];

	if (a < r->fast)
		for (size_t j = 0; j < n; j++)
			p->given[j] = r->fast_kv[a * n + j];
	else
		memcpy(p->given, r->exact_kv + (a - r->fast) * n, n * sizeof(*p->given));
	if (!rl_svm_proceed(p, r->s->kernel))
		return;
	r->s->fitted(r->s->context, &(struct rl_svm_fit){i, r->order[r->turn[i]], p->beta, p->f,
							 p->gap.value / (p->gap.half + p->gap.loss),
							 p->gap.value <= RL_SVM_GAP * p->gap.half});
	r->turn[i]++;
	begin_cost(r, i);
}

/* Inside a parallel region OpenBLAS runs each call on the calling thread alone. */
void rl_svm_paths_run(const struct rl_svm_paths *s)
{
	struct run r = new_run(s);
	struct rl_progress progress =
		rl_progress_start(s->unit, (int64_t)(s->count * s->ncost), !s->unit);
	int saved = omp_get_max_threads();

	omp_set_num_threads(s->threads);
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < s->count; i++)
		begin_cost(&r, i);
	for (;;) {
		size_t done = 0;

		gather(&r);
		if (r.fast + r.exact == 0)
			break;
		if (r.fast)
			rl_kernel_times_fast(s->kernel, r.fast_v, r.fast_sum, r.fast, r.fast_kv,
					     s->threads);
		if (r.exact)
			rl_gram_cross(r.exact_v, r.exact, s->kernel->exact, s->kernel->n,
				      s->kernel->n, r.exact_kv, s->threads);
#pragma omp parallel for schedule(dynamic)
		for (size_t a = 0; a < r.fast + r.exact; a++)
			hand_out(&r, a);
		for (size_t i = 0; i < s->count; i++)
			done += r.turn[i];
		rl_progress_show(&progress, (int64_t)done);
	}
	omp_set_num_threads(saved);
	rl_progress_end(&progress, (int64_t)(s->count * s->ncost));
	free_run(&r);
}
