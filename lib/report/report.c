#include "report/report.h"

#include "base/err.h"
#include "base/json.h"
#include "report/deviation.h"
#include "report/provenance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct rl_report rl_report_new(void)
{
	return (struct rl_report){
		.ours = json_object(), .published = json_object(), .made = json_object()};
}

void rl_report_free(struct rl_report *r)
{
	json_decref(r->ours);
	json_decref(r->published);
	json_decref(r->made);
}

/* ---- numbers come in --------------------------------------------------------------------------
 */

static void add_numbers(json_t *rows, const char *name, const char *benchmark, const json_t *from,
			const json_t *marks, const char *where)
{
	const json_t *metrics = rl_json_get(from, "metrics", where);
	const json_t *layer = json_object_get(from, "layer");
	json_t *cells = rl_json_member(rl_json_member(rows, name, json_object), benchmark,
				       json_object),
	       *number;
	const char *metric;

	if (!json_is_object(metrics))
		rl_die("%s: the metrics are not an object", where);
	if (layer && !json_is_string(layer))
		rl_die("%s: \"layer\" is not a string", where);
	json_object_foreach((json_t *)metrics, metric, number)
	{
		if (!json_is_number(number))
			rl_die("%s: \"%s\" is not a number", where, metric);
		if (json_object_get(cells, metric))
			rl_die("%s: a second number for row \"%s\", column \"%s %s\"", where, name,
			       benchmark, metric);
		json_object_set_new(cells, metric,
				    json_pack("{s:O, s:O*, s:o}", "value", number, "layer", layer,
					      "marks", json_deep_copy(marks)));
	}
}

/* Whether the page has a column for it; without a metric, for any of the benchmark's. */
static bool on_page(const char *benchmark, const char *metric)
{
	for (const struct rl_page_table *p = rl_page_tables; p->title; p++)
		for (const struct rl_page_column *c = p->column; c->title; c++)
			if (!strcmp(c->benchmark, benchmark) &&
			    (!metric || (c->metric && !strcmp(c->metric, metric))))
				return true;
	return false;
}

/* Of what the page knows, tables and marks say the rest. */
static void add_made(struct rl_report *r, const char *name, const char *benchmark,
		     const json_t *result)
{
	json_t *made = json_pack("{s:s, s:O*}", "benchmark", benchmark, "layer",
				 json_object_get(result, "layer"));
	json_t *protocol = json_object_get(result, "protocol"), *provenance = rl_provenance(result);

	if (!on_page(benchmark, NULL) && json_is_string(protocol))
		json_object_set(made, "protocol", protocol);
	if (!rl_page_protocol(benchmark)) {
		char *setup = rl_setup_text(result);

		json_object_set_new(made, "setup", json_string(setup));
		free(setup);
	}
	json_object_update(made, provenance);
	json_decref(provenance);
	if (!json_object_get(r->made, name))
		json_object_set_new(r->made, name, json_array());
	json_array_append_new(json_object_get(r->made, name), made);
}

void rl_report_add(struct rl_report *r, const json_t *result, const char *where)
{
	const char *benchmark = rl_json_str(result, "benchmark", where);
	const char *name = rl_json_str(result, "name", where);
	json_t *marks = rl_deviations(result, rl_page_protocol(benchmark));

	if (!*name)
		name = RL_UNNAMED;
	add_numbers(r->ours, name, benchmark, result, marks, where);
	add_made(r, name, benchmark, result);
	json_decref(marks);
}

static void add_published(struct rl_report *r, const char *name, const char *source,
			  const char *benchmark, const json_t *from, const char *where)
{
	json_t *note = json_object_get(from, "note");
	json_t *marks = json_pack("[o]", json_sprintf("published: %s", source));

	if (note && !json_is_string(note))
		rl_die("%s: \"note\" is not a string", where);
	if (note)
		json_array_append(marks, note);
	add_numbers(r->published, name, benchmark, from, marks, where);
	json_decref(marks);
}

void rl_report_published(struct rl_report *r, const json_t *published, const char *where)
{
	const char *name, *benchmark;
	json_t *row, *from;

	if (!json_is_object(published))
		rl_die("%s: not an object of rows", where);
	json_object_foreach((json_t *)published, name, row)
	{
		const char *source = rl_json_str(row, "source", where);

		json_object_foreach(row, benchmark, from)
		{
			if (strcmp(benchmark, "source"))
				add_published(r, name, source, benchmark, from, where);
		}
	}
}

