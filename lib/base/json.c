#include "base/json.h"

#include "base/err.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

json_t *rl_json_parse(const char *text, size_t size, const char *where)
{
	json_error_t e;
	json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &e);

	if (!o)
		rl_die("%s: not JSON: %s (byte %d)", where, e.text, e.position);
	return o;
}

json_t *rl_json_load(const char *path)
{
	enum { LIMIT = 64 << 20 };
	size_t size;
	char *text = rl_file_read(path, LIMIT, &size);
	json_error_t e;
	json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &e);

	if (!o)
		rl_die("%s: not JSON: %s (line %d)", path, e.text, e.line);
	free(text);
	return o;
}

json_t *rl_json_get(const json_t *o, const char *name, const char *where)
{
	json_t *v = json_object_get(o, name);

	if (!v)
		rl_die("%s: no member \"%s\"", where, name);
	return v;
}

const char *rl_json_str(const json_t *o, const char *name, const char *where)
{
	json_t *v = rl_json_get(o, name, where);

	if (!json_is_string(v))
		rl_die("%s: \"%s\" is not a string", where, name);
	return json_string_value(v);
}

int64_t rl_json_int(const json_t *o, const char *name, int64_t min, int64_t max, const char *where)
{
	json_t *v = rl_json_get(o, name, where);

	if (!json_is_integer(v))
		rl_die("%s: \"%s\" is not a whole number", where, name);
	int64_t n = json_integer_value(v);
	if (n < min || n > max)
		rl_die("%s: \"%s\" is %lld, not in %lld to %lld", where, name, (long long)n,
		       (long long)min, (long long)max);
	return n;
}

double rl_json_real(const json_t *o, const char *name, const char *where)
{
	json_t *v = rl_json_get(o, name, where);

	if (!json_is_number(v))
		rl_die("%s: \"%s\" is not a number", where, name);
	return json_number_value(v);
}

json_t *rl_json_member(json_t *o, const char *name, json_t *(*make)(void))
{
	json_t *m = json_object_get(o, name);

	if (!m) {
		m = make();
		json_object_set_new(o, name, m);
	}
	return m;
}

size_t rl_json_index(const json_t *array, const json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (json_equal(item, value))
			break;
	}
	return i;
}

char *rl_json_text(const json_t *o)
{
	char *s = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(10));

	if (!s)
		rl_die("cannot format JSON: a string is not UTF-8 or a number not finite");
	return s;
}

void rl_json_print(json_t *o)
{
	char *s = rl_json_text(o);

	if (printf("%s\n", s) < 0 || fflush(stdout))
		rl_die("stdout: write:");
	free(s);
	json_decref(o);
}
