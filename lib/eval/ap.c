#include "eval/ap.h"

#include "base/err.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct ranked {
	double score;
	size_t index;
	bool positive;
};

static int by_rank(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return (a->index < b->index) - (a->index > b->index);
}

/* Best first, without the left-out; *n becomes what remains, *positives how many are 1. */
static struct ranked *rank(const double *score, const int8_t *label, size_t *n, size_t *positives)
{
	struct ranked *r = rl_malloc((*n + 1) * sizeof(*r));
	size_t kept = 0;

	*positives = 0;
	for (size_t i = 0; i < *n; i++) {
		if (label[i] < 0)
			continue;
		if (isnan(score[i]))
			rl_die("average precision: score %zu is not a number", i);
		r[kept++] = (struct ranked){score[i], i, label[i] > 0};
		*positives += label[i] > 0;
	}
	qsort(r, kept, sizeof(*r), by_rank);
	*n = kept;
	return r;
}

double rl_ap_step(const double *score, const int8_t *label, size_t n)
{
	size_t positives, hits = 0, counted = 0;
	struct ranked *r = rank(score, label, &n, &positives);
	double ap = 0;

	for (size_t i = 0; i < n; i++) {
		hits += r[i].positive;
		if (i + 1 < n && r[i + 1].score == r[i].score)
			continue;
		ap += (double)(hits - counted) / (double)positives * (double)hits / (double)(i + 1);
		counted = hits;
	}
	free(r);
	return positives ? ap : NAN;
}

/* From the last rank to the first, `best` is the monotone precision; recall only changes where
 * there is a hit. */
double rl_ap_area(const double *score, const int8_t *label, size_t n, size_t missed)
{
	size_t positives;
	struct ranked *r = rank(score, label, &n, &positives);
	size_t hits = positives, all = positives + missed;
	double ap = 0, best = 0;

	for (size_t i = n; i-- > 0;) {
		best = fmax(best, (double)hits / (double)(i + 1));
		if (r[i].positive) {
			ap += best / (double)all;
			hits--;
		}
	}
	free(r);
	return all ? ap : NAN;
}

/* The thresholds are i * 0.1 in doubles, as in every published VOC evaluation in Python: recall 0.3
 * is then just short of the fourth. */
double rl_ap_11point(const double *score, const int8_t *label, size_t n, size_t missed)
{
	size_t positives;
	struct ranked *r = rank(score, label, &n, &positives);
	size_t hits = positives, all = positives + missed;
	double ap = 0, best = 0;
	int t = 10;

	for (size_t i = n; i-- > 0 && hits;) {
		double recall = (double)hits / (double)all;

		for (; t >= 0 && recall < t * 0.1; t--)
			ap += best / 11;
		best = fmax(best, (double)hits / (double)(i + 1));
		hits -= r[i].positive;
	}
	ap += (t + 1) * best / 11;
	free(r);
	return all ? ap : NAN;
}
