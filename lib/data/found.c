#include "data/found.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t TEXT_LIMIT = (size_t)16 << 30;

struct line {
	char *key;
	const char *text;
	size_t size, number;
};

struct rl_found {
	char *path, *text;
	struct line *lines;
	size_t n;
	struct rl_dict at; /* keys to lines */
	json_t *names;
};

static void say_where(const struct rl_found *f, size_t number, char where[512])
{
	snprintf(where, 512, "%.400s:%zu", f->path, number);
}

static void take_names(json_t *seen, const json_t *line, const char *where)
{
	const json_t *list = rl_json_get(line, "detections", where), *o;
	char which[600];
	size_t i;

	if (!json_is_array(list))
		rl_die("%s: \"detections\" is not an array", where);
	json_array_foreach(list, i, o)
	{
		snprintf(which, sizeof(which), "%s: detections[%zu]", where, i);
		json_object_set_new(seen, rl_json_str(o, "class", which), json_true());
	}
}

static void take_line(struct rl_found *f, json_t *seen, struct line l)
{
	char where[512];

	say_where(f, l.number, where);
	json_t *o = rl_json_parse(l.text, l.size, where);
	l.key = rl_strdup(rl_json_str(o, "key", where));
	take_names(seen, o, where);
	if (rl_dict_add(&f->at, l.key, strlen(l.key), f->n) != RL_DICT_NONE)
		rl_die("%s: key \"%.200s\" again", where, l.key);
	f->lines = rl_grown(f->lines, f->n, sizeof(l));
	f->lines[f->n++] = l;
	json_decref(o);
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted(json_t *seen)
{
	size_t n = json_object_size(seen), i = 0;
	const char **names = rl_calloc(n + 1, sizeof(*names));
	json_t *list = json_array();

	for (void *at = json_object_iter(seen); at; at = json_object_iter_next(seen, at))
		names[i++] = json_object_iter_key(at);
	qsort(names, n, sizeof(*names), by_string);
	for (i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	free(names);
	return list;
}

struct rl_found *rl_found_read(const char *path)
{
	struct rl_found *f = rl_calloc(1, sizeof(*f));
	json_t *seen = json_object();
	size_t size, number = 0;

	f->path = rl_strdup(path);
	f->text = rl_file_read(path, TEXT_LIMIT, &size);
	for (const char *p = f->text, *end = f->text + size; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t length = (size_t)((stop ? stop : end) - p);

		number++;
		if (length)
			take_line(f, seen, (struct line){NULL, p, length, number});
		p += length + 1;
	}
	f->names = sorted(seen);
	json_decref(seen);
	return f;
}

json_t *rl_found_line(const struct rl_found *f, const char *key, char where[512])
{
	size_t i = rl_dict_find(&f->at, key, strlen(key));

	if (i == RL_DICT_NONE)
		return NULL;
	say_where(f, f->lines[i].number, where);
	return rl_json_parse(f->lines[i].text, f->lines[i].size, where);
}

const json_t *rl_found_names(const struct rl_found *f)
{
	return f->names;
}

void rl_found_free(struct rl_found *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->lines[i].key);
	rl_dict_free(&f->at);
	json_decref(f->names);
	free(f->lines);
	free(f->text);
	free(f->path);
	free(f);
}
