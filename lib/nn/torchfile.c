#include "nn/torchfile.h"

#include "base/err.h"
#include "base/utf8.h"
#include "nn/numbers.h"
#include "nn/torchsource.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each member is said in bytes of the pickle: more visits a byte are of shared ones. */
enum {
	NAME_LIMIT = 1024,
	DEPTH_LIMIT = 64,
	TENSOR_LIMIT = 1 << 16,
	VISIT_LIMIT = 1 << 22,
	VISITS_A_BYTE = 4
};

/* The pickle of 0x1950a86a20f9469cfc6c, with which a legacy file starts. */
static const uint8_t magic[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c,
				0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

static bool is_zip(const void *data, size_t size)
{
	return size >= 4 && !memcmp(data, "PK\3\4", 4);
}

static bool is_legacy(const void *data, size_t size)
{
	return size >= sizeof(magic) && !memcmp(data, magic, sizeof(magic));
}

static bool is_tar(const void *data, size_t size)
{
	return size >= 512 && !memcmp((const char *)data + 257, "ustar", 5);
}

bool rl_torch_is(const void *data, size_t size)
{
	return is_zip(data, size) || is_legacy(data, size) || is_tar(data, size);
}

/* ---- from the pickle to tensors ---------------------------------------------------------------
 */

struct walker {
	struct rl_torch_file *f;
	struct rl_torch_source *s;
	char name[NAME_LIMIT];
	size_t visits;
};

static void integers(const struct walker *w, const struct rl_pk *tuple, int64_t to[8], int *n)
{
	if (tuple->type != RL_PK_TUPLE || tuple->n > 8)
		rl_die("%s: tensor %s: its shape is no tuple of at most 8", w->s->path, w->name);
	for (size_t i = 0; i < tuple->n; i++) {
		if (tuple->item[i]->type != RL_PK_INT)
			rl_die("%s: tensor %s: its shape is no tuple of integers", w->s->path,
			       w->name);
		to[i] = tuple->item[i]->integer;
	}
	*n = (int)tuple->n;
}

/* A legacy storage may be a part of another: (key, offset, elements). */
static void apply_view(const struct walker *w, const struct rl_pk *id, struct rl_torch_tensor *t)
{
	const struct rl_pk *view = id->n > 5 ? id->item[5] : NULL;

	if (!view || view->type == RL_PK_NONE)
		return;
	if (view->type != RL_PK_TUPLE || view->n != 3 || view->item[1]->type != RL_PK_INT ||
	    view->item[1]->integer < 0 ||
	    __builtin_add_overflow(t->offset, view->item[1]->integer, &t->offset))
		rl_die("%s: tensor %s: a bad view of its storage", w->s->path, w->name);
}

/* _rebuild_tensor_v2(storage, offset, size, stride, ...) */
static void rebuild(const struct walker *w, const struct rl_pk *arguments,
		    struct rl_torch_tensor *t)
{
	const struct rl_pk *storage = arguments->n >= 4 ? arguments->item[0] : NULL;
	int strides;

	if (!storage || storage->type != RL_PK_PERSISTENT || w->s->tar ||
	    storage->item[0]->type != RL_PK_TUPLE || storage->item[0]->n < 5 ||
	    arguments->item[1]->type != RL_PK_INT)
		rl_die("%s: tensor %s: not made as PyTorch makes them", w->s->path, w->name);
	const struct rl_pk *id = storage->item[0];
	char *key = rl_torch_key(w->s, id->item[2]);

	t->storage = rl_torch_find(w->s, key);
	if (!t->storage)
		rl_die("%s: tensor %s: storage %s is missing", w->s->path, w->name, key);
	t->dtype = t->storage->dtype;
	t->offset = arguments->item[1]->integer;
	integers(w, arguments->item[2], t->dim, &t->ndim);
	integers(w, arguments->item[3], t->stride, &strides);
	if (strides != t->ndim)
		rl_die("%s: tensor %s: %d dimensions, %d strides", w->s->path, w->name, t->ndim,
		       strides);
	apply_view(w, id, t);
	rl_torch_check(w->s, t);
	free(key);
}

/* Tensors of the tar archive lie outside the pickle, under ids. */
static void old_tensor(const struct walker *w, const struct rl_pk *id, struct rl_torch_tensor *t)
{
	char *key = rl_torch_key(w->s, id), *name = t->name;
	const struct rl_torch_tensor *old = rl_torch_find_old(w->s, key);

	if (!old)
		rl_die("%s: tensor %s: its id is unknown", w->s->path, w->name);
	*t = *old;
	t->name = name;
	free(key);
}

static bool is_call(const struct rl_pk *k, const char *what)
{
	return k->type == RL_PK_OBJECT && rl_pk_is_global(k->item[0], what);
}

static bool is_tensor(const struct walker *w, const struct rl_pk *k)
{
	return is_call(k, "torch._utils._rebuild_tensor_v2") ||
	       is_call(k, "torch._utils._rebuild_tensor") ||
	       (w->s->tar && k->type == RL_PK_PERSISTENT && k->item[0]->type != RL_PK_TUPLE);
}

static void add_tensor(struct walker *w, const struct rl_pk *k)
{
	struct rl_torch_file *f = w->f;

	if (f->n == TENSOR_LIMIT)
		rl_die("%s: more than %d tensors", w->s->path, TENSOR_LIMIT);
	f->tensor = rl_grown(f->tensor, (size_t)f->n, sizeof(*f->tensor));
	struct rl_torch_tensor *t = &f->tensor[f->n++];
	*t = (struct rl_torch_tensor){.name = rl_utf8_clean(w->name)};
	if (k->type == RL_PK_PERSISTENT)
		old_tensor(w, k->item[0], t);
	else
		rebuild(w, k->item[1], t);
}

static const char *class_of(const struct rl_pk *k)
{
	return k->item[0]->type == RL_PK_GLOBAL ? k->item[0]->text : "a class without a name";
}

static void add_opaque(struct walker *w, const struct rl_pk *k)
{
	struct rl_torch_file *f = w->f;

	if (!f->n_opaque++)
		f->opaque = rl_asprintf("%s (%s)", w->name, class_of(k));
}

static void walk(struct walker *w, const struct rl_pk *k, int depth);

static void walk_member(struct walker *w, const struct rl_pk *key, const struct rl_pk *k, int depth)
{
	size_t length = strlen(w->name), room = sizeof(w->name) - length;
	const char *dot = length ? "." : "";
	int n = key->type == RL_PK_TEXT && !memchr(key->text, '\0', key->length)
			? snprintf(w->name + length, room, "%s%.*s", dot,
				   (int)(key->length < NAME_LIMIT ? key->length : NAME_LIMIT),
				   key->text)
		: key->type == RL_PK_INT
			? snprintf(w->name + length, room, "%s%lld", dot, (long long)key->integer)
			: snprintf(w->name + length, room, "%s?", dot);

	if ((size_t)n >= room)
		rl_die("%s: %.200s...: a name of more than %d bytes", w->s->path, w->name,
		       NAME_LIMIT - 1);
	walk(w, k, depth + 1);
	w->name[length] = '\0';
}

/* Containers may share members and contain themselves: the whole walk is bounded. */
static void walk(struct walker *w, const struct rl_pk *k, int depth)
{
	if (depth > DEPTH_LIMIT || ++w->visits > VISIT_LIMIT ||
	    w->visits / VISITS_A_BYTE > w->s->pickle->size)
		rl_die("%s: containers nested too deeply, in themselves, or sharing members "
		       "over and over",
		       w->s->path);
	while (is_call(k, "torch._utils._rebuild_parameter") && k->item[1]->n)
		k = k->item[1]->item[0];
	if (is_tensor(w, k)) {
		add_tensor(w, k);
	} else if (k->type == RL_PK_OBJECT) {
		add_opaque(w, k);
	} else if (k->type == RL_PK_DICT) {
		for (size_t i = 0; i < k->n; i += 2)
			walk_member(w, k->item[i], k->item[i + 1], depth);
	} else if (k->type == RL_PK_LIST || k->type == RL_PK_TUPLE) {
		for (size_t i = 0; i < k->n; i++)
			walk_member(w, &(struct rl_pk){.type = RL_PK_INT, .integer = (int64_t)i},
				    k->item[i], depth);
	}
}

/* ---- the file ---------------------------------------------------------------------------------
 */

static void map_file(struct rl_torch_source *s)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		rl_die("%s: open:", s->path);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		rl_die("%s: empty, or not a regular file", s->path);
	s->size = (size_t)st.st_size;
	s->map = mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (s->map == MAP_FAILED)
		rl_die("%s: map:", s->path);
	close(fd);
}

