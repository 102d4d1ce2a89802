#include "stream/head.h"

#include "base/err.h"
#include "base/file.h"
#include "base/utf8.h"
#include "stream/box.h"
#include "stream/name.h"

#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };

json_t *rl_head_new(const char *kind)
{
	return json_pack("{s:i, s:s, s:{}, s:[]}", "version", FORMAT_VERSION, "kind", kind,
			 "fields", "history");
}

void rl_head_field(json_t *head, const char *name, enum rl_dtype type, int ndim,
		   const int64_t *dims, const char *const *names)
{
	json_t *fields = json_object_get(head, "fields"), *field = json_object_get(fields, name);
	json_t *shape = json_array();

	if (!field)
		json_object_set_new(fields, name, field = json_object());
	json_object_set_new(field, "dtype", json_string(rl_dtype_name(type)));

	for (int i = 0; i < ndim; i++)
		json_array_append_new(shape, dims[i] < 0 ? json_string(names[-1 - dims[i]])
							 : json_integer(dims[i]));
	if (type == RL_JSON) {
		json_decref(shape);
		json_object_del(field, "shape");
	} else {
		json_object_set_new(field, "shape", shape);
	}
}

void rl_head_drop_field(json_t *head, const char *name)
{
	json_object_del(json_object_get(head, "fields"), name);
}

bool rl_head_has_field(const json_t *head, const char *name)
{
	return json_object_get(json_object_get(head, "fields"), name) != NULL;
}

int64_t rl_head_nclass(const json_t *head, const char *where)
{
	const json_t *label = json_object_get(json_object_get(head, "fields"), "label");

	return json_object_get(label, "nclass") ? rl_json_int(label, "nclass", 1, INT32_MAX, where)
						: 0;
}

void rl_head_set_nclass(json_t *head, int64_t nclass)
{
	json_object_set_new(json_object_get(json_object_get(head, "fields"), "label"), "nclass",
			    json_integer(nclass));
}

const json_t *rl_head_names(const json_t *head, const char *field, const char *where)
{
	const json_t *names =
		json_object_get(json_object_get(json_object_get(head, "fields"), field), "names");
	const json_t *name;
	size_t i;

	if (names && !json_array_size(names))
		rl_die("%s: head: field %s: \"names\" is not an array", where, field);
	json_array_foreach(names, i, name) if (!json_is_string(name))
		rl_die("%s: head: field %s: name %zu is not a string", where, field, i);
	return names;
}

void rl_head_set_names(json_t *head, const char *field, json_t *names)
{
	json_object_set_new(json_object_get(json_object_get(head, "fields"), field), "names",
			    names);
}

const json_t *rl_head_grid(const json_t *head, const char *where)
{
	const json_t *grid =
		json_object_get(json_object_get(json_object_get(head, "fields"), "places"), "grid");
	int64_t cells[2];

	if (grid)
		rl_grid_parse(grid, cells, where);
	return grid;
}

void rl_head_set_grid(json_t *head, int64_t across, int64_t down)
{
	json_object_set_new(json_object_get(json_object_get(head, "fields"), "places"), "grid",
			    json_pack("[I, I]", (json_int_t)across, (json_int_t)down));
}

static json_t *clean_string(const char *s)
{
	char *clean = rl_utf8_clean(s);
	json_t *o = json_string(clean);

	free(clean);
	return o;
}

json_t *rl_head_history(json_t *head, const struct rl_tool *tool, int argc, char **argv)
{
	json_t *args = json_array();

	for (int i = 1; i < argc; i++)
		json_array_append_new(args, clean_string(argv[i]));
	json_t *entry = json_pack("{s:s, s:s, s:o}", "tool", tool->name, "version", RL_VERSION,
				  "args", args);
	json_array_append_new(json_object_get(head, "history"), entry);
	return entry;
}

void rl_history_input(json_t *entry, const char *path)
{
	json_t *inputs = rl_json_member(entry, "inputs", json_array);
	char hex[65];

	rl_file_sha256(path, hex);
	json_array_append_new(inputs,
			      json_pack("{s:o, s:s}", "path", clean_string(path), "sha256", hex));
}

