/* What torch.save() wrote before PyTorch 1.6: the legacy file, and before 0.1.10 a tar archive. */
#include "nn/torchsource.h"

#include "base/err.h"
#include "nn/numbers.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

/* Pickles and raw numbers, one behind the other. */
struct cursor {
	const struct rl_torch_source *s;
	const uint8_t *at, *end;
};

static struct rl_pickle *next_pickle(struct cursor *c)
{
	struct rl_pickle *p = rl_pickle_read(c->at, (size_t)(c->end - c->at), c->s->path);

	c->at += p->size;
	return p;
}

static const uint8_t *next_bytes(struct cursor *c, uint64_t n)
{
	const uint8_t *p = c->at;

	if (n > (uint64_t)(c->end - c->at))
		rl_die("%s: truncated", c->s->path);
	c->at += n;
	return p;
}

static int64_t next_int(struct cursor *c, size_t bytes)
{
	int64_t v = 0;

	memcpy(&v, next_bytes(c, bytes), bytes);
	return v;
}

/* A pickle that is one number, from 0 on. */
static int64_t next_count(struct cursor *c)
{
	struct rl_pickle *p = next_pickle(c);
	int64_t n = p->root->integer;

	if (p->root->type != RL_PK_INT || n < 0)
		rl_die("%s: a count is missing", c->s->path);
	rl_pickle_free(p);
	return n;
}

/* Of things that follow, each of which is bytes. */
static int64_t next_count_of(struct cursor *c, const char *what)
{
	int64_t n = next_count(c);

	if (n > c->end - c->at)
		rl_die("%s: %lld %s: more than bytes", c->s->path, (long long)n, what);
	return n;
}

/* A pickled tuple of three: of a storage or a tensor of the tar archive. */
static struct rl_pickle *next_triple(struct cursor *c)
{
	struct rl_pickle *p = next_pickle(c);

	if (p->root->type != RL_PK_TUPLE || p->root->n != 3)
		rl_die("%s: the description of a storage or tensor is missing", c->s->path);
	return p;
}

/* A count of elements, and their bytes. */
static void next_storage(struct cursor *c, struct rl_torch_storage *t, int64_t count)
{
	uint64_t bytes;

	if (count < 0 || __builtin_mul_overflow((uint64_t)count, rl_numbers_size(t->dtype), &bytes))
		rl_die("%s: storage %s: an absurd count", c->s->path, t->key);
	t->data = next_bytes(c, bytes);
	t->count = count;
}

static void check_system(struct cursor *c)
{
	struct rl_pickle *p = next_pickle(c);
	const struct rl_pk *little = rl_pk_get(p->root, "little_endian");

	if (!little || little->type != RL_PK_BOOL || !little->integer)
		rl_die("%s: numbers are not little-endian", c->s->path);
	rl_pickle_free(p);
}

void rl_torch_open_legacy(struct rl_torch_source *s)
{
	struct cursor c = {s, s->map, s->map + s->size};
	struct rl_pickle *keys;

	s->format = "PyTorch legacy";
	rl_pickle_free(next_pickle(&c)); /* the magic number, by which we got here */
	if (next_count(&c) != 1001)
		rl_die("%s: a protocol of PyTorch's files that is not 1001", s->path);
	check_system(&c);
	s->pickle = next_pickle(&c);
	rl_torch_declare(s);
	keys = next_pickle(&c);
	if (keys->root->type != RL_PK_LIST)
		rl_die("%s: the list of storages is missing", s->path);
	for (size_t i = 0; i < keys->root->n; i++) {
		char *key = rl_torch_key(s, keys->root->item[i]);
		struct rl_torch_storage *t = rl_torch_find(s, key);
		int64_t declared = t ? t->count : 0;

		if (!t || t->data)
			rl_die("%s: storage %s: %s", s->path, key,
			       t ? "there twice" : "no tensor says what it is");
		next_storage(&c, t, next_int(&c, 8));
		if (t->count != declared)
			rl_die("%s: storage %s: has %lld elements, its tensors say %lld", s->path,
			       key, (long long)t->count, (long long)declared);
		free(key);
	}
	rl_pickle_free(keys);
	for (size_t i = 0; i < s->n_storage; i++)
		if (!s->storage[i].data)
			rl_die("%s: storage %s is missing", s->path, s->storage[i].key);
	if (c.at != c.end)
		rl_die("%s: %zu bytes after the last storage", s->path, (size_t)(c.end - c.at));
}

/* ---- the tar archive --------------------------------------------------------------------------
 */

static const char *const members[] = {"storages", "tensors", "pickle"};
enum { STORAGES, TENSORS, PICKLE };

