#include "nn/torchsource.h"

#include "base/err.h"
#include "nn/numbers.h"

#include <stdlib.h>
#include <string.h>

const char *rl_torch_dtype(const struct rl_torch_source *s, const struct rl_pk *type)
{
	static const struct {
		const char *storage, *dtype;
	} known[] = {{"FloatStorage", "F32"}, {"DoubleStorage", "F64"},    {"HalfStorage", "F16"},
		     {"LongStorage", "I64"},  {"BFloat16Storage", "BF16"}, {"IntStorage", "I32"},
		     {"ShortStorage", "I16"}, {"CharStorage", "I8"},       {"ByteStorage", "U8"},
		     {"BoolStorage", "BOOL"}};
	const char *name = type->type == RL_PK_GLOBAL ? type->text : "";

	for (size_t i = 0; i < RL_LEN(known); i++) {
		if (!strncmp(name, "torch.", 6) && !strcmp(name + 6, known[i].storage))
			return known[i].dtype;
		if (!strncmp(name, "torch.cuda.", 11) && !strcmp(name + 11, known[i].storage))
			return known[i].dtype;
	}
	rl_die("%s: a storage of unknown type %s", s->path, name);
}

char *rl_torch_key(const struct rl_torch_source *s, const struct rl_pk *k)
{
	if (k->type == RL_PK_INT)
		return rl_asprintf("%lld", (long long)k->integer);
	if (k->type != RL_PK_TEXT || k->length > 256 || memchr(k->text, '\0', k->length))
		rl_die("%s: the key of a storage is no short string", s->path);
	return rl_asprintf("%.*s", (int)k->length, k->text);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct rl_torch_storage *)a)->key,
		      ((const struct rl_torch_storage *)b)->key);
}

void rl_torch_sort(struct rl_torch_source *s)
{
	qsort(s->storage, s->n_storage, sizeof(*s->storage), by_key);
	for (size_t i = 1; i < s->n_storage; i++)
		if (!by_key(&s->storage[i - 1], &s->storage[i]))
			rl_die("%s: storage %s: two of that key", s->path, s->storage[i].key);
}

struct rl_torch_storage *rl_torch_find(const struct rl_torch_source *s, const char *key)
{
	struct rl_torch_storage wanted = {.key = (char *)key};

	return s->n_storage
		       ? bsearch(&wanted, s->storage, s->n_storage, sizeof(*s->storage), by_key)
		       : NULL;
}

/* ('storage', torch.FloatStorage, key, 'cpu', elements); legacy files have a sixth, of views. */
static bool declare(const struct rl_torch_source *s, const struct rl_pk *id,
		    struct rl_torch_storage *t)
{
	if (id->type != RL_PK_TUPLE || id->n < 1 || !rl_pk_is_text(id->item[0], "storage"))
		return false; /* ('module', class, file, source): whose tensors follow anyway */
	if (id->n < 5 || id->item[4]->type != RL_PK_INT || id->item[4]->integer < 0)
		rl_die("%s: the id of a storage has another form than PyTorch's", s->path);
	*t = (struct rl_torch_storage){.key = rl_torch_key(s, id->item[2]),
				       .dtype = rl_torch_dtype(s, id->item[1]),
				       .count = id->item[4]->integer};
	return true;
}

void rl_torch_declare(struct rl_torch_source *s)
{
	const struct rl_pickle *p = s->pickle;
	struct rl_torch_storage *all = rl_calloc(p->n_persistent, sizeof(*all));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < p->n_persistent; i++)
		n += declare(s, p->persistent[i]->item[0], &all[n]);
	qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 0; i < n; i++) {
		struct rl_torch_storage *last = kept ? &all[kept - 1] : NULL;

		if (!last || strcmp(last->key, all[i].key)) {
			all[kept++] = all[i];
			continue;
		}
		if (last->dtype != all[i].dtype || last->count != all[i].count)
			rl_die("%s: storage %s: declared twice, differently", s->path, last->key);
		free(all[i].key);
	}
	s->storage = all;
	s->n_storage = kept;
}

void rl_torch_check(const struct rl_torch_source *s, struct rl_torch_tensor *t)
{
	int64_t count = 1, last = t->offset, reach;
	bool fits = t->offset >= 0;

	for (int i = 0; i < t->ndim && fits; i++)
		fits = t->dim[i] >= 0 && t->stride[i] >= 0 &&
		       !__builtin_mul_overflow(count, t->dim[i], &count);
	for (int i = 0; i < t->ndim && fits && count; i++)
		fits = !__builtin_mul_overflow(t->dim[i] - 1, t->stride[i], &reach) &&
		       !__builtin_add_overflow(last, reach, &last);
	if (!fits)
		rl_die("%s: tensor %s: bad shape, strides or offset", s->path, t->name);
	if (count && (last >= t->storage->count || count > t->storage->count))
		rl_die("%s: tensor %s: reaches beyond the %lld elements of its storage", s->path,
		       t->name, (long long)t->storage->count);
	t->count = (size_t)count;
}
