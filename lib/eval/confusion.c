#include "eval/confusion.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>

/* Neighbouring pixels are mostly of one class, and counting one waits for the count of the last to
 * be stored: each of LANES pixels in a row has a table of its own. */
enum { LANES = 4, SIDE = 256 };

struct rl_confusion {
	uint64_t count[LANES][SIDE * SIDE];
};

struct rl_confusion *rl_confusion_new(void)
{
	return rl_calloc(1, sizeof(struct rl_confusion));
}

void rl_confusion_free(struct rl_confusion *c)
{
	free(c);
}

void rl_confusion_add(struct rl_confusion *c, const uint8_t *truth, const uint8_t *prediction,
		      size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (size_t k = 0; k < LANES; k++)
			c->count[k][truth[i + k] * SIDE + prediction[i + k]]++;
	for (; i < n; i++)
		c->count[0][truth[i] * SIDE + prediction[i]]++;
}

uint64_t rl_confusion_pixels(const struct rl_confusion *c, size_t truth, size_t prediction)
{
	uint64_t n = 0;

	for (size_t k = 0; k < LANES; k++)
		n += c->count[k][truth * SIDE + prediction];
	return n;
}

/* NAN when there is nothing to divide by. */
static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

static double mean(const double *x, size_t n)
{
	double sum = 0;
	size_t there = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(x[i])) {
			sum += x[i];
			there++;
		}
	return there ? sum / (double)there : NAN;
}

struct rl_confusion_scores rl_confusion_scores(const struct rl_confusion *c, size_t nclass)
{
	struct rl_confusion_scores s = {.nclass = nclass,
					.iou = rl_calloc(nclass, sizeof(double)),
					.accuracy = rl_calloc(nclass, sizeof(double))};
	uint64_t right = 0;

	for (size_t k = 0; k < nclass; k++) {
		uint64_t hit = rl_confusion_pixels(c, k, k), there, predicted = 0;

		there = rl_confusion_pixels(c, k, RL_NO_CLASS);
		for (size_t j = 0; j < nclass; j++) {
			there += rl_confusion_pixels(c, k, j);
			predicted += rl_confusion_pixels(c, j, k);
		}
		s.iou[k] = share(hit, there + predicted - hit);
		s.accuracy[k] = share(hit, there);
		right += hit;
		s.pixels += there;
	}
	s.mean_iou = mean(s.iou, nclass);
	s.mean_accuracy = mean(s.accuracy, nclass);
	s.all_accuracy = share(right, s.pixels);
	return s;
}

void rl_confusion_scores_free(struct rl_confusion_scores *s)
{
	free(s->iou);
	free(s->accuracy);
	*s = (struct rl_confusion_scores){0};
}
