#include "stream/stack.h"

#include "base/err.h"
#include "stream/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rl_stack {
	int fd;
	const char *name;
	FILE *spool;
	int64_t count;
	struct rl_tensor like; /* the first tensor's dtype and shape */
};

struct rl_stack *rl_stack_new(int out, const char *name)
{
	struct rl_stack *k = rl_calloc(1, sizeof(*k));

	if (isatty(out))
		rl_die("%s: is a terminal, and an array is binary: give it a pipe or a file", name);
	k->fd = out;
	k->name = name;
	const char *dir = getenv("TMPDIR");
	char *path = rl_asprintf("%s/rl-stack-XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) || !(k->spool = fdopen(fd, "w+")))
		rl_die("%s: create:", path);
	free(path);
	return k;
}

void rl_stack_add(struct rl_stack *k, const struct rl_tensor *t, const char *key)
{
	size_t bytes = rl_tensor_bytes(t);

	if (t->type == RL_JSON)
		rl_die("sample %.200s: a json field cannot be stacked", key);
	if (k->count++ == 0)
		k->like = *t;
	if (t->type != k->like.type || t->ndim != k->like.ndim ||
	    memcmp(t->dim, k->like.dim, (size_t)t->ndim * sizeof(t->dim[0])))
		rl_die("sample %.200s: its shape is not that of the first, so they do not stack",
		       key);
	if (fwrite(t->data, 1, bytes, k->spool) != bytes)
		rl_die("temporary file: write:");
}

void rl_stack_finish(struct rl_stack *k)
{
	int64_t dim[RL_MAXDIM + 1] = {k->count};
	uint8_t header[RL_NPY_WRITTEN];
	char piece[1 << 16];
	int copy = dup(k->fd);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (!out)
		rl_die("%s: write:", k->name);
	if (k->count == 0)
		rl_die("no samples to stack");
	memcpy(dim + 1, k->like.dim, sizeof(k->like.dim));
	fwrite(header, 1, rl_npy_write(header, k->like.type, k->like.ndim + 1, dim), out);
	if (fflush(k->spool))
		rl_die("temporary file: write:");
	rewind(k->spool);
	for (size_t n; !ferror(out) && (n = fread(piece, 1, sizeof(piece), k->spool)) > 0;)
		fwrite(piece, 1, n, out);
	if (ferror(k->spool))
		rl_die("temporary file: read:");
	if (ferror(out) || fclose(out))
		rl_die("%s: write:", k->name);
	fclose(k->spool);
	free(k);
}
