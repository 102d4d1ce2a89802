/* The zip archive that torch.save() has written since PyTorch 1.6. */
#include "nn/torchsource.h"

#include "base/err.h"
#include "nn/numbers.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Readers of zip archives disagree on which of two members of one name counts. */
static void refuse_duplicates(const struct rl_torch_source *s, zip_int64_t n)
{
	const char **name = rl_calloc((size_t)n, sizeof(*name));

	for (zip_int64_t i = 0; i < n; i++)
		if (!(name[i] = zip_get_name(s->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW)))
			rl_die("%s: a member without a name", s->path);
	qsort(name, (size_t)n, sizeof(*name), by_text);
	for (zip_int64_t i = 1; i < n; i++)
		if (!strcmp(name[i - 1], name[i]))
			rl_die("%s: member %s: two of that name", s->path, name[i]);
	free(name);
}

/* The directory that all members are in: that of the first NAME/data.pkl.  New string. */
static char *root_of(const struct rl_torch_source *s, zip_int64_t n)
{
	for (zip_int64_t i = 0; i < n; i++) {
		const char *name = zip_get_name(s->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
		const char *slash = strchr(name, '/');

		if (slash && !strcmp(slash, "/data.pkl"))
			return rl_asprintf("%.*s", (int)(slash - name), name);
	}
	rl_die("%s: a zip archive, but none of PyTorch's: no data.pkl", s->path);
}

/* A stored member: its index and size; false when there is none of that name. */
static bool find(const struct rl_torch_source *s, const char *root, const char *name,
		 zip_uint64_t *index, zip_uint64_t *size)
{
	char *full = rl_asprintf("%s/%s", root, name);
	zip_int64_t at = zip_name_locate(s->zip, full, ZIP_FL_ENC_RAW);
	zip_stat_t st;

	if (at >= 0) {
		if (zip_stat_index(s->zip, (zip_uint64_t)at, 0, &st))
			rl_die("%s: member %s: %s", s->path, full, zip_strerror(s->zip));
		if (st.comp_method != ZIP_CM_STORE || st.encryption_method != ZIP_EM_NONE)
			rl_die("%s: member %s: compressed or encrypted, which PyTorch does not do",
			       s->path, full);
		if (st.size != st.comp_size || st.size > s->size)
			rl_die("%s: member %s: its size is a lie", s->path, full);
		*index = (zip_uint64_t)at;
		*size = st.size;
	}
	free(full);
	return at >= 0;
}

/* Its bytes; libzip compares the checksum when the end is reached. */
static uint8_t *slurp(const struct rl_torch_source *s, zip_uint64_t index, zip_uint64_t size)
{
	const char *name = zip_get_name(s->zip, index, ZIP_FL_ENC_RAW);
	zip_file_t *in = zip_fopen_index(s->zip, index, 0);
	uint8_t *data = rl_malloc((size_t)size + 1);
	zip_uint64_t n = 0;

	if (!in)
		rl_die("%s: member %s: %s", s->path, name, zip_strerror(s->zip));
	for (zip_int64_t got = 1; got; n += (zip_uint64_t)got) {
		/* One byte more than there should be: the read that meets the end is the check. */
		got = zip_fread(in, data + n, size + 1 - n);
		if (got < 0)
			rl_die("%s: member %s: %s", s->path, name, zip_file_strerror(in));
		if (n + (zip_uint64_t)got > size)
			rl_die("%s: member %s: longer than it says", s->path, name);
	}
	if (n != size)
		rl_die("%s: member %s: shorter than it says", s->path, name);
	zip_fclose(in);
	return data;
}

/* Together the storages are no larger than the file: what will be held of them is bounded, even if
 * members overlap. */
static void locate(struct rl_torch_source *s, const char *root)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->n_storage; i++) {
		struct rl_torch_storage *t = &s->storage[i];
		uint64_t bytes, size;
		char *name = rl_asprintf("data/%s", t->key);

		if (!find(s, root, name, &t->member, &size))
			rl_die("%s: storage %s is missing", s->path, t->key);
		if (__builtin_mul_overflow((uint64_t)t->count, rl_numbers_size(t->dtype), &bytes) ||
		    bytes != size)
			rl_die("%s: storage %s: %llu bytes, but it says %lld elements of %s",
			       s->path, t->key, (unsigned long long)size, (long long)t->count,
			       t->dtype);
		total += size;
		if (total > s->size)
			rl_die("%s: storages that overlap", s->path);
		free(name);
	}
}

static void check_byte_order(const struct rl_torch_source *s, const char *root)
{
	zip_uint64_t index, size;

	if (!find(s, root, "byteorder", &index, &size))
		return; /* before 2.1, when there was no other */
	uint8_t *order = slurp(s, index, size);
	if (size != 6 || memcmp(order, "little", 6))
		rl_die("%s: numbers are not little-endian", s->path);
	free(order);
}

void rl_torch_open_zip(struct rl_torch_source *s)
{
	zip_uint64_t index, size;
	int why;

	s->format = "PyTorch zip";
	s->zip = zip_open(s->path, ZIP_RDONLY, &why);
	if (!s->zip) {
		zip_error_t e;

		zip_error_init_with_code(&e, why);
		rl_die("%s: not a zip archive, or damaged: %s", s->path, zip_error_strerror(&e));
	}
	zip_int64_t n = zip_get_num_entries(s->zip, 0);
	refuse_duplicates(s, n);
	char *root = root_of(s, n);
	if (find(s, root, "constants.pkl", &index, &size))
		rl_die("%s: a TorchScript program: save the state_dict() of it in Python", s->path);
	check_byte_order(s, root);
	find(s, root, "data.pkl", &index, &size);
	s->pickled = slurp(s, index, size);
	s->pickle = rl_pickle_read(s->pickled, size, s->path);
	rl_torch_declare(s);
	locate(s, root);
	free(root);
}

void rl_torch_load_zip(struct rl_torch_source *s, struct rl_torch_storage *t)
{
	t->data = slurp(s, t->member, (zip_uint64_t)t->count * rl_numbers_size(t->dtype));
}

void rl_torch_close_zip(struct rl_torch_source *s)
{
	for (size_t i = 0; i < s->n_storage; i++)
		free((void *)s->storage[i].data);
	zip_discard(s->zip);
}
