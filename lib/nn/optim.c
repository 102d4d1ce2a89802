#include "nn/optim.h"

#include "base/clones.h"
#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *zeros(size_t count)
{
	float *x = rl_aligned(count * sizeof(*x));

	return memset(x, 0, count * sizeof(*x));
}

struct rl_optim *rl_optim_new(enum rl_optim_kind kind, double momentum, const struct rl_params *p)
{
	struct rl_optim *o = rl_malloc(sizeof(*o));

	*o = (struct rl_optim){
		.kind = kind, .momentum = momentum, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
	o->m = zeros(p->total);
	if (kind == RL_ADAMW)
		o->v = zeros(p->total);
	return o;
}

void rl_optim_free(struct rl_optim *o)
{
	free(o->m);
	free(o->v);
	free(o);
}

RL_CLONES
static void sgd(float *restrict p, float *restrict m, const float *restrict g, size_t n, float lr,
		float momentum, float decay)
{
	for (size_t i = 0; i < n; i++) {
		m[i] = momentum * m[i] + (g[i] + decay * p[i]);
		p[i] -= lr * m[i];
	}
}

RL_CLONES
static void nesterov(float *restrict p, float *restrict m, const float *restrict g, size_t n,
		     float lr, float momentum, float decay)
{
	for (size_t i = 0; i < n; i++) {
		float d = g[i] + decay * p[i];

		m[i] = momentum * m[i] + d;
		p[i] -= lr * (d + momentum * m[i]);
	}
}

struct adam {
	float beta1, beta2, eps, rate, shrink,
		root; /* rate: lr / (1 - beta1^t); root: 1/sqrt(1 - beta2^t) */
};

RL_CLONES
static void adamw(float *restrict p, float *restrict m, float *restrict v, const float *restrict g,
		  size_t n, struct adam a)
{
	for (size_t i = 0; i < n; i++) {
		m[i] = a.beta1 * m[i] + (1 - a.beta1) * g[i];
		v[i] = a.beta2 * v[i] + (1 - a.beta2) * g[i] * g[i];
		p[i] = p[i] * a.shrink - a.rate * m[i] / (sqrtf(v[i]) * a.root + a.eps);
	}
}

static void update(struct rl_optim *o, struct rl_params *p, const struct rl_param *q, size_t from,
		   size_t n, double lr)
{
	size_t at = q->offset + from;
	float *value = p->value + at;
	const float *grad = p->grad + at;

	if (o->kind != RL_ADAMW) {
		(o->kind == RL_SGD ? sgd : nesterov)(value, o->m + at, grad, n, (float)lr,
						     (float)o->momentum, (float)q->weight_decay);
		return;
	}
	struct adam a = {.beta1 = (float)o->beta1,
			 .beta2 = (float)o->beta2,
			 .eps = (float)o->eps,
			 .rate = (float)(lr / (1 - pow(o->beta1, (double)o->t))),
			 .shrink = (float)(1 - lr * q->weight_decay),
			 .root = (float)(1 / sqrt(1 - pow(o->beta2, (double)o->t)))};
	adamw(value, o->m + at, o->v + at, grad, n, a);
}

void rl_optim_step(struct rl_optim *o, struct rl_params *p, double lr)
{
	const size_t chunk = 1 << 16; /* elements a thread takes at once */

	o->t++;
	for (int i = 0; i < p->n; i++) {
		const struct rl_param *q = &p->list[i];

		if (q->kind != RL_PARAM)
			continue;
#pragma omp parallel for schedule(static) if (q->count > chunk)
		for (size_t from = 0; from < q->count; from += chunk) {
			size_t n = q->count - from < chunk ? q->count - from : chunk;

			update(o, p, q, from, n, lr * q->lr_scale);
		}
	}
	p->version++;
}
