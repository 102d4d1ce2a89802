#include "data/found.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/json.h"
#include "data/text.h"
#include "stream/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a line -----------------------------------------------------------------------------------
 */

static struct rl_finding take_finding(const json_t *o, const char *where)
{
	struct rl_finding f = {.class = rl_json_str(o, "class", where),
			       .score = rl_json_real(o, "score", where),
			       .mask = json_object_get(o, "mask")};

	rl_box_parse(rl_json_get(o, "box", where), f.box, "\"box\"", where);
	rl_box_check_corners(f.box, where);
	return f;
}

struct rl_found_line rl_found_parse(const char *text, size_t size, const char *where)
{
	struct rl_found_line l = {.json = rl_json_parse(text, size, where)};
	const json_t *list, *o;
	size_t i;

	snprintf(l.where, sizeof(l.where), "%s", where);
	l.key = rl_json_str(l.json, "key", where);
	l.by = json_object_get(l.json, "by");
	if (l.by && !json_is_object(l.by))
		rl_die("%s: \"by\" is not an object", where);
	list = rl_json_get(l.json, "detections", where);
	if (!json_is_array(list))
		rl_die("%s: \"detections\" is not an array", where);
	l.all = rl_calloc(json_array_size(list) + 1, sizeof(*l.all));
	json_array_foreach(list, i, o) l.all[l.n++] = take_finding(o, rl_found_at(&l, i));
	return l;
}

void rl_found_line_free(struct rl_found_line *l)
{
	free(l->all);
	json_decref(l->json);
	*l = (struct rl_found_line){0};
}

const char *rl_found_at(struct rl_found_line *l, size_t i)
{
	snprintf(l->which, sizeof(l->which), "%s: detections[%zu]", l->where, i);
	return l->which;
}

static void check_side(const struct rl_found_line *l, const char *name, int side)
{
	int64_t says = side;

	if (side && json_object_get(l->json, name))
		says = rl_json_int(l->json, name, INT64_MIN, INT64_MAX, l->where);
	if (says != side)
		rl_die("%s: \"%s\" is %lld, but the image's is %d", l->where, name, (long long)says,
		       side);
}

void rl_found_check_size(const struct rl_found_line *l, int height, int width)
{
	check_side(l, "height", height);
	check_side(l, "width", width);
}

/* ---- all lines --------------------------------------------------------------------------------
 */

struct place {
	char *key;
	const char *text;
	size_t size, number;
};

struct rl_found {
	struct rl_text text;
	struct place *places;
	size_t n;
	struct rl_dict at; /* keys to places */
	json_t *names;
};

static void take_line(struct rl_found *f, json_t *seen, const char *text, size_t size)
{
	struct rl_found_line l = rl_found_parse(text, size, f->text.where);
	struct place p = {rl_strdup(l.key), text, size, f->text.line};

	for (size_t i = 0; i < l.n; i++)
		json_object_set_new(seen, l.all[i].class, json_true());
	if (rl_dict_add(&f->at, p.key, strlen(p.key), f->n) != RL_DICT_NONE)
		rl_die("%s: key \"%.200s\" again", l.where, p.key);
	f->places = rl_grown(f->places, f->n, sizeof(p));
	f->places[f->n++] = p;
	rl_found_line_free(&l);
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
	const char *line;
	size_t size;

	f->text = rl_text_read(path);
	while ((line = rl_text_line(&f->text, &size)))
		take_line(f, seen, line, size);
	f->names = sorted(seen);
	json_decref(seen);
	return f;
}

bool rl_found_find(const struct rl_found *f, const char *key, struct rl_found_line *out)
{
	size_t i = rl_dict_find(&f->at, key, strlen(key));
	char where[512];

	if (i == RL_DICT_NONE)
		return false;
	snprintf(where, sizeof(where), "%.480s:%zu", f->text.path, f->places[i].number);
	*out = rl_found_parse(f->places[i].text, f->places[i].size, where);
	return true;
}

const json_t *rl_found_names(const struct rl_found *f)
{
	return f->names;
}

void rl_found_free(struct rl_found *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->places[i].key);
	rl_dict_free(&f->at);
	json_decref(f->names);
	free(f->places);
	rl_text_free(&f->text);
	free(f);
}
