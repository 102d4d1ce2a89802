#include "eval/html.h"

#include "base/err.h"
#include "base/json.h"
#include "eval/plot.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- drawing ----------------------------------------------------------------------------------
 */

/* What a line of a log has, by the beginning of its name, and with what in one drawing. */
static const struct kind {
	const char *name, *title; /* NULL: is not drawn */
	bool from_zero;
} kinds[] = {
	{"epoch", NULL, false},
	{"lr", NULL, false},
	{"samples_per_s", NULL, false},
	{"dead", "Dead units, percent,", true},
	{"rank", "Effective rank", true},
	{"accuracy", "Accuracy, percent,", true},
	{"", "Loss", false}, /* and its parts: the rest */
};

static const struct kind *kind_of(const char *name)
{
	const struct kind *k = kinds;

	while (strncmp(name, k->name, strlen(k->name)))
		k++;
	return k;
}

static void write_legend(FILE *f, struct curve *const *curves, size_t n)
{
	rl_html(f, "<ul class=\"legend\">");
	for (size_t i = 0; i < n; i++)
		rl_html(f, "<li class=\"s%d\">%s</li>", (int)(i % RL_PLOT_COLOURS) + 1,
			curves[i]->name);
	rl_html(f, "</ul>\n");
}

/* Of the first curve. */
static char *in_words(const char *what, const struct curve *c)
{
	const struct rl_plot_line *l = &c->line;

	return rl_asprintf("%s by step: %.4g at step %.0f, %.4g at step %.0f", what, l->y[0],
			   l->x[0], l->y[l->n - 1], l->x[l->n - 1]);
}

static void write_plot(FILE *f, const struct log *l, const struct kind *kind)
{
	struct rl_plot_line *lines = rl_calloc(l->n + 1, sizeof(*lines));
	struct curve **chosen = rl_calloc(l->n + 1, sizeof(*chosen));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (kind_of(l->curves[i].name) == kind)
			chosen[n++] = &l->curves[i];
	if (n) {
		char *words = in_words(kind->title, chosen[0]);

		for (size_t i = 0; i < n; i++)
			lines[i] = chosen[i]->line;
		rl_html(f, "<figure>\n");
		rl_plot(f, &(struct rl_plot){words, "step", kind->from_zero, n, lines});
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
			/* what every log has, first */
			for (size_t k = RL_LEN(kinds); k--;)
				if (kinds[k].title)
					write_plot(f, &l, &kinds[k]);
			rl_html(f, "</div>\n");
			free(title);
		}
		free_log(&l);
	}
}
