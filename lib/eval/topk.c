#include "eval/topk.h"

#include "base/err.h"

#include <math.h>

/* Classes that rank before the label's. */
static size_t rank_of(const float *z, int64_t label, int64_t classes)
{
	size_t before = 0;

	for (int64_t c = 0; c < classes; c++) {
		if (isnan(z[c]))
			rl_die("the score of class %lld is not a number", (long long)c);
		before += z[c] > z[label] || (z[c] == z[label] && c < label);
	}
	return before;
}

void rl_topk_count(struct rl_topk *t, size_t rank)
{
	t->n++;
	t->top1 += rank < 1;
	t->top5 += rank < 5;
}

void rl_topk_add(struct rl_topk *t, const float *logits, const int32_t *label, int64_t rows,
		 int64_t classes)
{
	for (int64_t i = 0; i < rows; i++)
		rl_topk_count(t, rank_of(logits + i * classes, label[i], classes));
}

double rl_topk_percent(const struct rl_topk *t, int k)
{
	return t->n ? 100.0 * (double)(k == 1 ? t->top1 : t->top5) / (double)t->n : 0;
}
