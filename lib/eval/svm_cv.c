#include "eval/svm_cv.h"

#include "base/err.h"
#include "base/opt.h"
#include "base/rng.h"
#include "eval/ap.h"
#include "eval/svm_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double *rl_svm_costs(const char *list, size_t *n)
{
	if (list)
		return rl_parse_reals(list, 1e-12, 1e12, "--costs", n);

	double *cost = rl_calloc(19, sizeof(*cost));
	*n = 0;
	cost[(*n)++] = 1;
	cost[(*n)++] = 10;
	cost[(*n)++] = 100;
	for (int i = 4; i <= 19; i++)
		cost[(*n)++] = pow(0.5, i);
	return cost;
}

/* The rows sorted by class, classes by first appearance, are dealt to the folds in turn: that fixes
 * how many of each class a fold gets.  Which ones is simpler: each class fills fold 0 first, then
 * fold 1 and so on, in row order. */
void rl_svm_folds(const int8_t *y, size_t n, int nfold, int8_t *fold)
{
	size_t start = 0;

	for (int turn = 0; turn < 2; turn++) {
		bool first = turn == 0;
		size_t end = start, row = 0;

		for (size_t i = 0; i < n; i++)
			end += (y[i] == y[0]) == first;
		for (int f = 0; f < nfold; f++) {
			size_t quota = 0;

			for (size_t p = start; p < end; p++)
				quota += p % (size_t)nfold == (size_t)f;
			for (; quota; row++)
				if ((y[row] == y[0]) == first) {
					fold[row] = (int8_t)f;
					quota--;
				}
		}
		start = end;
	}
}

struct plan {
	const struct rl_svm_set *set;
	size_t n, nclass, ncost;
	const double *cost;
	const struct rl_svm_result *result;
	int8_t *y;    /* [nclass][n] */
	int8_t *fold; /* [nclass][n] */
	uint64_t seed;
};

/* rand() is seeded by what the fit is, not by who runs it. */
static uint32_t fit_seed(const struct plan *p, size_t fit)
{
	struct rl_rng r = rl_rng_make(p->seed, 0, fit, RL_RNG_SVM);

	return rl_rng_u32(&r);
}

/* The rows inside (or outside) a fold, ascending. */
static size_t select_rows(const struct plan *p, size_t c, int fold, bool inside, int32_t *row,
			  int8_t *y)
{
	size_t m = 0;

	for (size_t i = 0; i < p->n; i++)
		if ((p->fold[c * p->n + i] == fold) == inside) {
			y[m] = p->y[c * p->n + i];
			row[m++] = (int32_t)i;
		}
	return m;
}

struct fold_score {
	double ap, gap;
	bool converged;
};

/* Costs vary slowest: the benchmark's list starts with the large, slow ones. */
static void fit_fold(size_t fit, const void *context, void *result)
{
	const struct plan *p = context;
	struct fold_score *out = result;
	int fold = (int)(fit % RL_SVM_FOLDS);
	size_t c = fit / RL_SVM_FOLDS % p->nclass;
	double cost = p->cost[fit / RL_SVM_FOLDS / p->nclass];
	int32_t *row = rl_malloc(p->n * sizeof(*row));
	int8_t *y = rl_malloc(p->n);
	double *score = rl_malloc(p->n * sizeof(*score));
	double *v = rl_malloc((rl_svm_set_dim(p->set) + 1) * sizeof(*v));

	size_t m = select_rows(p, c, fold, false, row, y);
	out->converged = rl_svm_fit(p->set, row, m, y, cost, RL_SVM_EPS, fit_seed(p, fit), v);
	m = select_rows(p, c, fold, true, row, y);
	rl_svm_decide(p->set, v, row, m, score);
	for (size_t i = 0; i < m; i++)
		y[i] = y[i] > 0;
	out->ap = rl_ap_step(score, y, m);
	free(v);
	free(score);
	free(y);
	free(row);
}

/* result: dim + 1 weights, then 1 when converged. */
static void fit_all(size_t c, const void *context, void *result)
{
	const struct plan *p = context;
	double *v = result;
	int32_t *row = rl_malloc(p->n * sizeof(*row));

	for (size_t i = 0; i < p->n; i++)
		row[i] = (int32_t)i;
	v[rl_svm_set_dim(p->set) + 1] =
		rl_svm_fit(p->set, row, p->n, p->y + c * p->n, p->result[c].cost, RL_SVM_EPS,
			   fit_seed(p, p->ncost * p->nclass * RL_SVM_FOLDS + c), v);
	free(row);
}

static void deal(struct plan *p, const int8_t *label, const char *const *name)
{
	for (size_t c = 0; c < p->nclass; c++) {
		size_t positives = 0, at = c * p->n;

		for (size_t i = 0; i < p->n; i++) {
			p->y[at + i] = label[at + i] == 1 ? 1 : -1;
			positives += label[at + i] == 1;
		}
		if (positives < RL_SVM_FOLDS || p->n - positives < RL_SVM_FOLDS)
			rl_die("class %s: %zu positives and %zu negatives: cross-validation needs "
			       "at least %d of each, one for each fold",
			       name[c], positives, p->n - positives, RL_SVM_FOLDS);
		rl_svm_folds(p->y + at, p->n, RL_SVM_FOLDS, p->fold + at);
	}
}

