/*
 * Top-1 and top-5 accuracy, counted over batches.
 */
#ifndef RL_EVAL_TOPK_H
#define RL_EVAL_TOPK_H

#include <stddef.h>
#include <stdint.h>

struct rl_topk {
	int64_t n, top1, top5;
};

/* Add rows of logits [rows,classes] with their labels.  A class of the same logit as the label's
 * ranks before it if its number is less.  A logit that is not a number dies. */
void rl_topk_add(struct rl_topk *t, const float *logits, const int32_t *label, int64_t rows,
		 int64_t classes);

/* Count one whose label ranks behind `rank` other classes; what is no guess ranks at SIZE_MAX. */
void rl_topk_count(struct rl_topk *t, size_t rank);

double rl_topk_percent(const struct rl_topk *t, int k); /* k is 1 or 5 */

#endif
