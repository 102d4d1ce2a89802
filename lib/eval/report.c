#include "eval/report.h"

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_SHOWN = 12 }; /* digits of a SHA-256 that a note gives */

struct rl_report rl_report_new(void)
{
	return (struct rl_report){.columns = json_array(),
				  .rows = json_object(),
				  .notes = json_array(),
				  .protocols = json_array()};
}

void rl_report_free(struct rl_report *r)
{
	json_decref(r->columns);
	json_decref(r->rows);
	json_decref(r->notes);
	json_decref(r->protocols);
}

static void add_note(struct rl_report *r, char *text)
{
	json_array_append_new(r->notes, json_string(text));
	free(text);
}

/* Index of value in the array, where it is put if it is new. */
static size_t intern(json_t *array, json_t *value)
{
	size_t i;
	json_t *old;

	json_array_foreach(array, i, old)
	{
		if (json_equal(old, value))
			break;
	}
	if (i == json_array_size(array))
		json_array_append(array, value);
	json_decref(value);
	return i;
}

static void add_number(struct rl_report *r, const char *name, const char *benchmark,
		       const char *metric, json_t *number, const char *where)
{
	json_t *row = json_object_get(r->rows, name);
	char *cell = rl_asprintf("%s %s", benchmark, metric);

	if (!json_is_number(number))
		rl_die("%s: \"%s\" is not a number", where, metric);
	if (!row) {
		row = json_object();
		json_object_set_new(r->rows, name, row);
	}
	if (json_object_get(row, cell))
		rl_die("%s: a second number for row \"%s\", column \"%s\"", where, name, cell);
	intern(r->columns, json_pack("[ss]", benchmark, metric));
	json_object_set(row, cell, number);
	free(cell);
}

static void add_metrics(struct rl_report *r, const char *name, const char *benchmark,
			const json_t *metrics, const char *where)
{
	const char *metric;
	json_t *number;

	if (!json_is_object(metrics))
		rl_die("%s: the metrics are not an object", where);
	json_object_foreach((json_t *)metrics, metric, number)
		add_number(r, name, benchmark, metric, number, where);
}

/* ---- what stands behind a number ---------------------------------------------------------------
 */

static bool has_strings(const json_t *o, const char *a, const char *b)
{
	return json_is_string(json_object_get(o, a)) && json_is_string(json_object_get(o, b));
}

/* "name hash" of everything in a provenance, however deep, that has a path and a hash; and seeds.
 * Each once. */
static void collect(const json_t *o, json_t *inputs, json_t *seeds)
{
	const char *member;
	size_t i;
	json_t *v;

	if (has_strings(o, "path", "sha256") || has_strings(o, "path", "digest")) {
		const char *path = json_string_value(json_object_get(o, "path"));
		const char *hash = json_string_value(json_object_get(o, "sha256"));
		const char *slash = strrchr(path, '/');

		intern(inputs,
		       json_sprintf("%s %.*s", slash && slash[1] ? slash + 1 : path,
				    hash ? HASH_SHOWN : 2 * HASH_SHOWN,
				    hash ? hash : json_string_value(json_object_get(o, "digest"))));
	}
	static const char *const seed[] = {"seed", "random_init"};
	for (size_t k = 0; k < RL_LEN(seed); k++) {
		const json_t *value = json_object_get(o, seed[k]);

		if (json_is_integer(value))
			intern(seeds,
			       json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value)));
	}
	json_object_foreach((json_t *)o, member, v) collect(v, inputs, seeds);
	json_array_foreach(o, i, v) collect(v, inputs, seeds);
}

/* "", or lead and the strings with commas between. */
static char *listed(const char *lead, const json_t *strings)
{
	char *all = rl_strdup("");
	size_t i;
	json_t *s;

	json_array_foreach(strings, i, s)
	{
		char *longer = rl_asprintf("%s%s%s", all, i ? ", " : lead, json_string_value(s));

		free(all);
		all = longer;
	}
	return all;
}