struct rl_torch_file *rl_torch_open(const char *path)
{
	struct rl_torch_file *f = rl_calloc(1, sizeof(*f));
	struct rl_torch_source *s = rl_calloc(1, sizeof(*s));
	struct walker w = {.f = f, .s = s};

	f->path = rl_strdup(path);
	f->source = s;
	s->path = f->path;
	map_file(s);
	if (is_zip(s->map, s->size))
		rl_torch_open_zip(s);
	else if (is_legacy(s->map, s->size))
		rl_torch_open_legacy(s);
	else if (is_tar(s->map, s->size))
		rl_torch_open_tar(s);
	else
		rl_die("%s: no file that PyTorch wrote", path);
	f->format = s->format;
	if (s->pickle->root->type == RL_PK_OBJECT)
		rl_die("%s: holds an object of %s: save the state_dict() of it in Python", path,
		       class_of(s->pickle->root));
	walk(&w, s->pickle->root, 0);
	return f;
}

/* Row-major, from wherever the strides lead. */
void rl_torch_read(struct rl_torch_file *f, int i, void *to)
{
	const struct rl_torch_tensor *t = &f->tensor[i];
	size_t size = rl_numbers_size(t->dtype);
	uint64_t at = (uint64_t)t->offset; /* wraps where a lone step is absurd */
	int64_t index[8] = {0};
	uint8_t *out = to;

	if (!t->storage->data)
		rl_torch_load_zip(f->source, t->storage);
	for (size_t n = t->count; n > 0; n--, out += size) {
		memcpy(out, t->storage->data + at * size, size);
		for (int d = t->ndim - 1; d >= 0; d--) {
			at += (uint64_t)t->stride[d];
			if (++index[d] < t->dim[d])
				break;
			at -= (uint64_t)t->dim[d] * (uint64_t)t->stride[d];
			index[d] = 0;
		}
	}
}

void rl_torch_close(struct rl_torch_file *f)
{
	struct rl_torch_source *s = f->source;

	if (s->zip)
		rl_torch_close_zip(s);
	for (size_t i = 0; i < s->n_storage; i++)
		free(s->storage[i].key);
	for (size_t i = 0; i < s->n_old; i++)
		free(s->old[i].name);
	for (size_t i = 0; i < RL_LEN(s->extracted); i++)
		free(s->extracted[i]);
	rl_pickle_free(s->pickle);
	free(s->pickled);
	free(s->storage);
	free(s->old);
	munmap((void *)s->map, s->size);
	free(s);
	for (int i = 0; i < f->n; i++)
		free(f->tensor[i].name);
	free(f->tensor);
	free(f->opaque);
	free(f->path);
	free(f);
}