static void declare(struct rl_declared *d, const char *name, const json_t *field, const char *where)
{
	json_t *shape, *size;
	size_t i;

	if (!rl_field_name_ok(name))
		rl_die("%s: head: %.40s: not a field name: [a-z][a-z0-9_]*, at most %d bytes",
		       where, name, RL_MAXNAME);
	d->name = name;
	if (!rl_dtype_parse(rl_json_str(field, "dtype", where), &d->type))
		rl_die("%s: head: field %s: unknown dtype %.40s", where, name,
		       rl_json_str(field, "dtype", where));
	if (d->type == RL_JSON) {
		d->ndim = 1;
		d->dim[0] = -1;
		return;
	}
	shape = rl_json_get(field, "shape", where);
	if (!json_is_array(shape) || json_array_size(shape) > RL_MAXDIM)
		rl_die("%s: head: field %s: the shape is not an array of at most %d sizes", where,
		       name, RL_MAXDIM);
	d->ndim = (int)json_array_size(shape);
	json_array_foreach(shape, i, size)
	{
		json_int_t n = json_integer_value(size);

		if (json_is_string(size) && json_string_length(size))
			d->dim[i] = -1;
		else if (json_is_integer(size) && n >= 0 && (uint64_t)n <= RL_LIMIT_MEMBER)
			d->dim[i] = n;
		else
			rl_die("%s: head: field %s: a size is neither a number nor a name", where,
			       name);
	}
}

static void check_count(const json_t *head, const char *name, const char *where)
{
	if (json_object_get(head, name))
		rl_json_int(head, name, 0, INT64_MAX, where);
}

struct rl_schema rl_schema_of(const json_t *head, const char *where)
{
	struct rl_schema s = {0};
	const char *name;
	json_t *fields, *field;

	if (!json_is_object(head))
		rl_die("%s: head: not a JSON object", where);
	if (rl_json_int(head, "version", 0, INT64_MAX, where) != FORMAT_VERSION)
		rl_die("%s: head: format version %lld, this program knows %d", where,
		       (long long)json_integer_value(json_object_get(head, "version")),
		       FORMAT_VERSION);
	if (!*rl_json_str(head, "kind", where))
		rl_die("%s: head: the kind is empty", where);
	if (!json_is_array(rl_json_get(head, "history", where)))
		rl_die("%s: head: the history is not an array", where);
	check_count(head, "samples", where);
	check_count(head, "epochs", where);
	check_count(head, "start", where);
	fields = rl_json_get(head, "fields", where);
	if (!json_is_object(fields) || json_object_size(fields) < 1 ||
	    json_object_size(fields) > RL_MAXFIELD)
		rl_die("%s: head: the fields are not an object with 1 to %d members", where,
		       RL_MAXFIELD);
	json_object_foreach(fields, name, field)
	{
		if (!json_is_object(field))
			rl_die("%s: head: field %.40s: not an object", where, name);
		declare(&s.field[s.nfield++], name, field, where);
	}
	return s;
}

bool rl_declared_fits(const struct rl_declared *d, const struct rl_tensor *t)
{
	if (t->type != d->type || t->ndim != d->ndim)
		return false;
	for (int i = 0; i < d->ndim; i++)
		if (d->dim[i] >= 0 && t->dim[i] != d->dim[i])
			return false;
	return true;
}

bool rl_heads_agree(const json_t *a, const json_t *b)
{
	json_t *fa = json_object_get(a, "fields"), *fb = json_object_get(b, "fields");

	if (!json_equal(json_object_get(a, "kind"), json_object_get(b, "kind")) ||
	    !json_equal(fa, fb))
		return false;
	/* json_equal does not see the order, which is the order of a sample's members. */
	void *i = json_object_iter(fa), *j = json_object_iter(fb);
	for (; i && j; i = json_object_iter_next(fa, i), j = json_object_iter_next(fb, j))
		if (strcmp(json_object_iter_key(i), json_object_iter_key(j)))
			return false;
	return true;
}
