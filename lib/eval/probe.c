#include "eval/probe.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void apply(float *x, size_t n, size_t d, const double *mean, const double *scale)
{
	for (size_t i = 0; i < n; i++, x += d)
		for (size_t j = 0; j < d; j++)
			x[j] = (float)(((double)x[j] - mean[j]) * scale[j]);
}

void rl_probe_standardise(struct rl_probe *p)
{
	size_t n = p->ntrain, d = p->d;
	double *mean = rl_calloc(d, sizeof(*mean)), *scale = rl_calloc(d, sizeof(*scale));

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++)
			mean[j] += (double)p->train[i * d + j] / (double)n;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++) {
			double v = (double)p->train[i * d + j] - mean[j];

			scale[j] += v * v / (double)n;
		}
	/* What rounding leaves of a constant is no variance. */
	for (size_t j = 0; j < d; j++)
		scale[j] = sqrt(scale[j]) > 1e-7 * fabs(mean[j]) ? 1 / sqrt(scale[j]) : 0;
	apply(p->train, n, d, mean, scale);
	apply(p->test, p->ntest, d, mean, scale);
	free(mean);
	free(scale);
}

static size_t *count_classes(const struct rl_probe *p)
{
	size_t *count = rl_calloc(p->nclass, sizeof(*count));

	for (size_t i = 0; i < p->ntrain; i++)
		count[p->train_label[i]]++;
	return count;
}

void rl_probe_need_classes(const struct rl_probe *p, const char *where)
{
	size_t *count = count_classes(p);

	for (size_t c = 0; c < p->nclass; c++)
		if (!count[c])
			rl_die("%s: no row of class %zu: its bias has no optimum%s", where, c,
			       c ? "" : ": classes count from 0");
	free(count);
}

static void swap_rows(struct rl_probe *p, size_t a, size_t b, float *spare)
{
	size_t bytes = p->d * sizeof(*spare);
	int32_t label = p->train_label[a];

	memcpy(spare, p->train + a * p->d, bytes);
	memcpy(p->train + a * p->d, p->train + b * p->d, bytes);
	memcpy(p->train + b * p->d, spare, bytes);
	p->train_label[a] = p->train_label[b];
	p->train_label[b] = label;
}

/* Moves the rows that are held out to the end; returns how many are not. */
static size_t hold_out(struct rl_probe *p)
{
	size_t *count = count_classes(p), kept = 0, longest = 0;
	int64_t **row = rl_calloc(p->nclass, sizeof(*row));
	bool *held = rl_calloc(p->ntrain, sizeof(*held));
	float *spare = rl_malloc(p->d * sizeof(*spare));

	for (size_t c = 0; c < p->nclass; c++) {
		row[c] = rl_realloc(NULL, count[c], sizeof(**row));
		longest = count[c] > longest ? count[c] : longest;
		count[c] = 0;
	}
	if (longest < 2)
		rl_die("the training set: one row a class: none can be held out to choose a weight "
		       "decay");
	for (size_t i = 0; i < p->ntrain; i++) {
		int32_t c = p->train_label[i];

		row[c][count[c]++] = (int64_t)i;
	}
	for (size_t c = 0; c < p->nclass; c++) {
		struct rl_rng r = rl_rng_make(p->seed, 0, c, RL_RNG_HOLDOUT);
		size_t some = (count[c] + RL_PROBE_HELD_OUT / 2) / RL_PROBE_HELD_OUT;

		if (count[c] == longest && !some)
			some = 1; /* of the largest class always */
		rl_rng_shuffle(&r, row[c], count[c]);
		for (size_t i = 0; i < some && i + 1 < count[c]; i++)
			held[row[c][i]] = true;
		free(row[c]);
	}
	for (size_t end = p->ntrain;;) {
		while (kept < end && !held[kept])
			kept++;
		while (end > kept && held[end - 1])
			end--;
		if (kept == end)
			break;
		swap_rows(p, kept, end - 1, spare);
		held[kept] = false;
		held[end - 1] = true;
	}
	free(row);
	free(count);
	free(held);
	free(spare);
	return kept;
}

static double share(int64_t right, int64_t n)
{
	return (double)right / (double)n;
}

size_t rl_probe_run(struct rl_probe *p, struct rl_probe_point *point, size_t n,
		    struct rl_progress *progress)
{
	size_t kept = n > 1 ? hold_out(p) : p->ntrain, best = 0;
	struct rl_softmax_data part = {p->train, p->train_label, kept};
	struct rl_softmax_data held = {p->train + kept * p->d, p->train_label + kept,
				       p->ntrain - kept};
	struct rl_softmax_data whole = {p->train, p->train_label, p->ntrain};
	struct rl_softmax_data test = {p->test, p->test_label, p->ntest};
	struct rl_softmax *of_part = rl_softmax_new(p->nclass, p->d);
	struct rl_softmax *of_whole = rl_softmax_new(p->nclass, p->d);
	size_t size = p->nclass * (p->d + 1) * sizeof(double);

	for (size_t i = 0; i < n; i++) {
		struct rl_probe_point *t = &point[i];

		t->held_out = NAN;
		if (n > 1) {
			t->part = rl_softmax_fit(of_part, &part, t->weight_decay);
			struct rl_topk k = rl_softmax_score(of_part, &held, NULL);
			t->held_out = share(k.top1, k.n);
			rl_progress_show(progress, (int64_t)(2 * i + 1));
			/* Nine tenths of the rows have nearly the same optimum. */
			memcpy(rl_softmax_weights(of_whole), rl_softmax_weights(of_part), size);
		}
		t->whole = rl_softmax_fit(of_whole, &whole, t->weight_decay);
		if (t->held_out > point[best].held_out)
			best = i;
		struct rl_topk k = rl_softmax_score(of_whole, &test, best == i ? p->right : NULL);
		t->top1 = share(k.top1, k.n);
		t->top5 = share(k.top5, k.n);
		rl_progress_show(progress, (int64_t)(2 * i + 2));
	}
	rl_softmax_free(of_part);
	rl_softmax_free(of_whole);
	return best;
}
