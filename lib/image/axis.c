#include "image/axis.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>

/* The inputs, begin to end - 1, that the triangle over output i reaches. */
struct reach {
	double centre;
	int begin, end;
};

static struct reach reach_of(int i, double scale, double support, int from)
{
	double centre = (i + 0.5) * scale;

	return (struct reach){.centre = centre,
			      .begin = (int)fmax(centre - support + 0.5, 0),
			      .end = (int)fmin(centre + support + 0.5, from)};
}

struct rl_axis rl_axis_plan(int from, int to)
{
	double scale = (double)from / to, support = fmax(scale, 1), inverse = 1 / support;
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
			w[k] = fmax(1 - fabs((k + r.begin - r.centre + 0.5) * inverse), 0);
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
