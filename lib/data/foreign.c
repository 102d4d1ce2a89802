#include "data/foreign.h"

#include "base/err.h"
#include "data/text.h"
#include "nn/numbers.h"
#include "stream/keyset.h"
#include "stream/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 1 << 24 };

struct rl_foreign {
	const char *path, *list, *field;
	FILE *in;
	const char *dtype; /* as numbers.h calls it */
	int64_t n, d, at;
	int64_t across, down, cells; /* of the grid; 0, 0, 1 without one */
	char **key;                  /* [n] */
	int32_t *label;              /* [n]; NULL: none */
	int32_t nclass;
	void *row;    /* [cells,d], as it is in the file */
	double *wide; /* [cells,d] */
};

/* What a header says its numbers are, as numbers.h calls it; NULL: what is not imported.  Streams
 * have no halves, so npy.h knows none: their header becomes that of floats. */
static const char *take_dtype(char *text)
{
	char *descr = strstr(text, "'<f");

	if (!descr || !descr[3] || descr[4] != '\'')
		return NULL;
	switch (descr[3]) {
	case '2': descr[3] = '4'; return "F16";
	case '4': return "F32";
	case '8': return "F64";
	default: return NULL;
	}
}

static void open_matrix(struct rl_foreign *f)
{
	uint8_t prefix[RL_NPY_PREFIX];
	char text[RL_NPY_LIMIT + 1] = "";
	struct rl_tensor t = {0};
	size_t size = 0, bytes;
	const char *problem = NULL;

	f->in = fopen(f->path, "rb");
	if (!f->in)
		rl_die("%s: open:", f->path);
	if (fread(prefix, 1, sizeof(prefix), f->in) != sizeof(prefix))
		rl_die("%s: not a .npy array", f->path);
	problem = rl_npy_size(prefix, &size);
	size -= sizeof(prefix);
	if (!problem && fread(text, 1, size, f->in) != size)
		problem = "cut short";
	if (!problem && !(f->dtype = take_dtype(text)))
		problem = "numbers are not <f2, <f4 or <f8: numpy's astype('<f4') makes such";
	if (!problem)
		problem = rl_npy_read(text, size, &t, &bytes);
	if (problem)
		rl_die("%s: %s", f->path, problem);
	int ndim = f->across ? 3 : 2;
	if (t.ndim != ndim || t.dim[ndim - 1] < 1)
		rl_die("%s: not a matrix of rows%s and features", f->path,
		       f->across ? ", cells" : "");
	if (f->across && t.dim[1] != f->cells)
		rl_die("%s: %lld cells an image, but the grid has %lld", f->path,
		       (long long)t.dim[1], (long long)f->cells);
	f->n = t.dim[0];
	f->d = t.dim[ndim - 1];
	size_t numbers = (size_t)(f->cells * f->d);
	f->row = rl_realloc(NULL, numbers, rl_numbers_size(f->dtype));
	f->wide = rl_realloc(NULL, numbers, sizeof(*f->wide));
}

static _Noreturn void twice(const struct rl_foreign *f, const char *where, int64_t row)
{
	struct rl_text t = rl_text_read(f->list);
	size_t size;

	for (int64_t i = 0; rl_text_line(&t, &size) && strcmp(f->key[i], f->key[row]); i++)
		;
	rl_die("%s: key \"%.200s\" again, which %s has: a key names one image", where, f->key[row],
	       t.where);
}

static void add_line(struct rl_foreign *f, char *line, const char *where, int64_t row, bool classes)
{
	char *tab = strchr(line, '\t'), *end;

	if (!tab != !classes)
		rl_die("%s: %s", where,
		       tab ? "a class, which the first line has not"
			   : "no class, which the first line has: PATH<tab>CLASS");
	if (tab) {
		*tab++ = '\0';
		long label = strtol(tab, &end, 10);
		if (end == tab || *end || label < 0 || label >= MOST_CLASSES)
			rl_die("%s: class %.40s is not a number from 0 to %d", where, tab,
			       MOST_CLASSES - 1);
		f->label[row] = (int32_t)label;
		if (label >= f->nclass)
			f->nclass = (int32_t)label + 1;
	}
	f->key[row] = rl_key_from_path(line);
}