/* ---- tables go out ----------------------------------------------------------------------------
 *
 * A table under way: {"section", "title", "caption", "columns", "rows"} as they go out, but with
 * columns that are {"title", "benchmark", "metric"?, "decimals"}, and marks that are texts.
 */

static json_t *table_new(const char *section, const char *title, const char *caption)
{
	return json_pack("{s:s, s:s, s:s, s:[], s:[]}", "section", section, "title", title,
			 "caption", caption, "columns", "rows");
}

static void add_column(json_t *table, const char *title, const char *benchmark, const char *metric,
		       int decimals)
{
	json_array_append_new(json_object_get(table, "columns"),
			      json_pack("{s:s, s:s, s:s*, s:i}", "title", title, "benchmark",
					benchmark, "metric", metric, "decimals", decimals));
}

/* feat4 is feature4 on the page. */
static json_t *layer_text(const char *layer)
{
	return strncmp(layer, "feat", 4) ? json_string(layer)
					 : json_sprintf("feature%s", layer + 4);
}

/* That of one result's numbers. */
static const char *layer_of(const json_t *cells)
{
	const json_t *first = json_object_iter_value(json_object_iter((json_t *)cells));

	return json_string_value(json_object_get(first, "layer"));
}

/* best: the layer that the table names for this row; NULL: none is known. */
static json_t *number_cell(const json_t *cell, const json_t *column, bool names_layer,
			   const char *best)
{
	const char *layer = json_string_value(json_object_get(cell, "layer"));
	json_t *marks = json_deep_copy(json_object_get(cell, "marks"));

	if (names_layer && layer && (!best || strcmp(layer, best)))
		json_array_append_new(
			marks, json_sprintf("layer: %s (page: that of the best SVM)", layer));
	return json_pack("{s:o, s:o}", "text",
			 json_sprintf("%.*f",
				      (int)json_integer_value(json_object_get(column, "decimals")),
				      json_number_value(json_object_get(cell, "value"))),
			 "marks", marks);
}

/* Those of the marks that are in the set, or those that are not. */
static json_t *chosen(const json_t *marks, const json_t *set, bool in)
{
	json_t *result = json_array(), *mark;
	size_t i;

	json_array_foreach(marks, i, mark)
	{
		if ((rl_json_index(set, mark) < json_array_size(set)) == in)
			json_array_append(result, mark);
	}
	return result;
}

/* The marks that all numbers have; they no longer have them. */
static json_t *take_common(const json_t *cells)
{
	json_t *common = NULL, *cell, *marks;
	size_t i;

	json_array_foreach(cells, i, cell)
	{
		if (!(marks = json_object_get(cell, "marks")))
			continue;
		json_t *next = common ? chosen(common, marks, true) : json_deep_copy(marks);
		json_decref(common);
		common = next;
	}
	json_array_foreach(cells, i, cell)
	{
		if ((marks = json_object_get(cell, "marks")))
			json_object_set_new(cell, "marks", chosen(marks, common, false));
	}
	return common;
}

/* Nothing when the row has no number here. */
static void add_row(json_t *table, const char *name, const json_t *row, bool published)
{
	json_t *cells = json_array(), *column;
	const char *best = NULL;
	bool names_layer = false, numbers = false;
	size_t i;

	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		const json_t *from = json_object_get(
			row, json_string_value(json_object_get(column, "benchmark")));
		const char *metric = json_string_value(json_object_get(column, "metric"));
		const json_t *cell = json_object_get(from, metric);

		if (!metric) {
			names_layer = true;
			best = layer_of(from);
			json_array_append_new(cells,
					      best ? json_pack("{s:o}", "text", layer_text(best))
						   : json_null());
			continue;
		}
		numbers |= cell != NULL;
		json_array_append_new(cells, cell ? number_cell(cell, column, names_layer, best)
						  : json_null());
	}
	if (numbers)
		json_array_append_new(json_object_get(table, "rows"),
				      json_pack("{s:s, s:b, s:o, s:O}", "name", name, "published",
						published, "marks", take_common(cells), "cells",
						cells));
	json_decref(cells);
}

