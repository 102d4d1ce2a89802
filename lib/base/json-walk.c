#include "base/json-walk.h"

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WHERE = 512 };

struct text {
	const char *at, *end;
	const char *begin, *where;
};

static _Noreturn void bad(const struct text *t, const char *why)
{
	rl_die("%s: not JSON: %s (byte %zu)", t->where, why, (size_t)(t->at - t->begin));
}

/* The next character that is not white space, without taking it; NUL at the end. */
static char look(struct text *t)
{
	while (t->at < t->end && memchr(" \t\r\n", *t->at, 4))
		t->at++;
	return t->at < t->end ? *t->at : '\0';
}

static void take(struct text *t, char c)
{
	char why[] = "'?' expected";

	why[1] = c;
	if (look(t) != c)
		bad(t, why);
	t->at++;
}

/* On success jansson says in `position` how many bytes it took. */
static json_t *value(struct text *t)
{
	json_error_t e;
	json_t *v =
		json_loadb(t->at, (size_t)(t->end - t->at),
			   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &e);

	if (!v)
		bad(t, e.text);
	t->at += e.position;
	return v;
}

/* After an element: true when another one follows. */
static bool more(struct text *t, char close)
{
	bool comma = look(t) == ',';

	take(t, comma ? ',' : close);
	return comma;
}

static void walk_array(struct text *t, const char *member, const struct rl_json_walk *w)
{
	const char *outer = t->where;
	char where[WHERE];
	size_t index = 0;

	take(t, '[');
	if (look(t) == ']') {
		take(t, ']');
		return;
	}
	do {
		snprintf(where, sizeof(where), "%.400s: %.80s[%zu]", outer, member, index);
		t->where = where;
		json_t *element = value(t);

		t->where = outer;
		w->element(w->context, member, index++, element, where);
		json_decref(element);
	} while (more(t, ']'));
}

void rl_json_walk(const char *text, size_t size, const char *where, const struct rl_json_walk *w)
{
	struct text t = {text, text + size, text, where};
	json_t *seen = json_object();

	take(&t, '{');
	if (look(&t) != '}') {
		do {
			if (look(&t) != '"')
				bad(&t, "the name of a member expected");
			json_t *name = value(&t);
			const char *member = json_string_value(name);

			if (json_object_get(seen, member))
				bad(&t, "a member twice");
			json_object_set_new(seen, member, json_true());
			take(&t, ':');
			if (look(&t) == '[')
				walk_array(&t, member, w);
			else
				json_decref(value(&t));
			json_decref(name);
		} while (more(&t, '}'));
	} else {
		take(&t, '}');
	}
	if (look(&t))
		bad(&t, "something follows the object");
	json_decref(seen);
}

void rl_json_walk_array(const char *text, size_t size, const char *where,
			const struct rl_json_walk *w)
{
	struct text t = {text, text + size, text, where};

	walk_array(&t, "", w);
	if (look(&t))
		bad(&t, "something follows the array");
}
