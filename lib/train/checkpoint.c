#include "train/checkpoint.h"

#include "base/err.h"
#include "nn/weights.h"
#include "train/identity.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WHY = 1024 };

/* ---- files ------------------------------------------------------------------------------------
 */

static char *path_of(const char *dir, int64_t step)
{
	return rl_asprintf("%s/checkpoint-%lld.safetensors", dir, (long long)step);
}

static bool step_of(const char *name, int64_t *step)
{
	long long n;
	char again[64];

	if (sscanf(name, "checkpoint-%lld.", &n) != 1 || n < 0)
		return false;
	snprintf(again, sizeof(again), "checkpoint-%lld.safetensors", n);
	*step = n;
	return !strcmp(name, again);
}

static int newest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

/* The steps of all checkpoints in a directory, newest first; none if it cannot be read. */
static int64_t *list(const char *dir, int *n)
{
	DIR *d = opendir(dir);
	int64_t *steps = NULL, step;

	*n = 0;
	if (!d && errno != ENOENT)
		rl_die("%s: open:", dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (!step_of(e->d_name, &step))
			continue;
		steps = rl_realloc(steps, (size_t)*n + 1, sizeof(*steps));
		steps[(*n)++] = step;
	}
	if (d)
		closedir(d);
	if (*n)
		qsort(steps, (size_t)*n, sizeof(*steps), newest_first);
	return steps;
}

bool rl_checkpoint_exists(const char *dir)
{
	int n;

	free(list(dir, &n));
	return n > 0;
}

static void prune(const char *dir, int64_t step, int64_t keep)
{
	int n;
	int64_t *steps = list(dir, &n), older = 0;

	for (int i = 0; i < n; i++) {
		if (steps[i] >= step || ++older < keep)
			continue;
		char *path = path_of(dir, steps[i]);
		if (unlink(path))
			rl_warn("%s: remove:", path);
		free(path);
	}
	free(steps);
}

void rl_checkpoint_tidy(const char *dir)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (strstr(e->d_name, ".safetensors.partial-") && unlinkat(dirfd(d), e->d_name, 0))
			rl_warn("%s/%s: remove:", dir, e->d_name);
	if (d)
		closedir(d);
}

/* ---- tensors ----------------------------------------------------------------------------------
 */

/* Everything that has a name and memory, to be written from or read into. */
struct table {
	struct rl_st_tensor *tensor;
	char **moment; /* names */
	int n, nmoment;
};

/* A moment has the shape of its parameter. */
static void add_moment(struct table *t, struct rl_st_tensor of, const char *prefix,
		       const float *data)
{
	t->moment[t->nmoment] = rl_asprintf("%s%s", prefix, of.name);
	of.name = t->moment[t->nmoment++];
	of.data = data;
	t->tensor[t->n++] = of;
}

static struct table table_of(const struct rl_params *p, const struct rl_optim *o)
{
	struct table t = {.tensor = rl_calloc(3 * (size_t)p->n, sizeof(*t.tensor)),
			  .moment = rl_calloc(2 * (size_t)p->n, sizeof(*t.moment))};

	for (int i = 0; i < p->n; i++) {
		const struct rl_param *q = &p->list[i];
		struct rl_st_tensor value = rl_weights_tensor(p, i);

		t.tensor[t.n++] = value;
		if (q->kind == RL_PARAM)
			add_moment(&t, value, "optim.m.", o->m + q->offset);
		if (q->kind == RL_PARAM && o->v)
			add_moment(&t, value, "optim.v.", o->v + q->offset);
	}
	return t;
}

static void free_table(struct table *t)
{
	while (t->nmoment)
		free(t->moment[--t->nmoment]);
	free(t->moment);
	free(t->tensor);
}

static bool tensors_fit(const struct table *t, const struct rl_st_file *f, char why[WHY])
{
	for (int i = 0; i < t->n; i++) {
		const struct rl_st_tensor *to = &t->tensor[i], *from = rl_st_find(f, to->name);

		if (!from || strcmp(from->dtype, to->dtype) || from->ndim != to->ndim ||
		    memcmp(from->dim, to->dim, (size_t)to->ndim * sizeof(*to->dim))) {
			snprintf(why, WHY, "tensor %s is missing or has another shape or type",
				 to->name);
			return false;
		}
	}
	if (f->n != t->n + 1) { /* the seal */
		snprintf(why, WHY, "%d tensors, but the network has %d", f->n - 1, t->n);
		return false;
	}
	return true;
}

static void read_tensors(const struct table *t, const struct rl_st_file *f)
{
	for (int i = 0; i < t->n; i++)
		memcpy((void *)t->tensor[i].data, rl_st_find(f, t->tensor[i].name)->data,
		       t->tensor[i].bytes);
}

/* ---- writing ----------------------------------------------------------------------------------
 */

void rl_checkpoint_write(const struct rl_checkpoint *c, int64_t step, const char *state,
			 const json_t *metadata, int64_t keep)
{
	struct table t = table_of(c->params, c->optim);
	json_t *meta = json_copy((json_t *)metadata);
	char *path = path_of(c->dir, step), *run = rl_identity_text(c->run);

	json_object_set_new(meta, "state", json_string(state));
	json_object_set_new(meta, "run", json_string(run));
	rl_st_write_sealed(path, t.tensor, t.n, meta);
	prune(c->dir, step, keep);
	free(run);
	json_decref(meta);
	free(path);
	free_table(&t);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static bool load(const struct rl_checkpoint *c, const struct rl_st_file *f, char why[WHY])
{
	const char *state = rl_json_str(f->metadata, "state", f->path);
	struct table t = table_of(c->params, c->optim);
	const char *run = rl_json_str(f->metadata, "run", f->path);
	bool fits = rl_identity_agrees(c->run, run, f->path, why, WHY) && tensors_fit(&t, f, why);

	if (fits) {
		read_tensors(&t, f);
		c->params->version++;
		c->optim->t = rl_state_parse(state, 0, f->path).step;
	}
	free_table(&t);
	return fits;
}

/* Goes down from the newest checkpoint to the first that is whole and, if c has tensors for it,
 * can be loaded. */
static json_t *find(const struct rl_checkpoint *c)
{
	char why[WHY] = "";
	json_t *metadata = NULL;
	int n;
	int64_t *steps = list(c->dir, &n);

	for (int i = 0; i < n && !metadata; i++) {
		char *path = path_of(c->dir, steps[i]);

		if (rl_st_sealed(path, why)) {
			struct rl_st_file *f = rl_st_open(path);

			if (!c->params || load(c, f, why))
				metadata = json_deep_copy(f->metadata);
			rl_st_close(f);
		}
		if (!metadata && i + 1 == n)
			rl_die("%s: %s; no checkpoint can be used", path, why);
		if (!metadata)
			rl_warn("%s: %s; using the one before", path, why);
		free(path);
	}
	free(steps);
	return metadata;
}

json_t *rl_checkpoint_load(const struct rl_checkpoint *c)
{
	return find(c);
}

int64_t rl_checkpoint_where(const char *dir)
{
	json_t *metadata = find(&(struct rl_checkpoint){.dir = dir});
	int64_t from = metadata ? rl_state_from(rl_json_str(metadata, "state", dir), dir) : 0;

	json_decref(metadata);
	return from;
}
