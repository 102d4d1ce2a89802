#include "fill.h"

#include "base/err.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fill(float *x, size_t n, const char *name, double lo, double hi)
{
	uint64_t seed = 0xcbf29ce484222325;

	for (; *name; name++)
		seed = (seed ^ (unsigned char)*name) * 0x100000001b3;
	for (size_t i = 0; i < n; i++) {
		uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15;

		z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
		z = (z ^ z >> 27) * 0x94D049BB133111EB;
		z ^= z >> 31;
		/* volatile: a fused multiply-add would round differently */
		volatile double part = (double)(z >> 40) * 0x1p-24 * (hi - lo);
		x[i] = (float)(lo + part);
	}
}

struct range {
	double lo, hi;
};

static struct range range_of(const struct rl_param *p, double gain)
{
	double fan_in = 1, bound = 0.2;

	for (int i = 1; i < p->ndim; i++)
		fan_in *= (double)p->dim[i];
	if (p->ndim == 4)
		bound = sqrt(6 / fan_in);
	else if (p->ndim == 2)
		bound = sqrt(gain / fan_in);
	else if (strstr(p->name, "running_var"))
		return (struct range){0.5, 2};
	else if (strstr(p->name, "weight"))
		return strstr(p->name, "bn3") ? (struct range){0.1, 0.4} : (struct range){0.5, 1.5};
	else if (!strcmp(p->name, "fc.bias"))
		bound = 0.1;
	return (struct range){-bound, bound};
}

void fill_param(struct rl_params *p, int i, const char *tag, const char *name, double gain)
{
	const struct rl_param *q = &p->list[i];
	const struct range r = range_of(q, gain);
	char full[256];

	snprintf(full, sizeof(full), "%s%s", tag, name ? name : q->name);
	fill(rl_params_data(p, i), q->count, full, r.lo, r.hi);
	p->version++;
}

void fill_params(struct rl_params *p, const char *tag, double gain, bool states)
{
	for (int i = 0; i < p->n; i++)
		if (p->list[i].kind == RL_PARAM || (p->list[i].kind == RL_STATE && states))
			fill_param(p, i, tag, NULL, gain);
}

double *filled(int64_t n, const char *op, const char *tensor, double lo, double hi)
{
	double *wide = rl_malloc((size_t)n * sizeof(*wide));
	float *x = rl_malloc((size_t)n * sizeof(*x));
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", op, tensor);
	fill(x, (size_t)n, name, lo, hi);
	for (int64_t i = 0; i < n; i++)
		wide[i] = x[i];
	free(x);
	return wide;
}

double *zeros(int64_t n)
{
	return rl_calloc((size_t)n, sizeof(double));
}
