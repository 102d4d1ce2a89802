#include "report/html.h"

#include "base/err.h"
#include "report/plot.h"

#include <stdbool.h>
#include <stdlib.h>

/* [[coverage, purity]], each 0 to 1, coverage ascending. */
static bool is_curve(const json_t *curve)
{
	double last = 0;
	json_t *point;
	size_t i;

	json_array_foreach(curve, i, point)
	{
		const json_t *x = json_array_get(point, 0), *y = json_array_get(point, 1);

		if (json_array_size(point) != 2 || !json_is_number(x) || !json_is_number(y) ||
		    json_number_value(x) < last || json_number_value(x) > 1 ||
		    json_number_value(y) < 0 || json_number_value(y) > 1)
			return false;
		last = json_number_value(x);
	}
	return json_array_size(curve) > 0;
}

static struct rl_plot_line line_of(const json_t *result)
{
	const json_t *curve = json_object_get(result, "curve");
	size_t n = json_array_size(curve), i;
	struct rl_plot_line l = {.name = rl_strdup(rl_html_name(result)),
				 .n = n,
				 .x = rl_calloc(n, sizeof(double)),
				 .y = rl_calloc(n, sizeof(double))};
	json_t *point;

	json_array_foreach(curve, i, point)
	{
		l.x[i] = json_number_value(json_array_get(point, 0));
		l.y[i] = json_number_value(json_array_get(point, 1));
	}
	return l;
}

static void write_plot(FILE *f, const struct rl_plot_line *line, size_t n)
{
	char *words = rl_strdup("Purity by coverage");

	for (size_t i = 0; i < n; i++) {
		const struct rl_plot_line *l = &line[i];
		char *more =
			rl_asprintf("%s%s %s: %.3f at %.3f, %.3f at %.3f", words, i ? ";" : ",",
				    l->name, l->y[0], l->x[0], l->y[l->n - 1], l->x[l->n - 1]);
		free(words);
		words = more;
	}
	rl_html(f, "<figure>\n");
	rl_plot(f, &(struct rl_plot){words, "coverage", RL_PLOT_UNIT, n, line});
	rl_html(f, "<figcaption>%s</figcaption>\n</figure>\n", words);
	free(words);
}

void rl_html_purity(FILE *f, const json_t *results)
{
	struct rl_plot_line *lines = NULL;
	json_t *from;
	size_t n = 0, i;

	json_array_foreach(results, i, from)
	{
		const json_t *result = json_object_get(from, "result");

		if (!is_curve(json_object_get(result, "curve")))
			continue;
		lines = rl_grown(lines, n, sizeof(*lines));
		lines[n++] = line_of(result);
	}
	if (n)
		write_plot(f, lines, n);
	for (i = 0; i < n; i++) {
		free(lines[i].name);
		free(lines[i].x);
		free(lines[i].y);
	}
	free(lines);
}
