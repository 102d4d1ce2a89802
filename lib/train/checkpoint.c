#include "train/checkpoint.h"

#include "base/err.h"
#include "nn/weights.h"

#include <stdlib.h>
#include <unistd.h>

static char *path_of(const char *dir, int64_t epoch)
{
	return rl_asprintf("%s/checkpoint-%lld.safetensors", dir, (long long)epoch);
}

/* A moment has the shape of its parameter. */
static struct rl_st_tensor moment(struct rl_st_tensor of, char *name, const float *data)
{
	of.name = name;
	of.data = data;
	return of;
}

void rl_checkpoint_write(const char *dir, const struct rl_params *p, const struct rl_optim *o,
			 int64_t epoch, int64_t step, const json_t *metadata)
{
	struct rl_st_tensor *t = rl_calloc(3 * (size_t)p->n, sizeof(*t));
	char **name = rl_calloc(2 * (size_t)p->n, sizeof(*name));
	json_t *meta = json_copy((json_t *)metadata);
	char *path = path_of(dir, epoch);
	int n = 0, names = 0;

	for (int i = 0; i < p->n; i++) {
		const struct rl_param *q = &p->list[i];
		struct rl_st_tensor value = rl_weights_tensor(p, i);

		t[n++] = value;
		if (q->kind != RL_PARAM)
			continue;
		name[names] = rl_asprintf("optim.m.%s", q->name);
		t[n++] = moment(value, name[names++], o->m + q->offset);
		if (!o->v)
			continue;
		name[names] = rl_asprintf("optim.v.%s", q->name);
		t[n++] = moment(value, name[names++], o->v + q->offset);
	}
	json_object_set_new(meta, "epoch", json_sprintf("%lld", (long long)epoch));
	json_object_set_new(meta, "step", json_sprintf("%lld", (long long)step));
	json_object_set_new(meta, "optimizer_steps", json_sprintf("%lld", (long long)o->t));
	rl_st_write(path, t, n, meta);
	while (names)
		free(name[--names]);
	free(name);
	free(t);
	free(path);
	json_decref(meta);
}

void rl_checkpoint_remove(const char *dir, int64_t epoch)
{
	char *path = path_of(dir, epoch);

	if (unlink(path))
		rl_warn("%s: remove:", path);
	free(path);
}
