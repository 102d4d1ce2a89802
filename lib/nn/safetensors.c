#include "nn/safetensors.h"

#include "base/err.h"
#include "base/file.h"
#include "nn/numbers.h"
#include "nn/torchfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define HEADER_LIMIT ((uint64_t)100 << 20) /* the reference implementation's own */

static struct rl_st_tensor parse_tensor(const struct rl_st_file *f, const char *name,
					const json_t *o, uint64_t data_size)
{
	struct rl_st_tensor t = {.name = name, .dtype = rl_json_str(o, "dtype", f->path)};
	const json_t *shape = rl_json_get(o, "shape", f->path);
	const json_t *offsets = rl_json_get(o, "data_offsets", f->path);
	size_t bytes = rl_numbers_size(t.dtype);

	if (!bytes)
		rl_die("%s: tensor %s: unknown dtype %s", f->path, name, t.dtype);
	if (!json_is_array(shape) || json_array_size(shape) > RL_LEN(t.dim))
		rl_die("%s: tensor %s: bad shape", f->path, name);
	t.ndim = (int)json_array_size(shape);
	for (int i = 0; i < t.ndim; i++) {
		const json_t *d = json_array_get(shape, (size_t)i);

		t.dim[i] = json_integer_value(d);
		if (!json_is_integer(d) || t.dim[i] < 0 ||
		    __builtin_mul_overflow(bytes, (size_t)t.dim[i], &bytes))
			rl_die("%s: tensor %s: bad shape", f->path, name);
	}
	json_int_t begin = json_integer_value(json_array_get(offsets, 0));
	json_int_t end = json_integer_value(json_array_get(offsets, 1));
	if (json_array_size(offsets) != 2 || begin < 0 || end < begin || (uint64_t)end > data_size)
		rl_die("%s: tensor %s: data_offsets outside the file", f->path, name);
	if ((size_t)(end - begin) != bytes)
		rl_die("%s: tensor %s: %lld bytes, but its shape needs %zu", f->path, name,
		       (long long)(end - begin), bytes);
	t.data = (const char *)f->map + (f->size - data_size) + begin;
	t.bytes = bytes;
	return t;
}

