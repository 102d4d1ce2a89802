#include "report/html.h"

#include "base/err.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* More classes than these are a table that nobody reads. */
enum { MOST_CLASSES = 200 };

/* Rows of numbers that are not negative, all as long, one row a class and a column each; one column
 * more is of what was given no class. */
static bool is_confusion(const json_t *rows)
{
	size_t n = json_array_size(rows), i, k;
	size_t columns = json_array_size(json_array_get(rows, 0));
	json_t *row, *cell;

	if (!n || (columns != n && columns != n + 1))
		return false;
	json_array_foreach(rows, i, row)
	{
		if (json_array_size(row) != columns)
			return false;
		json_array_foreach(row, k, cell)
		{
			if (!json_is_number(cell) || json_number_value(cell) < 0)
				return false;
		}
	}
	return true;
}

/* New reference: those that the result has for its classes or directions, or numbers. */
static json_t *class_names(const json_t *result, size_t n)
{
	json_t *per_class = json_object_get(result, "per_class");
	json_t *scores = json_object_iter_value(json_object_iter(per_class));
	json_t *names = json_array(), *value;
	const char *name;

	if (!scores)
		scores = json_object_get(result, "per_direction");
	if (json_object_size(scores) == n)
		json_object_foreach(scores, name, value)
			json_array_append_new(names, json_string(name));
	for (size_t i = json_array_size(names); i < n; i++)
		json_array_append_new(names, json_sprintf("%zu", i));
	return names;
}

/* Of the pretext; of one image there is no interval. */
static void write_accuracy(FILE *f, const json_t *result)
{
	const json_t *metrics = json_object_get(result, "metrics");
	const json_t *accuracy = json_object_get(metrics, "accuracy");
	const json_t *chance = json_object_get(metrics, "chance");
	const json_t *interval = json_object_get(result, "interval");
	const json_t *low = json_array_get(interval, 0), *high = json_array_get(interval, 1);
	char sure[64] = "", text[128];

	if (!json_is_number(accuracy) || !json_is_number(chance))
		return;
	if (json_is_number(low) && json_is_number(high))
		snprintf(sure, sizeof(sure), ", 95 percent interval %.2f to %.2f",
			 json_number_value(low), json_number_value(high));
	snprintf(text, sizeof(text), "Right: %.2f percent%s; chance: %.2f.",
		 json_number_value(accuracy), sure, json_number_value(chance));
	rl_html(f, "<p>%s</p>\n", text);
}

static void write_row(FILE *f, const char *name, const json_t *row)
{
	double sum = 0;
	json_t *cell;
	size_t i;

	json_array_foreach(row, i, cell) sum += json_number_value(cell);
	rl_html(f, "<tr><th scope=\"row\">%s</th>", name);
	json_array_foreach(row, i, cell)
	{
		double share = sum > 0 ? json_number_value(cell) / sum : 0;
		char depth[16], percent[16];

		/* The deepest leaves text readable; the root tells small shares apart. */
		snprintf(depth, sizeof(depth), "%.3f", 0.6 * sqrt(share));
		snprintf(percent, sizeof(percent), "%.0f", 100 * share);
		rl_html(f, "<td style=\"--v:%s\">%s</td>", depth, sum > 0 ? percent : "");
	}
	rl_html(f, "</tr>\n");
}

static void write_confusion(FILE *f, const json_t *result)
{
	const json_t *rows = json_object_get(result, "confusion");
	const char *benchmark = json_string_value(json_object_get(result, "benchmark"));
	const char *name = rl_html_name(result);
	size_t n = json_array_size(rows), i;
	json_t *names = class_names(result, n), *row;

	rl_html(f, "<h3>%s: %s</h3>\n", benchmark, name);
	write_accuracy(f, result);
	rl_html(f,
		"<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"%s: %s\">\n"
		"<table class=\"heat\">\n<thead><tr><th scope=\"col\">True class</th>",
		benchmark, name);
	for (i = 0; i < n; i++)
		rl_html(f, "<th scope=\"col\">%s</th>",
			json_string_value(json_array_get(names, i)));
	if (json_array_size(json_array_get(rows, 0)) > n)
		rl_html(f, "<th scope=\"col\">no class</th>");
	rl_html(f, "</tr></thead>\n<tbody>\n");
	json_array_foreach(rows, i, row)
		write_row(f, json_string_value(json_array_get(names, i)), row);
	rl_html(f, "</tbody>\n</table>\n</div>\n");
	json_decref(names);
}

void rl_html_confusions(FILE *f, const json_t *results)
{
	json_t *from;
	size_t i;
	bool any = false;

	json_array_foreach(results, i, from)
	{
		const json_t *result = json_object_get(from, "result");
		const json_t *rows = json_object_get(result, "confusion");

		if (!rows)
			continue;
		if (json_array_size(rows) > MOST_CLASSES) {
			rl_warn("%s: a confusion of more than %d classes: not on the page",
				json_string_value(json_object_get(from, "where")), MOST_CLASSES);
			continue;
		}
		if (!is_confusion(rows)) {
			rl_warn("%s: confusion is not a row and a column of numbers for each "
				"class: not on the page",
				json_string_value(json_object_get(from, "where")));
			continue;
		}
		if (!any)
			rl_html(f, "<p class=\"note\">Of each true class, a row, the percent that "
				   "were taken for the class of each column.</p>\n");
		any = true;
		write_confusion(f, result);
	}
}
