#include "models/assign.h"

#include "base/err.h"

#include <stdlib.h>

/* NaN, of boxes without area, counts as none. */
static float overlap(const struct rl_box *a, const struct rl_box *b)
{
	float iou = rl_box_iou(a, b);

	return iou > 0 ? iou : 0;
}

static void raise_low_quality(const struct rl_matcher *m, const struct rl_box *object,
			      size_t nobject, const struct rl_box *box, size_t n,
			      const float *best_of_object, const int32_t *own, int32_t *match)
{
	for (size_t j = 0; j < nobject; j++) {
		if (best_of_object[j] < (float)m->least)
			continue;
		for (size_t i = 0; i < n; i++)
			if (overlap(&object[j], &box[i]) == best_of_object[j])
				match[i] =
					m->low_quality == RL_LOW_QUALITY_OWN ? own[i] : (int32_t)j;
	}
}

void rl_match(const struct rl_matcher *m, const struct rl_box *object, size_t nobject,
	      const struct rl_box *box, size_t n, int32_t *match, float *iou)
{
	float *best_of_object = rl_calloc(nobject + 1, sizeof(*best_of_object));
	int32_t *own = rl_malloc((n + 1) * sizeof(*own));

	for (size_t i = 0; i < n; i++) {
		float best = nobject ? -1 : 0;

		own[i] = 0;
		for (size_t j = 0; j < nobject; j++) {
			float o = overlap(&object[j], &box[i]);

			if (o > best) {
				best = o;
				own[i] = (int32_t)j;
			}
			if (o > best_of_object[j])
				best_of_object[j] = o;
		}
		match[i] = RL_UNUSED;
		if (best < (float)m->negative)
			match[i] = RL_NEGATIVE;
		else if (nobject && best >= (float)m->positive)
			match[i] = own[i];
		if (iou)
			iou[i] = best;
	}
	if (m->low_quality != RL_LOW_QUALITY_NONE)
		raise_low_quality(m, object, nobject, box, n, best_of_object, own, match);
	free(best_of_object);
	free(own);
}

static int by_index(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* Moves `count` of the n candidates, drawn at random, to the front and puts those in order. */
static void draw(struct rl_rng *rng, size_t *candidate, size_t n, size_t count)
{
	if (count == n)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t j = i + rl_rng_below(rng, (uint32_t)(n - i)), t = candidate[i];

		candidate[i] = candidate[j];
		candidate[j] = t;
	}
	qsort(candidate, count, sizeof(*candidate), by_index);
}

static size_t at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

size_t rl_sample_matches(const int32_t *match, size_t n, size_t count, double positive,
			 struct rl_rng *rng, size_t *chosen, size_t *npositive)
{
	size_t *of[2] = {rl_malloc((n + 1) * sizeof(size_t)), rl_malloc((n + 1) * sizeof(size_t))};
	size_t have[2] = {0, 0}, take[2], total = 0;

	for (size_t i = 0; i < n; i++)
		if (match[i] != RL_UNUSED) {
			int background = match[i] == RL_NEGATIVE;

			of[background][have[background]++] = i;
		}
	take[0] = at_most(have[0], (size_t)((double)count * positive));
	take[1] = at_most(have[1], count - take[0]);
	for (int k = 0; k < 2; k++) {
		draw(rng, of[k], have[k], take[k]);
		for (size_t i = 0; i < take[k]; i++)
			chosen[total++] = of[k][i];
		free(of[k]);
	}
	*npositive = take[0];
	return total;
}
