#include "nn/tensorfile.h"

#include "base/err.h"
#include "nn/numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_torch(const char *path)
{
	FILE *f = fopen(path, "rb");
	char start[512];

	if (!f)
		rl_die("%s: open:", path);
	size_t n = fread(start, 1, sizeof(start), f);
	fclose(f);
	return rl_torch_is(start, n);
}

static void from_torch(struct rl_tensorfile *f)
{
	f->torch = rl_torch_open(f->path);
	f->format = f->torch->format;
	f->opaque = f->torch->opaque;
	f->n_opaque = f->torch->n_opaque;
	f->n = f->torch->n;
	f->tensor = rl_calloc((size_t)f->n, sizeof(*f->tensor));
	for (int i = 0; i < f->n; i++) {
		const struct rl_torch_tensor *from = &f->torch->tensor[i];
		struct rl_st_tensor *to = &f->tensor[i];

		*to = (struct rl_st_tensor){.name = from->name,
					    .dtype = from->dtype,
					    .ndim = from->ndim,
					    .bytes = from->count * rl_numbers_size(from->dtype)};
		memcpy(to->dim, from->dim, sizeof(to->dim));
	}
}

static void from_safetensors(struct rl_tensorfile *f)
{
	f->st = rl_st_open(f->path);
	f->format = "safetensors";
	f->n = f->st->n;
	f->tensor = rl_calloc((size_t)f->n, sizeof(*f->tensor));
	memcpy(f->tensor, f->st->tensor, (size_t)f->n * sizeof(*f->tensor));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rl_st_tensor *)a)->name,
		      ((const struct rl_st_tensor *)b)->name);
}

/* `data` carries the index through the sort. */
static void sort(struct rl_tensorfile *f)
{
	f->at = rl_calloc((size_t)f->n, sizeof(*f->at));
	for (int i = 0; i < f->n; i++)
		f->tensor[i].data = (const void *)(intptr_t)i;
	qsort(f->tensor, (size_t)f->n, sizeof(*f->tensor), by_name);
	for (int i = 0; i < f->n; i++) {
		f->at[i] = (int)(intptr_t)f->tensor[i].data;
		f->tensor[i].data = NULL;
		if (i && !by_name(&f->tensor[i - 1], &f->tensor[i]))
			rl_die("%s: tensor %s: two of that name", f->path, f->tensor[i].name);
	}
}

struct rl_tensorfile *rl_tensorfile_open(const char *path)
{
	struct rl_tensorfile *f = rl_calloc(1, sizeof(*f));

	f->path = rl_strdup(path);
	if (is_torch(path))
		from_torch(f);
	else
		from_safetensors(f);
	if (!f->n)
		rl_die("%s: no tensors in it", path);
	sort(f);
	return f;
}

void rl_tensorfile_close(struct rl_tensorfile *f)
{
	if (f->torch)
		rl_torch_close(f->torch);
	else
		rl_st_close(f->st);
	free((char *)f->path);
	free(f->tensor);
	free(f->at);
	free(f);
}

int rl_tensorfile_find(const struct rl_tensorfile *f, const char *name)
{
	const struct rl_st_tensor wanted = {.name = name};
	const struct rl_st_tensor *t =
		bsearch(&wanted, f->tensor, (size_t)f->n, sizeof(*f->tensor), by_name);

	return t ? (int)(t - f->tensor) : -1;
}

void rl_tensorfile_read(struct rl_tensorfile *f, int i, void *to)
{
	if (f->torch)
		rl_torch_read(f->torch, f->at[i], to);
	else
		memcpy(to, f->st->tensor[f->at[i]].data, f->tensor[i].bytes);
}
