#include "image/axis.h"

#include "base/err.h"

#include <stdlib.h>

/* The inputs, begin to end - 1, that the triangle over output i reaches. */
struct reach {
	double centre;
	int begin, end;
};

static struct reach reach_of(int i, double scale, double support, int from)
{
	double centre = (i + 0.5) * scale, begin = centre - support + 0.5,
	       end = centre + support + 0.5;

	return (struct reach){.centre = centre,
			      .begin = begin > 0 ? (int)begin : 0,
			      .end = end < from ? (int)end : from};
}

/* Of base 2 and height 1, around 0. */
static double triangle(double x)
{
	x = x < 0 ? 1 + x : 1 - x;
	return x > 0 ? x : 0;
}

struct rl_axis rl_axis_plan(int from, int to)
{
	double scale = (double)from / to, support = scale > 1 ? scale : 1, inverse = 1 / support;
	struct rl_axis a = {.from = from, .to = to};

	for (int i = 0; i < to; i++) {
		struct reach r = reach_of(i, scale, support, from);

		a.taps = r.end - r.begin > a.taps ? r.end - r.begin : a.taps;
	}
	a.first = rl_realloc(NULL, (size_t)to, sizeof(*a.first));
	a.weight = rl_calloc((size_t)to * (size_t)a.taps, sizeof(*a.weight));
	double *w = rl_realloc(NULL, (size_t)a.taps, sizeof(*w));
	for (int i = 0; i < to; i++) {
		struct reach r = reach_of(i, scale, support, from);
		int count = r.end - r.begin;
		double sum = 0;

		for (int k = 0; k < count; k++) {
			w[k] = triangle((k + r.begin - r.centre + 0.5) * inverse);
			sum += w[k];
		}
		/* Taps past the far edge would read outside: start earlier, with zeros. */
		a.first[i] = r.begin < from - a.taps ? r.begin : from - a.taps;
		int32_t *weight = a.weight + (size_t)i * (size_t)a.taps + (r.begin - a.first[i]);
		for (int k = 0; k < count; k++)
			weight[k] = (int32_t)(0.5 + w[k] / sum * (1 << RL_AXIS_BITS));
	}
	free(w);
	return a;
}

void rl_axis_free(struct rl_axis *a)
{
	free(a->first);
	free(a->weight);
	*a = (struct rl_axis){0};
}
