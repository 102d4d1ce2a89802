#include "report/html.h"

#include "base/err.h"
#include "base/json.h"

#include <math.h>
#include <stdlib.h>

/*
 * Scores of classes, in percent, as tables under way:
 *
 *	{title: {"names": [name], "classes": {class: {index of a name: number}}}}
 */

/* scores: {class: number}, or objects that have it as `inside`. */
static void add(json_t *tables, const char *title, const char *name, const json_t *scores,
		const char *inside)
{
	json_t *table, *names, *classes, *score;
	const char *class;
	char index[24];

	if (!json_object_size(scores))
		return;
	table = rl_json_member(tables, title, json_object);
	names = rl_json_member(table, "names", json_array);
	classes = rl_json_member(table, "classes", json_object);
	snprintf(index, sizeof(index), "%zu", json_array_size(names));
	json_array_append_new(names, json_string(name));
	json_object_foreach((json_t *)scores, class, score)
	{
		const json_t *value = inside ? json_object_get(score, inside) : score;

		json_object_set_new(rl_json_member(classes, class, json_object), index,
				    json_is_number(value) ? json_real(json_number_value(value))
							  : json_null());
	}
}

static void add_result(json_t *tables, const json_t *result)
{
	const char *benchmark = json_string_value(json_object_get(result, "benchmark"));
	const char *name = rl_html_name(result);
	const char *layer = json_string_value(json_object_get(result, "layer")), *metric;
	const json_t *best = json_object_get(json_object_get(result, "layers"), layer);
	json_t *scores;
	char *title;

	json_object_foreach(json_object_get(result, "per_class"), metric, scores)
	{
		title = rl_asprintf("%s: %s", benchmark, metric);
		add(tables, title, name, scores, NULL);
		free(title);
	}
	if ((scores = json_object_get(best, "per_class"))) {
		title = rl_asprintf("%s: AP of the best layer", benchmark);
		add(tables, title, name, scores, "AP");
		free(title);
	}
	if ((scores = json_object_get(result, "per_direction"))) {
		title = rl_asprintf("%s: accuracy by direction", benchmark);
		add(tables, title, name, scores, NULL);
		free(title);
	}
}

static void write_class(FILE *f, const char *class, const json_t *scores, size_t n)
{
	rl_html(f, "<tr><th scope=\"row\">%s</th>", class);
	for (size_t i = 0; i < n; i++) {
		char index[24], text[32];

		snprintf(index, sizeof(index), "%zu", i);
		const json_t *score = json_object_get(scores, index);
		double value = json_number_value(score);
		if (!json_is_number(score)) {
			rl_html(f, "<td>%s</td>", score ? "none" : "");
			continue;
		}
		snprintf(text, sizeof(text), "%.2f", fmax(0, fmin(100, value)));
		rl_html(f, "<td style=\"--v:%s%%\">", text);
		snprintf(text, sizeof(text), "%.2f", value);
		rl_html(f, "%s</td>", text);
	}
	rl_html(f, "</tr>\n");
}

static void write_table(FILE *f, const char *title, const json_t *table)
{
	const json_t *names = json_object_get(table, "names");
	json_t *name, *scores;
	const char *class;
	size_t i;

	rl_html(f,
		"<div>\n<h3>%s</h3>\n<div class=\"scroll\" role=\"group\" tabindex=\"0\" "
		"aria-label=\"%s\">\n<table class=\"bars\">\n<thead><tr><th "
		"scope=\"col\">Class</th>",
		title, title);
	json_array_foreach(names, i, name)
		rl_html(f, "<th scope=\"col\">%s</th>", json_string_value(name));
	rl_html(f, "</tr></thead>\n<tbody>\n");
	json_object_foreach(json_object_get(table, "classes"), class, scores)
		write_class(f, class, scores, json_array_size(names));
	rl_html(f, "</tbody>\n</table>\n</div>\n</div>\n");
}

void rl_html_classes(FILE *f, const json_t *results)
{
	json_t *tables = json_object(), *from, *table;
	const char *title;
	size_t i;

	json_array_foreach(results, i, from) add_result(tables, json_object_get(from, "result"));
	if (json_object_size(tables))
		rl_html(f, "<div class=\"grid broad\">\n");
	json_object_foreach(tables, title, table) write_table(f, title, table);
	if (json_object_size(tables))
		rl_html(f, "</div>\n");
	json_decref(tables);
}
