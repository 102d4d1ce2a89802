#include "stream/tensor.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} dtypes[] = {
	[RL_U1] = {"u1", 1}, [RL_I1] = {"i1", 1}, [RL_I4] = {"i4", 4},     [RL_I8] = {"i8", 8},
	[RL_F4] = {"f4", 4}, [RL_F8] = {"f8", 8}, [RL_JSON] = {"json", 1},
};

const char *rl_dtype_name(enum rl_dtype t)
{
	return dtypes[t].name;
}

bool rl_dtype_parse(const char *name, enum rl_dtype *t)
{
	for (size_t i = 0; i < RL_LEN(dtypes); i++) {
		if (!strcmp(name, dtypes[i].name)) {
			*t = (enum rl_dtype)i;
			return true;
		}
	}
	return false;
}

size_t rl_dtype_size(enum rl_dtype t)
{
	return dtypes[t].size;
}

size_t rl_tensor_count(const struct rl_tensor *t)
{
	size_t n = 1;

	for (int i = 0; i < t->ndim; i++)
		if (t->dim[i] < 0 || __builtin_mul_overflow(n, (size_t)t->dim[i], &n))
			rl_die("a tensor's shape does not fit in memory");
	return n;
}

size_t rl_tensor_bytes(const struct rl_tensor *t)
{
	size_t n;

	if (__builtin_mul_overflow(rl_tensor_count(t), rl_dtype_size(t->type), &n))
		rl_die("a tensor's shape does not fit in memory");
	return n;
}

struct rl_field *rl_sample_find(struct rl_sample *s, const char *name)
{
	for (int i = 0; i < s->nfield; i++)
		if (!strcmp(s->field[i].name, name))
			return &s->field[i];
	return NULL;
}

struct rl_tensor *rl_sample_get(struct rl_sample *s, const char *name, enum rl_dtype type, int ndim)
{
	struct rl_field *f = rl_sample_find(s, name);

	if (!f)
		rl_die("sample %.200s: no field %s", s->key, name);
	if (f->tensor.type != type || f->tensor.ndim != ndim)
		rl_die("sample %.200s: field %s is %s with %d dimensions, not %s with %d", s->key,
		       name, rl_dtype_name(f->tensor.type), f->tensor.ndim, rl_dtype_name(type),
		       ndim);
	return &f->tensor;
}

uint32_t rl_sample_epoch(struct rl_sample *s)
{
	if (!rl_sample_find(s, "epoch"))
		return 0;
	int32_t epoch = *(const int32_t *)rl_sample_get(s, "epoch", RL_I4, 0)->data;
	if (epoch < 0 || epoch >= 1 << 24)
		rl_die("sample %.200s: epoch %d", s->key, (int)epoch);
	return (uint32_t)epoch;
}

/* Slots past nfield keep the memory of fields that were dropped, under their old names: a filter
 * that reads, adds, drops and writes in a loop allocates only in its first round. */
static struct rl_field *append(struct rl_sample *s, const char *name)
{
	if (s->nfield == RL_MAXFIELD)
		rl_die("sample %.200s: field %s: more than %d fields", s->key ? s->key : "", name,
		       RL_MAXFIELD);
	if (strlen(name) > RL_MAXNAME)
		rl_die("field name %s: longer than %d bytes", name, RL_MAXNAME);

	struct rl_field *at = &s->field[s->nfield++], *end = s->field + RL_MAXFIELD;
	struct rl_field *f = at;
	while (f < end && strcmp(f->name, name))
		f++;
	if (f == end)
		for (f = at; f < end - 1 && f->capacity; f++)
			;
	struct rl_field spare = *f;
	*f = *at;
	*at = spare;
	strcpy(at->name, name);
	return at;
}

struct rl_tensor *rl_sample_make(struct rl_sample *s, const char *name, enum rl_dtype type,
				 int ndim, const int64_t *dim)
{
	struct rl_field *f = rl_sample_find(s, name);
	struct rl_tensor t = {.type = type, .ndim = ndim};

	if (!f)
		f = append(s, name);
	if (ndim < 0 || ndim > RL_MAXDIM)
		rl_die("field %s: %d dimensions, at most %d are possible", name, ndim, RL_MAXDIM);
	for (int i = 0; i < ndim; i++)
		t.dim[i] = dim[i];
	size_t bytes = rl_tensor_bytes(&t);
	if (f->capacity == 0 || f->capacity < bytes) {
		if (f->capacity)
			free(f->tensor.data);
		f->tensor.data = rl_aligned(bytes);
		f->capacity = bytes ? bytes : 1;
	}
	t.data = f->tensor.data;
	f->tensor = t;
	return &f->tensor;
}

void *rl_field_take(struct rl_field *f)
{
	void *data = f->tensor.data;

	f->tensor.data = NULL;
	f->capacity = 0;
	return data;
}

void rl_field_give(struct rl_field *f, void *data, const int64_t *dim)
{
	if (f->capacity)
		free(f->tensor.data);
	for (int i = 0; i < f->tensor.ndim; i++)
		f->tensor.dim[i] = dim[i];
	f->tensor.data = data;
	f->capacity = rl_tensor_bytes(&f->tensor);
}

void rl_sample_drop(struct rl_sample *s, const char *name)
{
	struct rl_field *f = rl_sample_find(s, name);

	if (!f)
		return;
	struct rl_field spare = *f, *last = &s->field[--s->nfield];
	memmove(f, f + 1, (size_t)(last - f) * sizeof(*f));
	*last = spare;
}

void rl_sample_set_key(struct rl_sample *s, const char *key)
{
	size_t size = strlen(key) + 1;

	if (size > s->key_capacity) {
		s->key = rl_realloc(s->key, size, 1);
		s->key_capacity = size;
	}
	memcpy(s->key, key, size);
}

void rl_sample_free(struct rl_sample *s)
{
	for (int i = 0; i < RL_MAXFIELD; i++)
		if (s->field[i].capacity)
			free(s->field[i].tensor.data);
	if (s->key_capacity)
		free(s->key);
	*s = (struct rl_sample){0};
}
