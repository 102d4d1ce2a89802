#include "train/checkpoint.h"

#include "base/err.h"
#include "nn/safetensors.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rl_st_tensor entry(const char *prefix, const struct rl_param *q, const void *data)
{
	struct rl_st_tensor t = {.name = rl_asprintf("%s%s", prefix, q->name),
				 .dtype = q->kind == RL_COUNT ? "I64" : "F32",
				 .ndim = q->ndim,
				 .data = data,
				 .bytes = q->kind == RL_COUNT ? sizeof(int64_t)
							      : q->count * sizeof(float)};

	memcpy(t.dim, q->dim, sizeof(q->dim));
	return t;
}

/* Epoch of a checkpoint's file name, or -1. */
static int64_t epoch_of(const char *name)
{
	long long epoch;
	int end = 0;

	if (sscanf(name, "checkpoint-%lld.safetensors%n", &epoch, &end) == 1 && end && !name[end])
		return epoch;
	return -1;
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x > y ? -1 : x < y;
}

static void remove_old(const char *dir, int64_t keep)
{
	DIR *d = opendir(dir);
	int64_t *epoch = NULL;
	size_t n = 0;

	if (!d)
		rl_die("%s: open directory:", dir);
	for (struct dirent *e; (e = readdir(d));) {
		if (epoch_of(e->d_name) < 0)
			continue;
		epoch = rl_realloc(epoch, n + 1, sizeof(*epoch));
		epoch[n++] = epoch_of(e->d_name);
	}
	closedir(d);
	if (n)
		qsort(epoch, n, sizeof(*epoch), newest_first);
	for (size_t i = (size_t)keep; i < n; i++) {
		char *path =
			rl_asprintf("%s/checkpoint-%lld.safetensors", dir, (long long)epoch[i]);

		if (unlink(path))
			rl_warn("%s: remove:", path);
		free(path);
	}
	free(epoch);
}

void rl_checkpoint_write(const char *dir, const struct rl_params *p, const struct rl_optim *o,
			 int64_t epoch, int64_t step, const json_t *metadata, int64_t keep)
{
	struct rl_st_tensor *t = rl_calloc(3 * (size_t)p->n, sizeof(*t));
	json_t *meta = metadata ? json_copy((json_t *)metadata) : json_object();
	char *path = rl_asprintf("%s/checkpoint-%lld.safetensors", dir, (long long)epoch);
	int n = 0;

	for (int i = 0; i < p->n; i++) {
		const struct rl_param *q = &p->list[i];

		t[n++] = entry("", q,
			       q->kind == RL_COUNT ? (const void *)&q->tracked
						   : rl_params_data(p, i));
		if (q->kind != RL_PARAM)
			continue;
		t[n++] = entry("optim.m.", q, o->m + q->offset);
		if (o->v)
			t[n++] = entry("optim.v.", q, o->v + q->offset);
	}
	json_object_set_new(meta, "epoch", json_sprintf("%lld", (long long)epoch));
	json_object_set_new(meta, "step", json_sprintf("%lld", (long long)step));
	json_object_set_new(meta, "optimizer_steps", json_sprintf("%lld", (long long)o->t));
	rl_st_write(path, t, n, meta);
	for (int i = 0; i < n; i++)
		free((char *)t[i].name);
	free(t);
	free(path);
	json_decref(meta);
	remove_old(dir, keep);
}