static void extract(struct rl_torch_source *s, size_t size[])
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int got;

	if (!a || archive_read_support_format_tar(a) ||
	    archive_read_open_memory(a, s->map, s->size))
		rl_die("%s: %s", s->path, a ? archive_error_string(a) : "out of memory");
	while ((got = archive_read_next_header(a, &e)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(e);
		int64_t bytes = archive_entry_size(e);
		size_t i = 0;

		while (i < RL_LEN(members) && (!name || strcmp(name, members[i])))
			i++;
		if (i == RL_LEN(members))
			continue;
		if (s->extracted[i] || bytes < 0 || (uint64_t)bytes > s->size)
			rl_die("%s: member %s: twice, or larger than the file", s->path, name);
		s->extracted[i] = rl_malloc((size_t)bytes);
		size[i] = (size_t)bytes;
		if (archive_read_data(a, s->extracted[i], size[i]) != bytes)
			rl_die("%s: member %s: truncated", s->path, name);
	}
	if (got != ARCHIVE_EOF)
		rl_die("%s: tar archive: %s", s->path, archive_error_string(a));
	for (size_t i = 0; i < RL_LEN(members); i++)
		if (!s->extracted[i])
			rl_die("%s: a tar archive, but none of PyTorch's: no member %s", s->path,
			       members[i]);
	archive_read_free(a);
}

/* (key, location, type), count, bytes; then views, which nothing wrote in practice. */
static void read_storages(struct rl_torch_source *s, struct cursor c)
{
	int64_t n = next_count_of(&c, "storages");

	s->storage = rl_calloc((size_t)n, sizeof(*s->storage));
	for (; (int64_t)s->n_storage < n; s->n_storage++) {
		struct rl_torch_storage *t = &s->storage[s->n_storage];
		struct rl_pickle *p = next_triple(&c);

		t->key = rl_torch_key(s, p->root->item[0]);
		t->dtype = rl_torch_dtype(s, p->root->item[2]);
		rl_pickle_free(p);
		next_storage(&c, t, next_int(&c, 8));
	}
	rl_torch_sort(s);
	struct rl_pickle *views = next_pickle(&c);
	if (views->root->type != RL_PK_LIST || views->root->n)
		rl_die("%s: storages that are views of others are not read", s->path);
	rl_pickle_free(views);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct rl_torch_tensor *)a)->name,
		      ((const struct rl_torch_tensor *)b)->name);
}

const struct rl_torch_tensor *rl_torch_find_old(const struct rl_torch_source *s, const char *id)
{
	struct rl_torch_tensor wanted = {.name = (char *)id};

	return s->n_old ? bsearch(&wanted, s->old, s->n_old, sizeof(*s->old), by_id) : NULL;
}

/* (key, storage, type), dimensions, four bytes of nothing, sizes, strides, offset. */
static void read_tensors(struct rl_torch_source *s, struct cursor c)
{
	int64_t n = next_count_of(&c, "tensors");

	s->old = rl_calloc((size_t)n, sizeof(*s->old));
	for (; (int64_t)s->n_old < n; s->n_old++) {
		struct rl_torch_tensor *t = &s->old[s->n_old];
		struct rl_pickle *p = next_triple(&c);
		char *key = rl_torch_key(s, p->root->item[1]);

		t->name = rl_torch_key(s, p->root->item[0]);
		t->storage = rl_torch_find(s, key);
		if (!t->storage)
			rl_die("%s: tensor %s: storage %s is missing", s->path, t->name, key);
		t->dtype = t->storage->dtype;
		free(key);
		rl_pickle_free(p);
		int64_t ndim = next_int(&c, 4);
		next_bytes(&c, 4);
		if (ndim > (int64_t)RL_LEN(t->dim))
			rl_die("%s: tensor %s: too many dimensions", s->path, t->name);
		t->ndim = (int)ndim;
		for (int i = 0; i < t->ndim; i++)
			t->dim[i] = next_int(&c, 8);
		for (int i = 0; i < t->ndim; i++)
			t->stride[i] = next_int(&c, 8);
		t->offset = next_int(&c, 8);
		rl_torch_check(s, t);
	}
	qsort(s->old, s->n_old, sizeof(*s->old), by_id);
}

void rl_torch_open_tar(struct rl_torch_source *s)
{
	size_t size[RL_LEN(members)];
	struct cursor c[RL_LEN(members)];

	s->format = "PyTorch tar";
	s->tar = true;
	extract(s, size);
	for (size_t i = 0; i < RL_LEN(members); i++)
		c[i] = (struct cursor){s, s->extracted[i], s->extracted[i] + size[i]};
	read_storages(s, c[STORAGES]);
	read_tensors(s, c[TENSORS]);
	s->pickle = next_pickle(&c[PICKLE]);
}