static void note_result(struct rl_report *r, const char *name, const char *benchmark,
			const json_t *result)
{
	json_t *inputs = json_array(), *seeds = json_array();
	const json_t *protocol = json_object_get(result, "protocol");
	const char *layer = json_string_value(json_object_get(result, "layer"));
	char *reference = rl_strdup("");

	collect(json_object_get(result, "provenance"), inputs, seeds);
	if (protocol) {
		char *text = json_is_string(protocol) ? rl_strdup(json_string_value(protocol))
						      : rl_json_text(protocol);

		free(reference);
		reference =
			rl_asprintf("; protocol %zu", intern(r->protocols, json_string(text)) + 1);
		free(text);
	}
	char *from = listed("; from ", inputs), *seed = listed("; seed ", seeds);
	add_note(r, rl_asprintf("%s, %s%s%s%s%s%s", name, benchmark, layer ? ": " : "",
				layer ? layer : "", reference, from, seed));
	free(from);
	free(seed);
	free(reference);
	json_decref(inputs);
	json_decref(seeds);
}

void rl_report_add(struct rl_report *r, const json_t *result, const char *where)
{
	const char *benchmark = rl_json_str(result, "benchmark", where);
	const char *name = rl_json_str(result, "name", where);

	if (!*name)
		name = "(unnamed)";
	add_metrics(r, name, benchmark, rl_json_get(result, "metrics", where), where);
	note_result(r, name, benchmark, result);
}

/* ---- published rows ----------------------------------------------------------------------------
 */

static bool has_column_of(const json_t *columns, const char *benchmark)
{
	size_t i;
	json_t *column;

	json_array_foreach(columns, i, column)
	{
		if (!strcmp(json_string_value(json_array_get(column, 0)), benchmark))
			return true;
	}
	return false;
}

void rl_report_published(struct rl_report *r, const json_t *published, const char *where)
{
	json_t *measured = json_deep_copy(r->columns), *row, *metrics;
	const char *name, *benchmark;

	if (!json_is_object(published))
		rl_die("%s: not an object of rows", where);
	json_object_foreach((json_t *)published, name, row)
	{
		const char *source = rl_json_str(row, "source", where);
		bool shown = false;

		json_object_foreach(row, benchmark, metrics)
		{
			if (metrics == json_object_get(row, "source") ||
			    (json_array_size(measured) && !has_column_of(measured, benchmark)))
				continue;
			add_metrics(r, name, benchmark, metrics, where);
			shown = true;
		}
		if (shown)
			add_note(r, rl_asprintf("%s: published, %s", name, source));
	}
	json_decref(measured);
}

/* ---- Markdown ----------------------------------------------------------------------------------
 */

/* Text inside a cell or a list item: '|' would end a cell, a line break the table. */
static void print_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			fputc('\\', f);
		fputc((unsigned char)*s < ' ' ? ' ' : *s, f);
	}
}

static void print_number(FILE *f, const json_t *v)
{
	if (json_is_integer(v))
		fprintf(f, " %" JSON_INTEGER_FORMAT " |", json_integer_value(v));
	else if (v)
		fprintf(f, " %.2f |", json_real_value(v));
	else
		fprintf(f, "  |");
}

static void print_table(const struct rl_report *r, FILE *f)
{
	const char *name;
	json_t *row, *column;
	size_t i;

	fprintf(f, "| |");
	json_array_foreach(r->columns, i, column)
	{
		fputc(' ', f);
		print_text(f, json_string_value(json_array_get(column, 0)));
		fputc(' ', f);
		print_text(f, json_string_value(json_array_get(column, 1)));
		fprintf(f, " |");
	}
	fprintf(f, "\n|---|");
	for (i = 0; i < json_array_size(r->columns); i++)
		fprintf(f, "--:|");
	fputc('\n', f);
	json_object_foreach(r->rows, name, row)
	{
		fprintf(f, "| ");
		print_text(f, name);
		fprintf(f, " |");
		json_array_foreach(r->columns, i, column)
		{
			char *cell =
				rl_asprintf("%s %s", json_string_value(json_array_get(column, 0)),
					    json_string_value(json_array_get(column, 1)));

			print_number(f, json_object_get(row, cell));
			free(cell);
		}
		fputc('\n', f);
	}
}

void rl_report_print(const struct rl_report *r, FILE *f)
{
	size_t i;
	json_t *text;

	print_table(r, f);
	fputc('\n', f);
	json_array_foreach(r->notes, i, text)
	{
		fprintf(f, "- ");
		print_text(f, json_string_value(text));
		fputc('\n', f);
	}
	json_array_foreach(r->protocols, i, text)
	{
		fprintf(f, "- protocol %zu: ", i + 1);
		print_text(f, json_string_value(text));
		fputc('\n', f);
	}
	if (fflush(f) || ferror(f))
		rl_die("stdout: write:");
}
