#include "eval/lowshot.h"

#include "base/err.h"
#include "base/rng.h"
#include "eval/ap.h"
#include "eval/gram_svm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One task is all costs of a (k, sample, class).  The rows it costs most to fit come first. */
struct place {
	size_t shot, sample, c;
};

static struct place place(const struct rl_lowshot *l, size_t task)
{
	return (struct place){l->nshot - 1 - task / l->nclass / l->samples,
			      task / l->nclass % l->samples, task % l->nclass};
}

static size_t count(const int8_t *label, size_t n, int value)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += label[i] == value;
	return found;
}

static void need(const struct rl_lowshot *l, size_t c, int k, const char *what, size_t have,
		 size_t want)
{
	if (have < want)
		rl_die("class %s: %zu %s in the training set, k = %d needs %zu; leave this k out "
		       "of --shots",
		       l->name[c], have, what, k, want);
}

void rl_lowshot_check(const struct rl_lowshot *l)
{
	for (size_t c = 0; c < l->nclass; c++) {
		const int8_t *label = l->train_label + c * l->ntrain;

		for (size_t i = 0; i < l->nshot; i++) {
			size_t k = (size_t)l->shot[i];

			need(l, c, l->shot[i], "positives", count(label, l->ntrain, 1), k);
			need(l, c, l->shot[i], "negatives", count(label, l->ntrain, 0),
			     (l->nclass - 1) * k);
		}
	}
}

/* `want` of the rows with this label, in the order drawn. */
static void draw(const int8_t *label, size_t n, int value, size_t want, struct rl_rng *r,
		 int32_t *row)
{
	int64_t *candidate = rl_malloc((n + 1) * sizeof(*candidate));
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (label[i] == value)
			candidate[found++] = (int64_t)i;
	rl_rng_shuffle(r, candidate, found);
	for (size_t i = 0; i < want; i++)
		row[i] = (int32_t)candidate[i];
	free(candidate);
}

size_t rl_lowshot_draw(const struct rl_lowshot *l, size_t sample, int k, size_t c, int32_t *row,
		       int8_t *y)
{
	const int8_t *label = l->train_label + c * l->ntrain;
	size_t positives = (size_t)k, negatives = (l->nclass - 1) * positives;
	struct rl_rng r =
		rl_rng_make(l->seed, (uint32_t)sample, (uint64_t)k << 32 | c, RL_RNG_LOWSHOT);

	draw(label, l->ntrain, 1, positives, &r, row);
	draw(label, l->ntrain, 0, negatives, &r, row + positives);
	memset(y, 1, positives);
	memset(y + positives, -1, negatives);
	return positives + negatives;
}

struct plan {
	const struct rl_lowshot *l;
	const double *gram, *cross;
};

/* result[ncost] = test AP. */
static void fit_draw(size_t task, const void *context, void *result)
{
	const struct plan *p = context;
	const struct rl_lowshot *l = p->l;
	struct place at = place(l, task);
	int k = l->shot[at.shot];
	int32_t *row = rl_malloc(l->nclass * (size_t)k * sizeof(*row));
	int8_t *y = rl_malloc(l->nclass * (size_t)k);
	double *coef = rl_malloc(l->nclass * (size_t)k * sizeof(*coef));
	double *score = rl_malloc(l->ntest * sizeof(*score)), *ap = result;

	size_t m = rl_lowshot_draw(l, at.sample, k, at.c, row, y);
	struct rl_gram_svm *svm = rl_gram_svm_new(p->gram, l->ntrain, row, m, y);
	for (size_t i = 0; i < l->ncost; i++) {
		rl_gram_svm_fit(svm, l->cost[i], RL_GRAM_SVM_EPS, coef);
		memset(score, 0, l->ntest * sizeof(*score));
		for (size_t j = 0; j < m; j++) {
			const double *x = p->cross + (size_t)row[j] * l->ntest;

			for (size_t t = 0; coef[j] != 0 && t < l->ntest; t++)
				score[t] += coef[j] * (x[t] + 1);
		}
		ap[i] = rl_ap_area(score, l->test_label + at.c * l->ntest, l->ntest);
	}
	rl_gram_svm_free(svm);
	free(score);
	free(coef);
	free(y);
	free(row);
}

static struct rl_lowshot_stat summarise(const double *value, size_t n)
{
	struct rl_lowshot_stat s = {0, value[0], value[0], 0};

	for (size_t i = 0; i < n; i++) {
		s.mean += value[i] / (double)n;
		s.min = fmin(s.min, value[i]);
		s.max = fmax(s.max, value[i]);
	}
	for (size_t i = 0; i < n; i++)
		s.std += (value[i] - s.mean) * (value[i] - s.mean) / (double)n;
	s.std = sqrt(s.std);
	return s;
}

void rl_lowshot_run(const struct rl_lowshot *l, const double *gram, const double *cross,
		    const struct rl_workers *workers, struct rl_lowshot_stat *stat)
{
	const struct plan p = {l, gram, cross};
	size_t tasks = l->nshot * l->samples * l->nclass;
	double *ap = rl_calloc(tasks, l->ncost * sizeof(*ap));
	/* map[nshot][ncost][samples]: mean over classes */
	double *map = rl_calloc(l->nshot * l->ncost, l->samples * sizeof(*map));

	rl_lowshot_check(l);
	rl_workers_run(workers, tasks, fit_draw, &p, ap, l->ncost * sizeof(*ap));
	for (size_t task = 0; task < tasks; task++) {
		struct place at = place(l, task);

		for (size_t i = 0; i < l->ncost; i++)
			map[(at.shot * l->ncost + i) * l->samples + at.sample] +=
				ap[task * l->ncost + i] / (double)l->nclass;
	}
	for (size_t i = 0; i < l->nshot * l->ncost; i++)
		stat[i] = summarise(map + i * l->samples, l->samples);
	free(map);
	free(ap);
}

size_t rl_lowshot_best(const struct rl_lowshot_stat *stat, size_t ncost)
{
	size_t best = 0;

	for (size_t i = 1; i < ncost; i++)
		if (stat[i].mean > stat[best].mean)
			best = i;
	return best;
}