/* Becomes one of the tables if there is something of ours in it.  Steals it. */
static void finish(const struct rl_report *r, json_t *table, json_t *tables)
{
	const json_t *rows = json_object_get(table, "rows");
	json_t *columns = json_object_get(table, "columns"), *row, *column;
	const char *name;
	size_t i;

	json_object_foreach(r->ours, name, row) add_row(table, name, row, false);
	if (json_array_size(rows) || !json_object_size(r->ours))
		json_object_foreach(r->published, name, row) add_row(table, name, row, true);
	if (json_array_size(rows)) {
		json_array_foreach(columns, i, column)
			json_array_set(columns, i, json_object_get(column, "title"));
		json_array_append(tables, table);
	}
	json_decref(table);
}

static void page_tables(const struct rl_report *r, json_t *tables)
{
	for (const struct rl_page_table *p = rl_page_tables; p->title; p++) {
		json_t *table = table_new(p->section, p->title, p->caption);

		for (const struct rl_page_column *c = p->column; c->title; c++)
			add_column(table, c->title, c->benchmark, c->metric, p->decimals);
		finish(r, table, tables);
	}
}

static int decimals_for(const json_t *value)
{
	return json_is_integer(value) ? 0 : fabs(json_number_value(value)) < 1 ? 4 : 2;
}

/* What the page has no place for, into {benchmark: {metric: decimals}}: two; four when all numbers
 * are below 1, as shares are; none when all are whole. */
static void collect_others(json_t *row, json_t *others)
{
	const char *benchmark, *metric;
	json_t *cells, *cell;

	json_object_foreach(row, benchmark, cells)
	{
		json_object_foreach(cells, metric, cell)
		{
			int wanted = decimals_for(json_object_get(cell, "value")), have;

			if (on_page(benchmark, metric))
				continue;
			json_t *metrics = rl_json_member(others, benchmark, json_object);
			have = (int)json_integer_value(json_object_get(metrics, metric));
			if (!have || (wanted && wanted < have))
				json_object_set_new(metrics, metric, json_integer(wanted));
		}
	}
}

static void other_tables(const struct rl_report *r, json_t *tables)
{
	json_t *others = json_object(), *row, *metrics, *decimals;
	const char *name, *metric;

	json_object_foreach(r->ours, name, row) collect_others(row, others);
	json_object_foreach(r->published, name, row) collect_others(row, others);
	json_object_foreach(others, name, metrics)
	{
		json_t *table = table_new("Not on the Page", name, "");

		json_object_foreach(metrics, metric, decimals)
			add_column(table, metric, name, metric, (int)json_integer_value(decimals));
		finish(r, table, tables);
	}
	json_decref(others);
}

/* ---- marks become numbers ---------------------------------------------------------------------
 */

static void number_marks(json_t *holder, json_t *notes)
{
	const json_t *marks = json_object_get(holder, "marks");
	json_t *numbers = json_array(), *mark;
	size_t i, k;

	json_array_foreach(marks, i, mark)
	{
		size_t n = rl_json_index(notes, mark);

		if (n == json_array_size(notes))
			json_array_append(notes, mark);
		for (k = 0;
		     k < i && json_integer_value(json_array_get(numbers, k)) < (json_int_t)n;)
			k++;
		json_array_insert_new(numbers, k, json_integer((json_int_t)n));
	}
	if (marks)
		json_object_set(holder, "marks", numbers);
	json_decref(numbers);
}

static json_t *number_all(const json_t *tables)
{
	json_t *notes = json_array(), *table, *row, *cell;
	size_t i, k, l;

	json_array_foreach(tables, i, table)
	{
		json_array_foreach(json_object_get(table, "rows"), k, row)
		{
			number_marks(row, notes);
			json_array_foreach(json_object_get(row, "cells"), l, cell)
				number_marks(cell, notes);
		}
	}
	return notes;
}

json_t *rl_report_tables(const struct rl_report *r)
{
	json_t *tables = json_array();

	page_tables(r, tables);
	other_tables(r, tables);
	return json_pack("{s:o, s:o, s:O}", "tables", tables, "notes", number_all(tables), "made",
			 r->made);
}