static void read_list(struct rl_foreign *f)
{
	struct rl_text t = rl_text_read(f->list);
	struct rl_keyset keys = {0};
	int64_t n = 0;
	size_t size;
	bool classes = false;

	f->key = rl_calloc((size_t)f->n, sizeof(*f->key));
	for (const char *at; (at = rl_text_line(&t, &size)); n++) {
		if (size && at[size - 1] == '\r')
			size--;
		if (n == 0 && (classes = memchr(at, '\t', size)))
			f->label = rl_calloc((size_t)f->n, sizeof(*f->label));
		if (n == f->n)
			rl_die("%s: more lines than %s has rows, which is %lld", t.where, f->path,
			       (long long)f->n);
		char *line = rl_asprintf("%.*s", (int)size, at);
		add_line(f, line, t.where, n, classes);
		if (!rl_keyset_add(&keys, f->key[n]))
			twice(f, t.where, n);
		free(line);
	}
	if (n < f->n)
		rl_die("%s: %lld lines, but %s has %lld rows", t.path, (long long)n, f->path,
		       (long long)f->n);
	rl_keyset_free(&keys);
	rl_text_free(&t);
}

struct rl_foreign *rl_foreign_open(const struct rl_foreign_wish *wish)
{
	struct rl_foreign *f = rl_calloc(1, sizeof(*f));

	*f = (struct rl_foreign){.path = wish->matrix,
				 .list = wish->list,
				 .field = wish->field,
				 .across = wish->across,
				 .down = wish->down,
				 .cells = wish->across ? wish->across * wish->down : 1};
	open_matrix(f);
	read_list(f);
	return f;
}

json_t *rl_foreign_head(const struct rl_foreign *f, const struct rl_tool *tool, int argc,
			char **argv)
{
	json_t *head = rl_head_new(f->across ? RL_PATCHFEATURES : "features");
	json_t *entry = rl_head_history(head, tool, argc, argv);

	rl_history_input(entry, f->path);
	rl_history_input(entry, f->list);
	json_object_set_new(head, "samples", json_integer(f->n));
	if (f->label) {
		rl_head_field(head, "label", RL_I4, 0, NULL, NULL);
		rl_head_set_nclass(head, f->nclass);
	}
	if (f->across) {
		rl_head_field(head, "size", RL_I4, 1, (int64_t[]){2}, NULL);
		rl_head_field(head, "places", RL_F4, 2, (int64_t[]){f->cells, 4}, NULL);
		rl_head_set_grid(head, f->across, f->down);
	}
	rl_head_field(head, f->field, RL_F4, f->across ? 2 : 1,
		      f->across ? (int64_t[]){f->cells, f->d} : &f->d, NULL);
	return head;
}

static void put_places(const struct rl_foreign *f, struct rl_sample *s)
{
	int32_t *size = rl_sample_make(s, "size", RL_I4, 1, (int64_t[]){2})->data;
	float *place = rl_sample_make(s, "places", RL_F4, 2, (int64_t[]){f->cells, 4})->data;

	size[0] = (int32_t)f->down;
	size[1] = (int32_t)f->across;
	for (int64_t i = 0; i < f->cells; i++, place += 4) {
		place[0] = (float)(i % f->across);
		place[1] = (float)(i / f->across);
		place[2] = place[0] + 1;
		place[3] = place[1] + 1;
	}
}

static _Noreturn void bad_number(const struct rl_foreign *f, int64_t j)
{
	char cell[32] = "";

	if (f->across)
		snprintf(cell, sizeof(cell), "cell %lld, ", (long long)(j / f->d));
	rl_die("%s: row %lld, %scolumn %lld: %g is not a finite number, or too large for f4",
	       f->path, (long long)f->at, cell, (long long)(j % f->d), f->wide[j]);
}

bool rl_foreign_next(struct rl_foreign *f, struct rl_sample *s)
{
	size_t numbers = (size_t)(f->cells * f->d);

	if (f->at == f->n) {
		if (fgetc(f->in) != EOF)
			rl_die("%s: more bytes than its header says", f->path);
		return false;
	}
	if (fread(f->row, rl_numbers_size(f->dtype), numbers, f->in) != numbers)
		rl_die("%s: cut short in row %lld", f->path, (long long)f->at);
	s->nfield = 0;
	rl_sample_set_key(s, f->key[f->at]);
	if (f->label)
		*(int32_t *)rl_sample_make(s, "label", RL_I4, 0, NULL)->data = f->label[f->at];
	if (f->across)
		put_places(f, s);
	float *out = rl_sample_make(s, f->field, RL_F4, f->across ? 2 : 1,
				    f->across ? (int64_t[]){f->cells, f->d} : &f->d)
			     ->data;
	rl_numbers_read(f->dtype, f->row, numbers, f->wide);
	for (size_t j = 0; j < numbers; j++) {
		out[j] = (float)f->wide[j];
		if (!isfinite(out[j]))
			bad_number(f, (int64_t)j);
	}
	f->at++;
	return true;
}

void rl_foreign_close(struct rl_foreign *f)
{
	for (int64_t i = 0; i < f->n; i++)
		free(f->key[i]);
	free(f->key);
	free(f->label);
	free(f->row);
	free(f->wide);
	fclose(f->in);
	free(f);
}
