#include "report/html.h"

#include "base/err.h"

#include <stdlib.h>

/* A cell, empty where there is no such number. */
static void write_number(FILE *f, const char *format, const json_t *number)
{
	char *text = json_is_number(number) ? rl_asprintf(format, json_number_value(number))
					    : rl_strdup("");

	rl_html(f, "<td>%s</td>", text);
	free(text);
}

/* Of rl-verdict: against one contender. */
static void write_row(FILE *f, const json_t *other)
{
	const char *name = json_string_value(json_object_get(other, "name"));
	const char *answer = json_string_value(json_object_get(other, "answer"));
	const json_t *difference =
		json_object_get(json_object_get(other, "difference"), "accuracy");

	rl_html(f, "<tr><th scope=\"row\">%s</th><td>%s</td>", name ? name : "",
		answer ? answer : "");
	write_number(f, "%.2f", json_object_get(json_object_get(other, "metrics"), "accuracy"));
	write_number(f, "%+.2f", json_object_get(difference, "points"));
	write_number(f, "%+.2f", json_object_get(difference, "low"));
	write_number(f, "%+.2f", json_object_get(difference, "high"));
	rl_html(f, "</tr>\n");
}

static void write_verdict(FILE *f, const json_t *result)
{
	const char *benchmark = json_string_value(json_object_get(result, "benchmark"));
	const char *name = rl_html_name(result);
	const json_t *against = json_object_get(result, "against");
	json_t *other;
	size_t i;

	rl_html(f, "<h3>%s: %s</h3>\n<p><strong>%s</strong></p>\n", benchmark, name,
		json_string_value(json_object_get(result, "verdict")));
	if (!json_array_size(against))
		return;
	rl_html(f,
		"<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"%s: %s\">\n"
		"<table>\n<thead><tr><th scope=\"col\">Against</th><th scope=\"col\">these "
		"features are</th>"
		"<th scope=\"col\">accuracy of the other</th><th scope=\"col\">difference</th>"
		"<th scope=\"col\">at least</th><th scope=\"col\">at most</th></tr></thead>\n"
		"<tbody>\n",
		benchmark, name);
	json_array_foreach(against, i, other) write_row(f, other);
	rl_html(f, "</tbody>\n</table>\n</div>\n");
}

void rl_html_verdicts(FILE *f, const json_t *results)
{
	json_t *from;
	size_t i;

	json_array_foreach(results, i, from)
	{
		const json_t *result = json_object_get(from, "result");

		if (json_is_string(json_object_get(result, "verdict")))
			write_verdict(f, result);
	}
}
