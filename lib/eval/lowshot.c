#include "eval/lowshot.h"

#include "base/err.h"
#include "base/progress.h"
#include "base/rng.h"
#include "eval/ap.h"
#include "eval/gram_svm.h"
#include "eval/svm_path.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
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

static size_t given(const int8_t *target, size_t n, int32_t *row, int8_t *y)
{
	size_t m = 0;

	for (int sign = 1; sign >= 0; sign--)
		for (size_t i = 0; i < n; i++)
			if (target[i] == sign) {
				y[m] = sign ? 1 : -1;
				row[m++] = (int32_t)i;
			}
	return m;
}

size_t rl_lowshot_draw(const struct rl_lowshot *l, size_t sample, size_t shot, size_t c,
		       int32_t *row, int8_t *y)
{
	const int8_t *label = l->train_label + c * l->ntrain;
	size_t positives = (size_t)l->shot[shot], negatives = (l->nclass - 1) * positives;
	struct rl_rng r = rl_rng_make(l->seed, (uint32_t)sample, (uint64_t)positives << 32 | c,
				      RL_RNG_LOWSHOT);

	if (l->target)
		return given(l->target + ((shot * l->samples + sample) * l->nclass + c) * l->ntrain,
			     l->ntrain, row, y);
	draw(label, l->ntrain, 1, positives, &r, row);
	draw(label, l->ntrain, 0, negatives, &r, row + positives);
	memset(y, 1, positives);
	memset(y + positives, -1, negatives);
	return positives + negatives;
}

struct plan {
	const struct rl_lowshot *l;
	const struct rl_kernel *kernel; /* for svm_path.h, else NULL */
	const double *gram, *cross;
};

/* ap[ncost] = test AP of fits coef[ncost][m] to rows row[0..m).  Each test image's inner products
 * are read once for all costs, a block of rows at a time. */
static void test(const struct plan *p, size_t c, const int32_t *row, size_t m, const double *coef,
		 double *ap)
{
	enum { BLOCK = 64 };
	size_t n = p->l->ntest, ncost = p->l->ncost;
	double *score = rl_realloc(NULL, ncost, n * sizeof(*score));
	double *block = rl_realloc(NULL, BLOCK, n * sizeof(*block));

	for (size_t from = 0; from < m; from += BLOCK) {
		size_t rows = m - from < BLOCK ? m - from : BLOCK;

		for (size_t j = 0; j < rows; j++)
			memcpy(block + j * n, p->cross + (size_t)row[from + j] * n,
			       n * sizeof(*block));
		cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)ncost, (int)n,
			    (int)rows, 1, coef + from, (int)m, block, (int)n, from > 0, score,
			    (int)n);
	}
	for (size_t i = 0; i < ncost; i++) {
		double bias = 0;

		for (size_t j = 0; j < m; j++)
			bias += coef[i * m + j];
		for (size_t t = 0; t < n; t++)
			score[i * n + t] += bias;
		ap[i] = rl_ap_area(score + i * n, p->l->test_label + c * n, n, 0);
	}
	free(block);
	free(score);
}

struct fits {
	struct rl_lowshot_fits sum;
	size_t m;
	double *coef; /* [ncost][m] */
};

static void keep(void *context, const struct rl_svm_fit *fit)
{
	struct fits *f = context;

	memcpy(f->coef + fit->cost * f->m, fit->beta, f->m * sizeof(*f->coef));
	f->sum.gap = fmax(f->sum.gap, fit->gap);
	f->sum.unconverged += !fit->converged;
}

static void fit_gram(const struct plan *p, const int32_t *row, const int8_t *y, struct fits *f)
{
	struct rl_kernel *part = rl_kernel_part(p->kernel, row, f->m);

	rl_svm_paths_run(&(struct rl_svm_paths){.kernel = part,
						.y = y,
						.count = 1,
						.cost = p->l->cost,
						.ncost = p->l->ncost,
						.threads = 1,
						.fitted = keep,
						.context = f});
	rl_kernel_free(part);
}

static void fit_libsvm(const struct plan *p, const int32_t *row, const int8_t *y, struct fits *f)
{
	struct rl_gram_svm *svm = rl_gram_svm_new(p->gram, p->l->ntrain, row, f->m, y);

	for (size_t i = 0; i < p->l->ncost; i++)
		rl_gram_svm_fit(svm, p->l->cost[i], RL_GRAM_SVM_EPS, f->coef + i * f->m);
	rl_gram_svm_free(svm);
}

/* ap[ncost] = test AP. */
static struct rl_lowshot_fits fit_draw(const struct plan *p, size_t task, double *ap)
{
	const struct rl_lowshot *l = p->l;
	struct place at = place(l, task);
	size_t most = l->nclass * (size_t)l->shot[at.shot];
	int32_t *row = rl_malloc(most * sizeof(*row));
	int8_t *y = rl_malloc(most);
	struct fits f = {.m = rl_lowshot_draw(l, at.sample, at.shot, at.c, row, y)};

	f.coef = rl_realloc(NULL, l->ncost, f.m * sizeof(*f.coef));
	(p->kernel ? fit_gram : fit_libsvm)(p, row, y, &f);
	test(p, at.c, row, f.m, f.coef, ap);
	free(f.coef);
	free(y);
	free(row);
	return f.sum;
}

/* Inside a parallel region OpenBLAS runs each call on the calling thread alone. */
static struct rl_lowshot_fits fit_all(const struct plan *p, size_t tasks, int threads,
				      const char *unit, double *ap)
{
	struct rl_progress progress = rl_progress_start(unit, (int64_t)tasks, !unit);
	struct rl_lowshot_fits sum = {0};
	int64_t done = 0;
	int saved = omp_get_max_threads();

	omp_set_num_threads(threads);
#pragma omp parallel for schedule(dynamic)
	for (size_t task = 0; task < tasks; task++) {
		struct rl_lowshot_fits fits = fit_draw(p, task, ap + task * p->l->ncost);

#pragma omp critical
		{
			sum.unconverged += fits.unconverged;
			sum.gap = fmax(sum.gap, fits.gap);
			rl_progress_show(&progress, ++done);
		}
	}
	omp_set_num_threads(saved);
	rl_progress_end(&progress, done);
	return sum;
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

struct rl_lowshot_fits rl_lowshot_run(const struct rl_lowshot *l, const struct rl_kernel *kernel,
				      const double *gram, const double *cross, int threads,
				      const char *unit, struct rl_lowshot_stat *stat)
{
	const struct plan p = {l, kernel, gram, cross};
	size_t tasks = l->nshot * l->samples * l->nclass;
	double *ap = rl_calloc(tasks, l->ncost * sizeof(*ap));
	/* map[nshot][ncost][samples]: mean over classes */
	double *map = rl_calloc(l->nshot * l->ncost, l->samples * sizeof(*map));

	if (!l->target)
		rl_lowshot_check(l);
	struct rl_lowshot_fits fits = fit_all(&p, tasks, threads, unit, ap);
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
	return fits;
}

size_t rl_lowshot_best(const struct rl_lowshot_stat *stat, size_t ncost)
{
	size_t best = 0;

	for (size_t i = 1; i < ncost; i++)
		if (stat[i].mean > stat[best].mean)
			best = i;
	return best;
}
