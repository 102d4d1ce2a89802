#include "nn/params.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rl_params *rl_params_new(void)
{
	return rl_calloc(1, sizeof(struct rl_params));
}

void rl_params_free(struct rl_params *p)
{
	for (int i = 0; i < p->n; i++)
		free(p->list[i].name);
	free(p->list);
	free(p->value);
	free(p->grad);
	free(p->state);
	free(p);
}

int rl_params_find(const struct rl_params *p, const char *name)
{
	for (int i = 0; i < p->n; i++)
		if (!strcmp(p->list[i].name, name))
			return i;
	return -1;
}

int rl_params_declare(struct rl_params *p, enum rl_param_kind kind, const char *name, int ndim,
		      const int64_t *dim, enum rl_init init, double init_arg)
{
	int found = rl_params_find(p, name);

	if (found >= 0) {
		struct rl_param *q = &p->list[found];

		if (q->kind != kind || q->ndim != ndim ||
		    (ndim && memcmp(q->dim, dim, (size_t)ndim * sizeof(*dim))))
			rl_die("%s: used with two shapes in one network", name);
		return found;
	}
	if (p->allocated)
		rl_die("%s: the network has no such tensor", name);

	struct rl_param q = {.name = rl_strdup(name),
			     .kind = kind,
			     .ndim = ndim,
			     .count = 1,
			     .init = init,
			     .init_arg = init_arg,
			     .lr_scale = 1};
	for (int i = 0; i < ndim; i++) {
		q.dim[i] = dim[i];
		q.count *= (size_t)dim[i];
	}
	size_t *end = kind == RL_STATE ? &p->total_state : &p->total;
	if (kind != RL_COUNT) {
		q.offset = *end;
		*end += (q.count + 15) / 16 * 16;
	}
	p->list = rl_realloc(p->list, (size_t)p->n + 1, sizeof(*p->list));
	p->list[p->n] = q;
	return p->n++;
}

static void initialise(const struct rl_param *q, float *x, uint64_t seed)
{
	struct rl_rng r = rl_rng_make(seed, 0, rl_rng_id(q->name), RL_RNG_INIT);
	double std = q->init_arg;

	if (q->init == RL_INIT_CONSTANT) {
		for (size_t i = 0; i < q->count; i++)
			x[i] = (float)q->init_arg;
		return;
	}
	if (q->init == RL_INIT_XAVIER_UNIFORM) {
		double window = (double)q->count / (double)(q->dim[0] * q->dim[1]);
		double bound = sqrt(6 / ((double)(q->dim[0] + q->dim[1]) * window));

		for (size_t i = 0; i < q->count; i++)
			x[i] = (float)(bound * (2 * rl_rng_uniform(&r) - 1));
		return;
	}
	if (q->init == RL_INIT_KAIMING_FANOUT)
		std = sqrt(2 / (double)(q->dim[0] * q->dim[2] * q->dim[3]));
	for (size_t i = 0; i < q->count; i++)
		x[i] = (float)(std * rl_rng_normal(&r));
}

void rl_params_allocate(struct rl_params *p, uint64_t seed)
{
	if (p->allocated)
		return;
	p->value = rl_aligned(p->total * sizeof(float));
	p->grad = rl_aligned(p->total * sizeof(float));
	p->state = rl_aligned(p->total_state * sizeof(float));
	memset(p->value, 0, p->total * sizeof(float));
	memset(p->grad, 0, p->total * sizeof(float));
	memset(p->state, 0, p->total_state * sizeof(float));
	p->allocated = true;
	p->version = 1;
#pragma omp parallel for schedule(dynamic)
	for (int i = 0; i < p->n; i++)
		if (p->list[i].kind != RL_COUNT)
			initialise(&p->list[i], rl_params_data(p, i), seed);
}

float *rl_params_data(const struct rl_params *p, int i)
{
	return (p->list[i].kind == RL_STATE ? p->state : p->value) + p->list[i].offset;
}

float *rl_params_grad(const struct rl_params *p, int i)
{
	return p->grad + p->list[i].offset;
}

void rl_params_group(struct rl_params *p, const char *prefix, double lr_scale, double weight_decay)
{
	for (int i = 0; i < p->n; i++) {
		if (strncmp(p->list[i].name, prefix, strlen(prefix)))
			continue;
		p->list[i].lr_scale = lr_scale;
		p->list[i].weight_decay = weight_decay;
	}
}

void rl_params_init(struct rl_params *p, const char *prefix, const char *suffix, enum rl_init init,
		    double init_arg)
{
	for (int i = 0; i < p->n; i++) {
		struct rl_param *q = &p->list[i];
		size_t n = strlen(q->name), tail = strlen(suffix);

		if (strncmp(q->name, prefix, strlen(prefix)) || n < tail ||
		    strcmp(q->name + n - tail, suffix))
			continue;
		q->init = init;
		q->init_arg = init_arg;
	}
}
