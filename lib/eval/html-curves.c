#include "eval/html.h"

#include "base/err.h"
#include "base/json.h"
#include "eval/plot.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Points of a curve; of more, the means of as many stretches. */
enum { MOST_POINTS = 400, COLOURS = 8 };

struct curve {
	char *name;
	struct rl_plot_line line;
	size_t room;
};

struct log {
	struct curve *curves;
	size_t n;
};

/* ---- reading ----------------------------------------------------------------------------------
 */

static struct curve *curve_of(struct log *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->curves[i].name, name))
			return &l->curves[i];
	l->curves = rl_grown(l->curves, l->n, sizeof(*l->curves));
	l->curves[l->n] = (struct curve){.name = rl_strdup(name)};
	return &l->curves[l->n++];
}

static void add_point(struct curve *c, double x, double y)
{
	struct rl_plot_line *l = &c->line;

	/* A training that was resumed may say a step again: what it said last holds. */
	while (l->n && l->x[l->n - 1] >= x)
		l->n--;
	if (l->n == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		l->x = rl_realloc(l->x, c->room, sizeof(*l->x));
		l->y = rl_realloc(l->y, c->room, sizeof(*l->y));
	}
	l->x[l->n] = x;
	l->y[l->n++] = y;
}

static void add_line(struct log *l, const json_t *line, const char *where)
{
	double step = rl_json_real(line, "step", where);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)line, name, value)
	{
		if (json_is_number(value) && strcmp(name, "step"))
			add_point(curve_of(l, name), step, json_number_value(value));
	}
}

/* A last line without its end is one that is being written. */
static void read_log(struct log *l, const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0, number = 0;

	if (!f)
		rl_die("%s: open:", name);
	for (ssize_t n; (n = getline(&line, &capacity, f)) > 0 && line[n - 1] == '\n';) {
		char *where = rl_asprintf("%s:%zu", name, ++number);
		json_t *o = rl_json_parse(line, (size_t)n, where);

		add_line(l, o, where);
		json_decref(o);
		free(where);
	}
	if (ferror(f))
		rl_die("%s: read:", name);
	fclose(f);
	free(line);
}

static void free_log(struct log *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->curves[i].name);
		free(l->curves[i].line.x);
		free(l->curves[i].line.y);
	}
	free(l->curves);
}

static void thin(struct rl_plot_line *l)
{
	size_t n = l->n > MOST_POINTS ? MOST_POINTS : l->n;

	for (size_t i = 0; i < n && n < l->n; i++) {
		size_t first = i * l->n / n, end = (i + 1) * l->n / n;
		double x = 0, y = 0;

		for (size_t k = first; k < end; k++) {
			x += l->x[k] / (double)(end - first);
			y += l->y[k] / (double)(end - first);
		}
		l->x[i] = x;
		l->y[i] = y;
	}
	l->n = n;
}

/* ---- drawing ----------------------------------------------------------------------------------
 */

enum kind { LOSS, ACCURACY, OTHER };

static enum kind kind_of(const char *name)
{
	if (!strcmp(name, "epoch") || !strcmp(name, "lr") || !strcmp(name, "samples_per_s"))
		return OTHER;
	return strncmp(name, "accuracy", strlen("accuracy")) ? LOSS : ACCURACY;
}

static void write_legend(FILE *f, struct curve *const *curves, size_t n)
{
	rl_html(f, "<ul class=\"legend\">");
	for (size_t i = 0; i < n; i++)
		rl_html(f, "<li class=\"s%d\">%s</li>", (int)(i % COLOURS) + 1, curves[i]->name);
	rl_html(f, "</ul>\n");
}

/* Of the first curve, before it is thinned. */
static char *in_words(const char *what, const struct curve *c)
{
	const struct rl_plot_line *l = &c->line;

	return rl_asprintf("%s by step: %.4g at step %.0f, %.4g at step %.0f", what, l->y[0],
			   l->x[0], l->y[l->n - 1], l->x[l->n - 1]);
}

static void write_plot(FILE *f, struct log *l, enum kind kind, const char *what)
{
	struct rl_plot_line *lines = rl_calloc(l->n + 1, sizeof(*lines));
	struct curve **chosen = rl_calloc(l->n + 1, sizeof(*chosen));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (kind_of(l->curves[i].name) == kind)
			chosen[n++] = &l->curves[i];
	if (n) {
		char *words = in_words(what, chosen[0]);

		for (size_t i = 0; i < n; i++) {
			thin(&chosen[i]->line);
			lines[i] = chosen[i]->line;
		}
		rl_html(f, "<figure>\n");
		rl_plot(f, &(struct rl_plot){words, "step", kind == ACCURACY, n, lines});
		if (n > 1)
			write_legend(f, chosen, n);
		rl_html(f, "<figcaption>%s</figcaption>\n</figure>\n", words);
		free(words);
	}
	free(chosen);
	free(lines);
}

void rl_html_curves(FILE *f, const struct rl_gathered *g)
{
	for (size_t i = 0; i < g->nlog; i++) {
		const char *name = g->logs[i].name, *slash = strrchr(name, '/');
		struct log l = {0};

		read_log(&l, g->logs[i].path, name);
		if (l.n) {
			char *title = slash ? rl_asprintf("%.*s", (int)(slash - name), name)
					    : rl_strdup(name);
			rl_html(f, "<h3>%s</h3>\n<div class=\"grid\">\n", title);
			write_plot(f, &l, LOSS, "Loss");
			write_plot(f, &l, ACCURACY, "Accuracy, percent,");
			rl_html(f, "</div>\n");
			free(title);
		}
		free_log(&l);
	}
}