static void choose(const struct plan *p, const struct fold_score *score,
		   struct rl_svm_result *result)
{
	for (size_t c = 0; c < p->nclass; c++) {
		result[c] = (struct rl_svm_result){.cv_ap = -1};
		for (size_t k = 0; k < p->ncost; k++) {
			double sum = 0;

			for (size_t f = 0; f < RL_SVM_FOLDS; f++) {
				const struct fold_score *s =
					&score[(k * p->nclass + c) * RL_SVM_FOLDS + f];

				sum += s->ap;
				result[c].gap = fmax(result[c].gap, s->gap);
				result[c].unconverged += !s->converged;
			}
			if (sum / RL_SVM_FOLDS > result[c].cv_ap) {
				result[c].cv_ap = sum / RL_SVM_FOLDS;
				result[c].cost = p->cost[k];
			}
		}
	}
}

void rl_svm_benchmark(const struct rl_svm_set *s, size_t n, size_t d, const int8_t *label,
		      size_t nclass, const char *const *name, const double *cost, size_t ncost,
		      uint64_t seed, const struct rl_workers *workers, struct rl_svm_result *result,
		      double *weight, double *bias)
{
	struct plan p = {s, n, nclass, ncost, cost, result, NULL, NULL, seed};
	size_t nfit = ncost * nclass * RL_SVM_FOLDS, dim = rl_svm_set_dim(s);

	p.y = rl_malloc(nclass * n + 1);
	p.fold = rl_malloc(nclass * n + 1);
	deal(&p, label, name);

	struct fold_score *score = rl_calloc(nfit, sizeof(*score));
	rl_workers_run(workers, nfit, fit_fold, &p, score, sizeof(*score));
	choose(&p, score, result);
	free(score);

	double *v = rl_calloc(nclass, (dim + 2) * sizeof(*v));
	struct rl_workers final = *workers;
	final.quiet = true; /* seconds */
	rl_workers_run(&final, nclass, fit_all, &p, v, (dim + 2) * sizeof(*v));
	for (size_t c = 0; c < nclass; c++) {
		rl_svm_weights(s, v + c * (dim + 2), weight + c * d);
		bias[c] = v[c * (dim + 2) + dim];
		result[c].converged = v[c * (dim + 2) + dim + 1] > 0;
	}
	free(v);
	free(p.fold);
	free(p.y);
}

/* Of a class, a path for each fold and one more for all rows. */
enum { PATHS = RL_SVM_FOLDS + 1 };

struct gram_plan {
	struct plan p;
	struct fold_score *score, *whole; /* [ncost][nclass][folds], [ncost][nclass] */
	double *beta;                     /* [ncost][nclass][n], of all rows */
};

static void keep(void *context, const struct rl_svm_fit *fit)
{
	const struct gram_plan *g = context;
	const struct plan *p = &g->p;
	size_t c = fit->path / PATHS, fold = fit->path % PATHS, at = fit->cost * p->nclass + c;
	struct fold_score score = {.gap = fit->gap, .converged = fit->converged};

	if (fold == RL_SVM_FOLDS) {
		memcpy(g->beta + at * p->n, fit->beta, p->n * sizeof(*g->beta));
		g->whole[at] = score;
		return;
	}
	int8_t *held = rl_malloc(p->n + 1); /* 1, 0, and -1 for the rows that were fitted to */
	for (size_t i = 0; i < p->n; i++)
		held[i] = p->fold[c * p->n + i] == (int8_t)fold ? p->y[c * p->n + i] > 0 : -1;
	score.ap = rl_ap_step(fit->decision, held, p->n);
	g->score[at * RL_SVM_FOLDS + fold] = score;
	free(held);
}

void rl_svm_benchmark_gram(const struct rl_kernel *k, const int8_t *label, size_t nclass,
			   const char *const *name, const double *cost, size_t ncost, int threads,
			   const char *unit, struct rl_svm_result *result, double *coef)
{
	size_t n = k->n, fits = ncost * nclass;
	struct gram_plan g = {.p = {.n = n, .nclass = nclass, .ncost = ncost, .cost = cost}};
	int8_t *y = rl_realloc(NULL, nclass * PATHS, n);

	g.p.y = rl_malloc(nclass * n + 1);
	g.p.fold = rl_malloc(nclass * n + 1);
	g.score = rl_calloc(fits * RL_SVM_FOLDS, sizeof(*g.score));
	g.whole = rl_calloc(fits, sizeof(*g.whole));
	g.beta = rl_realloc(NULL, fits * n, sizeof(*g.beta));
	deal(&g.p, label, name);
	for (size_t path = 0; path < nclass * PATHS; path++)
		for (size_t i = 0, c = path / PATHS; i < n; i++)
			y[path * n + i] = g.p.fold[c * n + i] == (int8_t)(path % PATHS)
						  ? 0
						  : g.p.y[c * n + i];
	rl_svm_paths_run(&(struct rl_svm_paths){.kernel = k,
						.y = y,
						.count = nclass * PATHS,
						.cost = cost,
						.ncost = ncost,
						.threads = threads,
						.unit = unit,
						.fitted = keep,
						.context = &g});
	choose(&g.p, g.score, result);
	for (size_t c = 0; c < nclass; c++)
		for (size_t i = ncost; i-- > 0;) {
			const struct fold_score *s = &g.whole[i * nclass + c];

			result[c].gap = fmax(result[c].gap, s->gap);
			if (cost[i] != result[c].cost) {
				result[c].unconverged += !s->converged;
				continue;
			}
			result[c].converged = s->converged;
			memcpy(coef + c * n, g.beta + (i * nclass + c) * n, n * sizeof(*coef));
		}
	free(g.beta);
	free(g.whole);
	free(g.score);
	free(g.p.fold);
	free(g.p.y);
	free(y);
}
