#include "report/html.h"

#include "base/err.h"
#include "base/json.h"
#include "report/plot.h"

#include <stdlib.h>
#include <string.h>

/* A line in a plane for each number that the log's lines have, by step. */
struct log {
	struct rl_plot_line *line;
	size_t n;
};

/* ---- reading ----------------------------------------------------------------------------------
 */

static struct rl_plot_line *line_of(struct log *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->line[i].name, name))
			return &l->line[i];
	l->line = rl_grown(l->line, l->n, sizeof(*l->line));
	l->line[l->n] = (struct rl_plot_line){.name = rl_strdup(name)};
	return &l->line[l->n++];
}

static void add_point(struct rl_plot_line *l, double x, double y)
{
	/* A training that was resumed may say a step again: what it said last holds. */
	while (l->n && l->x[l->n - 1] >= x)
		l->n--;
	l->x = rl_grown(l->x, l->n, sizeof(*l->x));
	l->y = rl_grown(l->y, l->n, sizeof(*l->y));
	l->x[l->n] = x;
	l->y[l->n++] = y;
}

static void add_step(struct log *l, const json_t *step, const char *where)
{
	double x = rl_json_real(step, "step", where);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)step, name, value)
	{
		if (json_is_number(value) && strcmp(name, "step"))
			add_point(line_of(l, name), x, json_number_value(value));
	}
}

/* A last line without its end is one that is being written. */
static void read_log(struct log *l, const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t capacity = 0, number = 0;

	if (!f)
		rl_die("%s: open:", name);
	for (ssize_t n; (n = getline(&text, &capacity, f)) > 0 && text[n - 1] == '\n';) {
		char *where = rl_asprintf("%s:%zu", name, ++number);
		json_t *step = rl_json_parse(text, (size_t)n, where);

		add_step(l, step, where);
		json_decref(step);
		free(where);
	}
	if (ferror(f))
		rl_die("%s: read:", name);
	fclose(f);
	free(text);
}

static void free_log(struct log *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->line[i].name);
		free(l->line[i].x);
		free(l->line[i].y);
	}
	free(l->line);
}

/* ---- drawing ----------------------------------------------------------------------------------
 */

/* What begins with `name` shares a drawing; the first kind is all that no other is: the loss and
 * its parts. */
static const struct kind {
	const char *name, *title; /* NULL: is not drawn */
	enum rl_plot_axes axes;
} kinds[] = {
	{"", "Loss", RL_PLOT_FITTED},
	{"accuracy", "Accuracy, percent,", RL_PLOT_FROM_ZERO},
	{"rank", "Effective rank", RL_PLOT_FROM_ZERO},
	{"dead", "Dead units, percent,", RL_PLOT_FROM_ZERO},
	{"epoch", NULL, RL_PLOT_FITTED},
	{"lr", NULL, RL_PLOT_FITTED},
	{"samples_per_s", NULL, RL_PLOT_FITTED},
};

static const struct kind *kind_of(const char *name)
{
	size_t k = RL_LEN(kinds) - 1;

	while (strncmp(name, kinds[k].name, strlen(kinds[k].name)))
		k--;
	return &kinds[k];
}

static char *in_words(const char *what, const struct rl_plot_line *l)
{
	return rl_asprintf("%s by step: %.4g at step %.0f, %.4g at step %.0f", what, l->y[0],
			   l->x[0], l->y[l->n - 1], l->x[l->n - 1]);
}

static void write_plot(FILE *f, const struct log *l, const struct kind *kind)
{
	struct rl_plot_line *lines = rl_calloc(l->n, sizeof(*lines));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (kind_of(l->line[i].name) == kind)
			lines[n++] = l->line[i];
	if (n) {
		char *words = in_words(kind->title, &lines[0]);

		rl_html(f, "<figure>\n");
		rl_plot(f, &(struct rl_plot){words, "step", kind->axes, n, lines});
		rl_html(f, "<figcaption>%s</figcaption>\n</figure>\n", words);
		free(words);
	}
	free(lines);
}

static void write_log(FILE *f, const struct log *l, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *title =
		rl_asprintf("%.*s", (int)(slash ? (size_t)(slash - name) : strlen(name)), name);

	rl_html(f, "<h3>%s</h3>\n<div class=\"grid\">\n", title);
	for (size_t k = 0; k < RL_LEN(kinds); k++)
		if (kinds[k].title)
			write_plot(f, l, &kinds[k]);
	rl_html(f, "</div>\n");
	free(title);
}

void rl_html_curves(FILE *f, const struct rl_gathered *g)
{
	for (size_t i = 0; i < g->nlog; i++) {
		struct log l = {0};

		read_log(&l, g->logs[i].path, g->logs[i].name);
		if (l.n)
			write_log(f, &l, g->logs[i].name);
		free_log(&l);
	}
}
