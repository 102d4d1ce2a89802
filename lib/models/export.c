#include "models/export.h"

#include "base/err.h"
#include "base/file.h"
#include "stream/npy.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

/* ---- a zip archive of stored members, built in memory -----------------------------------------
 */

struct archive {
	zip_source_t *bytes;
	zip_t *zip;
};

static void begin(struct archive *a)
{
	zip_error_t e;

	zip_error_init(&e);
	a->bytes = zip_source_buffer_create(NULL, 0, 0, &e);
	a->zip = a->bytes ? zip_open_from_source(a->bytes, ZIP_TRUNCATE, &e) : NULL;
	if (!a->zip)
		rl_die("zip archive: %s", zip_error_strerror(&e));
	zip_source_keep(a->bytes);
}

/* A member of up to two pieces, which must outlive finish(). */
static void add(struct archive *a, const char *name, const void *first, size_t n_first,
		const void *second, size_t n_second)
{
	zip_buffer_fragment_t piece[] = {{(zip_uint8_t *)first, n_first},
					 {(zip_uint8_t *)second, n_second}};
	zip_source_t *s = zip_source_buffer_fragment(a->zip, piece,
						     n_second  ? 2
						     : n_first ? 1
							       : 0,
						     0);
	zip_int64_t at = s ? zip_file_add(a->zip, name, s, ZIP_FL_ENC_UTF_8) : -1;

	/* No date of today: the same weights are the same bytes. */
	if (at < 0 || zip_set_file_compression(a->zip, (zip_uint64_t)at, ZIP_CM_STORE, 0) ||
	    zip_file_set_dostime(a->zip, (zip_uint64_t)at, 0, 1 << 5 | 1, 0))
		rl_die("%s: zip archive: %s", name, zip_strerror(a->zip));
}

static void finish(struct archive *a, const char *path)
{
	struct rl_file *file = rl_file_create(path);
	uint8_t block[1 << 16];

	if (zip_close(a->zip))
		rl_die("%s: zip archive: %s", path, zip_strerror(a->zip));
	if (zip_source_open(a->bytes))
		rl_die("%s: zip archive cannot be read back", path);
	for (zip_int64_t n; (n = zip_source_read(a->bytes, block, sizeof(block))) != 0;) {
		if (n < 0)
			rl_die("%s: zip archive cannot be read back", path);
		fwrite(block, 1, (size_t)n, rl_file_stream(file));
	}
	zip_source_close(a->bytes);
	zip_source_free(a->bytes);
	rl_file_commit(file); /* notices any failed write above */
}

/* ---- .pth -------------------------------------------------------------------------------------
 */

static const char *storage_of(const struct rl_st_file *f, const struct rl_st_tensor *t)
{
	static const char *const types[][2] = {
		{"F64", "Double"}, {"F32", "Float"}, {"F16", "Half"},  {"BF16", "BFloat16"},
		{"I64", "Long"},   {"I32", "Int"},   {"I16", "Short"}, {"I8", "Char"},
		{"U8", "Byte"},    {"BOOL", "Bool"}};

	for (size_t i = 0; i < RL_LEN(types); i++)
		if (!strcmp(t->dtype, types[i][0]))
			return types[i][1];
	rl_die("%s: tensor %s: PyTorch has no type %s", f->path, t->name, t->dtype);
}

static void put_text(FILE *out, const char *text)
{
	uint32_t n = (uint32_t)strlen(text);

	fputc('X', out);
	fwrite(&n, sizeof(n), 1, out);
	fputs(text, out);
}

static void put_int(FILE *out, int64_t v)
{
	fputs("\x8a\x08", out);
	fwrite(&v, sizeof(v), 1, out);
}

static int64_t put_tuple(FILE *out, int n, const int64_t *v)
{
	int64_t product = 1;

	fputc('(', out);
	for (int i = 0; i < n; i++) {
		put_int(out, v[i]);
		product *= v[i];
	}
	fputc('t', out);
	return product;
}

/* _rebuild_tensor_v2(('storage', type, key, 'cpu', elements) from outside, 0, size, stride, False,
 * OrderedDict()) in the opcodes of protocol 2. */
static void put_tensor(FILE *out, const struct rl_st_file *f, int i)
{
	const struct rl_st_tensor *t = &f->tensor[i];
	int64_t stride[RL_LEN(t->dim)], elements = 1;
	char key[16];

	for (int d = t->ndim - 1; d >= 0; d--) {
		stride[d] = elements;
		elements *= t->dim[d];
	}
	snprintf(key, sizeof(key), "%d", i);
	put_text(out, t->name);
	fputs("ctorch._utils\n_rebuild_tensor_v2\n((", out);
	put_text(out, "storage");
	fprintf(out, "ctorch\n%sStorage\n", storage_of(f, t));
	put_text(out, key);
	put_text(out, "cpu");
	put_int(out, elements);
	fputs("tQ", out);
	put_int(out, 0);
	put_tuple(out, t->ndim, t->dim);
	put_tuple(out, t->ndim, stride);
	fputs("\x89"
	      "ccollections\nOrderedDict\n)RtR",
	      out);
}

void rl_export_pth(const struct rl_st_file *f, const char *path)
{
	struct archive a;
	char *pickle = NULL, name[64];
	size_t size;
	FILE *out = open_memstream(&pickle, &size);

	if (!out)
		rl_die("out of memory");
	fputs("\x80\x02"
	      "ccollections\nOrderedDict\n)R(",
	      out);
	for (int i = 0; i < f->n; i++)
		put_tensor(out, f, i);
	fputs("u.", out);
	fclose(out);

	begin(&a);
	add(&a, "archive/data.pkl", pickle, size, NULL, 0);
	add(&a, "archive/byteorder", "little", 6, NULL, 0);
	for (int i = 0; i < f->n; i++) {
		snprintf(name, sizeof(name), "archive/data/%d", i);
		add(&a, name, f->tensor[i].data, f->tensor[i].bytes, NULL, 0);
	}
	add(&a, "archive/version", "3\n", 2, NULL, 0);
	finish(&a, path);
	free(pickle);
}

/* ---- .npz -------------------------------------------------------------------------------------
 */

static enum rl_dtype numpy_type(const struct rl_st_file *f, const struct rl_st_tensor *t)
{
	static const struct {
		const char *name;
		enum rl_dtype type;
	} types[] = {{"F64", RL_F8}, {"F32", RL_F4}, {"I64", RL_I8},
		     {"I32", RL_I4}, {"I8", RL_I1},  {"U8", RL_U1}};

	for (size_t i = 0; i < RL_LEN(types); i++)
		if (!strcmp(t->dtype, types[i].name) && t->ndim <= RL_MAXDIM)
			return types[i].type;
	rl_die("%s: tensor %s: %s in %d dimensions has no place in .npz", f->path, t->name,
	       t->dtype, t->ndim);
}

void rl_export_npz(const struct rl_st_file *f, const char *path)
{
	uint8_t(*head)[RL_NPY_WRITTEN] = rl_calloc((size_t)f->n, sizeof(*head));
	struct archive a;

	begin(&a);
	for (int i = 0; i < f->n; i++) {
		const struct rl_st_tensor *t = &f->tensor[i];
		size_t n = rl_npy_write(head[i], numpy_type(f, t), t->ndim, t->dim);
		char *name = rl_asprintf("%s.npy", t->name);

		add(&a, name, head[i], n, t->data, t->bytes);
		free(name);
	}
	finish(&a, path);
	free(head);
}
