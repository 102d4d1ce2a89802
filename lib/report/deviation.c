#include "report/deviation.h"

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 80 }; /* bytes of a value */

static FILE *text_begin(char **text, size_t *n)
{
	FILE *f = open_memstream(text, n);

	if (!f)
		rl_die("out of memory");
	return f;
}

/* ---- a fact as text ---------------------------------------------------------------------------
 */

static void print_value(FILE *f, const json_t *v)
{
	json_t *item;
	size_t i;

	switch (json_typeof(v)) {
	case JSON_STRING: fputs(json_string_value(v), f); break;
	case JSON_INTEGER: fprintf(f, "%" JSON_INTEGER_FORMAT, json_integer_value(v)); break;
	case JSON_REAL: fprintf(f, "%.10g", json_real_value(v)); break;
	case JSON_TRUE: fputs("true", f); break;
	case JSON_FALSE: fputs("false", f); break;
	case JSON_NULL: fputs("null", f); break;
	case JSON_ARRAY:
		json_array_foreach(v, i, item)
		{
			if (i)
				fputc(',', f);
			print_value(f, item);
		}
		break;
	case JSON_OBJECT: json_dumpf(v, f, JSON_COMPACT | JSON_REAL_PRECISION(10)); break;
	}
}

static char *value_text(const json_t *v)
{
	char *text;
	size_t n;
	FILE *f = text_begin(&text, &n);

	print_value(f, v);
	fclose(f);
	return text;
}

/* For readers: 1,281,167; and not all of what is long. */
static void print_shown(FILE *f, const char *value)
{
	size_t n = strlen(value), at = 0;
	bool number = n > 3 && strspn(value, "0123456789") == n;

	while (value[at] && at < SHOWN) {
		size_t length = rl_utf8_length(value + at);

		if (number && at && (n - at) % 3 == 0)
			fputc(',', f);
		fwrite(value + at, 1, length, f);
		at += length;
	}
	if (value[at])
		fputs("…", f);
}

static void print_name(FILE *f, const char *name)
{
	for (; *name; name++)
		fputc(*name == '_' ? ' ' : *name, f);
}

/* ---- against a protocol -----------------------------------------------------------------------
 */

static const json_t *object_of(const json_t *result, const char *group)
{
	if (!*group)
		return result;
	if (!strcmp(group, "protocol"))
		return json_object_get(result, group);
	return json_object_get(json_object_get(result, "setup"), group);
}

struct holding {
	json_t *texts;
	FILE *unknown; /* names of what the result does not say */
	long nunknown;
};

static void not_said(struct holding *h, const char *group, const char *fact)
{
	fputs(h->nunknown++ ? ", " : "", h->unknown);
	fprintf(h->unknown, "%s%s", group, *group && *fact ? " " : "");
	print_name(h->unknown, fact);
}

/* An untrained network deviates in nothing but that it is one. */
static bool untrained(struct holding *h, const struct rl_page_group *g, const json_t *o)
{
	const json_t *seed = json_object_get(o, "random_init");

	if (strcmp(g->name, "pretraining") || !json_is_integer(seed))
		return false;
	json_array_append_new(
		h->texts, json_sprintf("no pretraining: random init, seed %" JSON_INTEGER_FORMAT,
				       json_integer_value(seed)));
	return true;
}

static void hold_group(struct holding *h, const struct rl_page_group *g, const json_t *o)
{
	char *text;
	size_t n, differ = 0;
	FILE *f = text_begin(&text, &n);

	for (const struct rl_page_fact *fact = g->fact; fact->name; fact++) {
		const json_t *v = json_object_get(o, fact->name);
		char *value = v ? value_text(v) : NULL;

		if (!v) {
			not_said(h, g->name, fact->name);
		} else if (strcmp(value, fact->value)) {
			fputs(differ++ ? ", " : *g->name ? ": " : "", f);
			print_name(f, fact->name);
			fputc(' ', f);
			print_shown(f, value);
			fputs(" (page: ", f);
			print_shown(f, fact->value);
			fputc(')', f);
		}
		free(value);
	}
	fclose(f);
	if (differ)
		json_array_append_new(h->texts, json_sprintf("%s%s", g->name, text));
	free(text);
}

json_t *rl_deviations(const json_t *result, const struct rl_page_group *protocol)
{
	char *unknown;
	size_t n;
	struct holding h = {.texts = json_array(), .unknown = text_begin(&unknown, &n)};

	for (const struct rl_page_group *g = protocol; g && g->name; g++) {
		const json_t *o = object_of(result, g->name);

		if (!json_is_object(o))
			not_said(&h, g->name, "");
		else if (!untrained(&h, g, o))
			hold_group(&h, g, o);
	}
	fclose(h.unknown);
	if (n)
		json_array_append_new(h.texts,
				      json_sprintf("not recorded, may deviate: %s", unknown));
	free(unknown);
	return h.texts;
}

char *rl_setup_text(const json_t *result)
{
	const char *group, *name, *between = "";
	char *text;
	size_t n;
	FILE *f = text_begin(&text, &n);
	json_t *facts, *v;

	json_object_foreach(json_object_get(result, "setup"), group, facts)
	{
		if (!json_object_size(facts))
			continue;
		fprintf(f, "%s%s", between, group);
		between = ":";
		json_object_foreach(facts, name, v)
		{
			char *value = value_text(v);

			fprintf(f, "%s ", between);
			print_name(f, name);
			fputc(' ', f);
			print_shown(f, value);
			between = ",";
			free(value);
		}
		between = "; ";
	}
	fclose(f);
	return text;
}
