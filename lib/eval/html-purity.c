#include "eval/html.h"

#include "base/err.h"
#include "eval/plot.h"

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

static void write_curve(FILE *f, const json_t *result)
{
	const json_t *curve = json_object_get(result, "curve");
	const char *name = rl_html_name(result);
	size_t n = json_array_size(curve), i;
	struct rl_plot_line line = {n, rl_calloc(n, sizeof(double)), rl_calloc(n, sizeof(double))};
	json_t *point;

	json_array_foreach(curve, i, point)
	{
		line.x[i] = json_number_value(json_array_get(point, 0));
		line.y[i] = json_number_value(json_array_get(point, 1));
	}
	char *words = rl_asprintf("Purity by coverage: %.3f at coverage %.3f, %.3f at %.3f",
				  line.y[0], line.x[0], line.y[n - 1], line.x[n - 1]);
	rl_html(f, "<figure>\n");
	rl_plot(f, &(struct rl_plot){words, "coverage", true, 1, &line});
	rl_html(f, "<figcaption><strong>%s</strong>. %s</figcaption>\n</figure>\n", name, words);
	free(words);
	free(line.x);
	free(line.y);
}

void rl_html_purity(FILE *f, const json_t *results)
{
	json_t *from;
	size_t i;
	bool any = false;

	json_array_foreach(results, i, from)
	{
		const json_t *result = json_object_get(from, "result");

		if (!is_curve(json_object_get(result, "curve")))
			continue;
		if (!any)
			rl_html(f, "<div class=\"grid\">\n");
		any = true;
		write_curve(f, result);
	}
	if (any)
		rl_html(f, "</div>\n");
}