static int by_address(const void *a, const void *b)
{
	const struct rl_st_tensor *x = a, *y = b;

	if (x->data != y->data)
		return x->data < y->data ? -1 : 1;
	return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static bool map_file(const char *path, void **map, size_t *size, char why[RL_ST_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = {0};

	*map = MAP_FAILED;
	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, RL_ST_WHY, "open: %s", strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(why, RL_ST_WHY, "not a regular file");
	} else if (st.st_size < 8) {
		snprintf(why, RL_ST_WHY, "not a safetensors file: too short");
	} else {
		*size = (size_t)st.st_size;
		*map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (*map == MAP_FAILED)
			snprintf(why, RL_ST_WHY, "map: %s", strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return *map != MAP_FAILED;
}

struct rl_st_file *rl_st_open(const char *path)
{
	struct rl_st_file *f = rl_calloc(1, sizeof(*f));
	uint64_t header = 0;
	char why[RL_ST_WHY];

	f->path = rl_strdup(path);
	if (!map_file(path, &f->map, &f->size, why))
		rl_die("%s: %s", path, why);

	if (rl_torch_is(f->map, f->size))
		rl_die("%s: a PyTorch file: rl-weights import makes safetensors of it", path);
	memcpy(&header, f->map, 8);
	if (header > HEADER_LIMIT || header > f->size - 8)
		rl_die("%s: not a safetensors file, or truncated: header of %llu bytes", path,
		       (unsigned long long)header);
	f->header = rl_json_parse((const char *)f->map + 8, header, path);
	if (!json_is_object(f->header))
		rl_die("%s: header is not an object", path);
	f->metadata = json_object_get(f->header, "__metadata__");
	f->metadata = f->metadata ? json_incref(f->metadata) : json_object();

	uint64_t data_size = f->size - 8 - header;
	f->tensor = rl_calloc(json_object_size(f->header), sizeof(*f->tensor));
	const char *name;
	json_t *o;
	json_object_foreach(f->header, name, o)
	{
		if (strcmp(name, "__metadata__"))
			f->tensor[f->n++] = parse_tensor(f, name, o, data_size);
	}
	qsort(f->tensor, (size_t)f->n, sizeof(*f->tensor), by_address);
	const char *end = (const char *)f->map + 8 + header;
	for (int i = 0; i < f->n; i++) {
		if (f->tensor[i].data != end)
			rl_die("%s: tensor %s: overlaps another or leaves a hole", path,
			       f->tensor[i].name);
		end += f->tensor[i].bytes;
	}
	if (end != (const char *)f->map + f->size)
		rl_die("%s: %zu bytes after the last tensor", path,
		       (size_t)((const char *)f->map + f->size - end));
	return f;
}

const struct rl_st_tensor *rl_st_find(const struct rl_st_file *f, const char *name)
{
	for (int i = 0; i < f->n; i++)
		if (!strcmp(f->tensor[i].name, name))
			return &f->tensor[i];
	return NULL;
}

void rl_st_close(struct rl_st_file *f)
{
	munmap(f->map, f->size);
	json_decref(f->header);
	json_decref(f->metadata);
	free(f->tensor);
	free(f->path);
	free(f);
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* Where bytes go: the file and, if there is to be one, its seal. */
struct sink {
	FILE *out;
	XXH3_state_t *seal;
};

static void put(const struct sink *s, const void *data, size_t bytes)
{
	fwrite(data, 1, bytes, s->out);
	if (s->seal)
		XXH3_64bits_update(s->seal, data, bytes);
}

static void put_header(const struct sink *s, json_t *header)
{
	static const char spaces[8] = "        ";
	char *text = rl_json_text(header);
	uint64_t length = strlen(text), padded = (length + 7) / 8 * 8;

	put(s, &padded, sizeof(padded));
	put(s, text, length);
	put(s, spaces, padded - length);
	free(text);
}

static void declare(json_t *header, const struct rl_st_tensor *t, uint64_t at)
{
	json_t *shape = json_array();

	for (int j = 0; j < t->ndim; j++)
		json_array_append_new(shape, json_integer(t->dim[j]));
	json_object_set_new(header, t->name,
			    json_pack("{s:s, s:o, s:[I, I]}", "dtype", t->dtype, "shape", shape,
				      "data_offsets", (json_int_t)at, (json_int_t)(at + t->bytes)));
}

static void write_file(const char *path, const struct rl_st_tensor *tensor, int n,
		       const json_t *metadata, XXH3_state_t *seal)
{
	const struct rl_st_tensor last = {.name = RL_ST_SEAL, .dtype = "I64", .bytes = 8};
	struct rl_file *file = rl_file_create(path);
	struct sink sink = {rl_file_stream(file), seal};
	json_t *header = json_object();
	uint64_t at = 0;

	if (metadata)
		json_object_set(header, "__metadata__", (json_t *)metadata);
	for (int i = 0; i < n; at += tensor[i++].bytes)
		declare(header, &tensor[i], at);
	if (seal)
		declare(header, &last, at);
	put_header(&sink, header);
	for (int i = 0; i < n; i++)
		put(&sink, tensor[i].data, tensor[i].bytes);
	if (seal)
		put(&sink, &(uint64_t){XXH3_64bits_digest(seal)}, 8);
	rl_file_commit(file); /* notices any failed write above */
	json_decref(header);
}

void rl_st_write(const char *path, const struct rl_st_tensor *tensor, int n, const json_t *metadata)
{
	write_file(path, tensor, n, metadata, NULL);
}

void rl_st_write_sealed(const char *path, const struct rl_st_tensor *tensor, int n,
			const json_t *metadata)
{
	XXH3_state_t *seal = XXH3_createState();

	if (!seal)
		rl_die("out of memory");
	XXH3_64bits_reset(seal);
	write_file(path, tensor, n, metadata, seal);
	XXH3_freeState(seal);
}

bool rl_st_sealed(const char *path, char why[RL_ST_WHY])
{
	uint64_t seal;
	size_t size;
	void *map;

	if (!map_file(path, &map, &size, why))
		return false;
	memcpy(&seal, (char *)map + size - sizeof(seal), sizeof(seal));
	bool sealed = XXH3_64bits(map, size - sizeof(seal)) == seal;
	munmap(map, size);
	if (!sealed)
		snprintf(why, RL_ST_WHY, "cut short, damaged or foreign: its checksum is wrong");
	return sealed;
}
