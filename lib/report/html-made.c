#include "report/html.h"

#include "base/err.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* Of what a result says of itself, in bytes. */
enum { MOST_SAID = 1 << 16 };

static const char *text_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

static void write_list(FILE *f, const char *title, const json_t *strings, const char *element)
{
	json_t *s;
	size_t i;

	if (!json_array_size(strings))
		return;
	rl_html(f, "<dt>%s</dt>\n", title);
	json_array_foreach(strings, i, s)
		rl_html(f, "<dd><%s>%s</%s></dd>\n", element, json_string_value(s), element);
}

static void write_fact(FILE *f, const char *title, const char *text)
{
	if (text && *text)
		rl_html(f, "<dt>%s</dt>\n<dd>%s</dd>\n", title, text);
}

/* Whole hashes, and every program of every stream that it was made from. */
static void write_said(FILE *f, const json_t *result)
{
	static const char *const said[] = {"setup", "protocol", "provenance"};
	json_t *o = json_object();

	for (size_t i = 0; i < RL_LEN(said); i++)
		if (json_object_get(result, said[i]))
			json_object_set(o, said[i], json_object_get(result, said[i]));
	if (json_object_size(o)) {
		char *text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
		size_t size = strlen(text);

		if (size > MOST_SAID) {
			size = MOST_SAID;
			while ((text[size] & 0xc0) == 0x80)
				size--;
		}
		bool cut = text[size];
		text[size] = '\0';
		rl_html(f,
			"<details><summary>All that the result says of it</summary>\n"
			"<pre tabindex=\"0\">%s%s</pre>\n</details>\n",
			text, cut ? "\n... (the rest is in the result)" : "");
		free(text);
	}
	json_decref(o);
}

static void write_result(FILE *f, const json_t *made, const json_t *from)
{
	rl_html(f, "<details><summary>%s", text_of(made, "benchmark"));
	if (text_of(made, "layer"))
		rl_html(f, ", %s", text_of(made, "layer"));
	rl_html(f, "</summary>\n<dl>\n");
	write_fact(f, "Protocol", text_of(made, "protocol"));
	write_fact(f, "Setup", text_of(made, "setup"));
	write_list(f, "From", json_object_get(made, "inputs"), "code");
	write_list(f, "Seeds", json_object_get(made, "seeds"), "span");
	write_list(f, "Commands", json_object_get(made, "commands"), "code");
	write_fact(f, "Read from", text_of(from, "where"));
	rl_html(f, "</dl>\n");
	write_said(f, json_object_get(from, "result"));
	rl_html(f, "</details>\n");
}

/* That of the k-th result of a name. */
static const json_t *find(const json_t *results, const char *name, size_t k)
{
	json_t *from;
	size_t i;

	json_array_foreach(results, i, from)
	{
		if (!strcmp(rl_html_name(json_object_get(from, "result")), name) && !k--)
			return from;
	}
	return NULL;
}

void rl_html_made(FILE *f, const json_t *made, const json_t *results)
{
	const char *name;
	json_t *entries, *entry;
	size_t i;

	json_object_foreach((json_t *)made, name, entries)
	{
		rl_html(f, "<h3>%s</h3>\n", name);
		json_array_foreach(entries, i, entry)
			write_result(f, entry, find(results, name, i));
	}
}
