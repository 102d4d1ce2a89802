#include "nn/weights.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rl_st_tensor rl_weights_tensor(const struct rl_params *p, int i)
{
	const struct rl_param *q = &p->list[i];
	bool count = q->kind == RL_COUNT;
	struct rl_st_tensor t = {.name = q->name,
				 .dtype = count ? "I64" : "F32",
				 .ndim = q->ndim,
				 .data = count ? (const void *)&q->tracked : rl_params_data(p, i),
				 .bytes = count ? sizeof(q->tracked) : q->count * sizeof(float)};

	memcpy(t.dim, q->dim, sizeof(q->dim));
	return t;
}

void rl_weights_save(const struct rl_params *p, const char *prefix, const char *path,
		     const json_t *metadata)
{
	struct rl_st_tensor *t = rl_calloc((size_t)p->n, sizeof(*t));
	int n = 0;

	for (int i = 0; i < p->n; i++) {
		if (strncmp(p->list[i].name, prefix, strlen(prefix)))
			continue;
		t[n] = rl_weights_tensor(p, i);
		t[n++].name += strlen(prefix);
	}
	rl_st_write(path, t, n, metadata);
	free(t);
}

static void need_finite(const float *v, size_t n, const char *name, const char *path)
{
	for (size_t k = 0; k < n; k++)
		if (!isfinite(v[k]))
			rl_die("%s: tensor %s: value %zu is %g: not finite", path, name, k, v[k]);
}

static void load(struct rl_params *p, int i, const struct rl_st_tensor *t, const char *path)
{
	struct rl_param *q = &p->list[i];
	const char *dtype = q->kind == RL_COUNT ? "I64" : "F32";

	if (strcmp(t->dtype, dtype))
		rl_die("%s: tensor %s is %s, the network needs %s: rl-weights import converts",
		       path, q->name, t->dtype, dtype);
	if (t->ndim != q->ndim || memcmp(t->dim, q->dim, (size_t)q->ndim * sizeof(*q->dim)))
		rl_die("%s: tensor %s has another shape than the network's", path, q->name);
	if (q->kind == RL_COUNT) {
		memcpy(&q->tracked, t->data, sizeof(q->tracked));
	} else {
		memcpy(rl_params_data(p, i), t->data, t->bytes);
		need_finite(rl_params_data(p, i), q->count, q->name, path);
	}
}

static bool among(const char *name, const char *const *except)
{
	for (; except && *except; except++)
		if (!strncmp(name, *except, strlen(*except)))
			return true;
	return false;
}

void rl_weights_load(struct rl_params *p, const struct rl_st_file *f, const char *const *except)
{
	for (int i = 0; i < f->n; i++)
		if (rl_params_find(p, f->tensor[i].name) < 0 || among(f->tensor[i].name, except))
			rl_die("%s: tensor %s: the network has no place for it: rl-weights import "
			       "leaves out what is not the backbone's",
			       f->path, f->tensor[i].name);
	for (int i = 0; i < p->n; i++) {
		const struct rl_st_tensor *t = rl_st_find(f, p->list[i].name);

		if (among(p->list[i].name, except))
			continue;
		if (!t)
			rl_die("%s: tensor %s is missing", f->path, p->list[i].name);
		load(p, i, t, f->path);
	}
	p->version++;
}
