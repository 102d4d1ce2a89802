#include "report/plot.h"

#include "base/err.h"
#include "report/html.h"

#include <errno.h>
#include <expat.h>
#include <math.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WIDTH = 440, HEIGHT = 270, DEEPEST = 64, MOST_SVG = 16 << 20 };

/* ---- what gnuplot is told ---------------------------------------------------------------------
 */

struct range {
	double low, high;
};

static void stretch(struct range *r, double v)
{
	r->low = fmin(r->low, v);
	r->high = fmax(r->high, v);
}

/* Room around it, also around a single value. */
static struct range widened(struct range r, double share)
{
	double room = r.high > r.low ? share * (r.high - r.low) : fmax(0.5, 0.05 * fabs(r.high));

	return (struct range){r.low - room, r.high + room};
}

/* A line of one point is drawn as a dash. */
static void tell_line(FILE *f, const struct rl_plot_line *l, double dash)
{
	size_t n = l->n > RL_PLOT_POINTS ? RL_PLOT_POINTS : l->n;

	if (n == 1)
		fprintf(f, "%.10g %.10g\n%.10g %.10g\n", l->x[0] - dash, l->y[0], l->x[0] + dash,
			l->y[0]);
	for (size_t i = 0; i < n && n > 1; i++) {
		size_t first = i * l->n / n, end = (i + 1) * l->n / n;
		double x = 0, y = 0;

		for (size_t k = first; k < end; k++) {
			x += l->x[k] / (double)(end - first);
			y += l->y[k] / (double)(end - first);
		}
		fprintf(f, "%.10g %.10g\n", x, y);
	}
	fprintf(f, "e\n");
}

static void tell(FILE *f, const struct rl_plot *p, struct range x, struct range y)
{
	const char *between = "plot ";

	x = widened(x, 0);
	y = widened(y, 0.04);
	if (p->axes != RL_PLOT_FITTED)
		y.low = 0;
	if (p->axes == RL_PLOT_UNIT)
		x = (struct range){0, 1}, y.high = 1.02;
	fprintf(f,
		"set terminal svg size %d,%d noenhanced font ',12'\n"
		"set border 3\nset tics nomirror\nset grid ytics\nset key off\n"
		"set xtics autofreq\nset lmargin 7\nset xlabel '%s'\n"
		"set xrange [%.10g:%.10g]\nset yrange [%.10g:%.10g]\n",
		WIDTH, HEIGHT, p->x, x.low, x.high, y.low, y.high);
	for (size_t i = 0; i < p->n; i++) {
		if (!p->line[i].n)
			continue;
		fprintf(f, "%s'-' with lines", between);
		between = ", ";
	}
	fprintf(f, "\n");
	for (size_t i = 0; i < p->n; i++)
		if (p->line[i].n)
			tell_line(f, &p->line[i], 0.02 * (x.high - x.low));
}

/* Its output, NUL-terminated; free() it. */
static char *run(FILE *script, size_t *size)
{
	char *const arguments[] = {"gnuplot", "--default-settings", NULL};
	posix_spawn_file_actions_t actions;
	FILE *out = tmpfile();
	pid_t pid;
	int status;

	if (!out)
		rl_die("temporary file: create:");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fileno(script), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
	errno = posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
	if (errno)
		rl_die("gnuplot, which draws the curves: run:");
	posix_spawn_file_actions_destroy(&actions);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			rl_die("gnuplot: wait:");
	if (WIFSIGNALED(status))
		rl_die("gnuplot: killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		rl_die("gnuplot: failed with exit status %d", WEXITSTATUS(status));

	char *text = rl_malloc(MOST_SVG + 1);
	rewind(out);
	*size = fread(text, 1, MOST_SVG, out);
	text[*size] = '\0';
	fclose(out);
	return text;
}

/* ---- what becomes of its SVG ------------------------------------------------------------------
 *
 * Of gnuplot's SVG the geometry alone: groups that place something or are a line, paths and text.
 * Colours, fonts and the ids, which would not be the page's only ones, are left out.
 */

struct filter {
	FILE *out;
	int depth;
	bool kept[DEEPEST]; /* whether the element at this depth was written */
	int dropping;       /* the depth from which everything is left out; 0: nothing is */
	size_t line, lines; /* so far, and to come in all */
	const int *colour;  /* [lines] */
	bool failed;
};

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return NULL;
}

static void keep_attribute(struct filter *x, const char **attributes, const char *name)
{
	const char *value = attribute(attributes, name);

	if (value)
		rl_html(x->out, " %s=\"%s\"", name, value);
}

static bool keep_group(struct filter *x, const char **attributes)
{
	const char *id = attribute(attributes, "id");

	if (id && strstr(id, "_plot_") && x->line < x->lines)
		rl_html(x->out, "<g class=\"s%d\">", x->colour[x->line++]);
	else if (attribute(attributes, "transform")) {
		rl_html(x->out, "<g");
		keep_attribute(x, attributes, "transform");
		keep_attribute(x, attributes, "text-anchor");
		rl_html(x->out, ">");
	} else
		return false;
	return true;
}

static void keep_path(struct filter *x, const char **attributes)
{
	const char *class = attribute(attributes, "class");

	rl_html(x->out, "<path");
	if (class && !strcmp(class, "gridline"))
		rl_html(x->out, " class=\"grid-line\"");
	keep_attribute(x, attributes, "d");
	rl_html(x->out, ">");
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct filter *x = user;

	if (++x->depth >= DEEPEST)
		x->failed = true;
	if (x->failed || x->dropping)
		return;
	bool *kept = &x->kept[x->depth];
	*kept = false;
	if (!strcmp(name, "g"))
		*kept = keep_group(x, attributes);
	else if ((*kept = !strcmp(name, "path")))
		keep_path(x, attributes);
	else if ((*kept = !strcmp(name, "text")))
		rl_html(x->out, "<text>");
	else if (strcmp(name, "svg"))
		x->dropping = x->depth;
}

static void on_end(void *user, const char *name)
{
	struct filter *x = user;

	if (!x->failed && !x->dropping && x->kept[x->depth])
		rl_html(x->out, "</%s>", name);
	if (x->dropping == x->depth)
		x->dropping = 0;
	x->depth--;
}

static void on_text(void *user, const char *s, int n)
{
	struct filter *x = user;

	if (x->failed || x->dropping || !x->depth || !x->kept[x->depth])
		return;
	char *text = rl_asprintf("%.*s", n, s);
	rl_html(x->out, "%s", text);
	free(text);
}

static void restyle(FILE *f, const char *svg, size_t size, const int *colour, size_t lines)
{
	struct filter x = {.out = f, .colour = colour, .lines = lines};
	XML_Parser parser = XML_ParserCreate(NULL);

	if (!parser)
		rl_die("out of memory");
	XML_SetUserData(parser, &x);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	if (XML_Parse(parser, svg, (int)size, 1) != XML_STATUS_OK || x.failed)
		rl_die("gnuplot: what it wrote is not SVG");
	XML_ParserFree(parser);
}

static void write_legend(FILE *f, const struct rl_plot *p)
{
	rl_html(f, "<ul class=\"legend\">");
	for (size_t i = 0; i < p->n; i++)
		rl_html(f, "<li class=\"s%d\">%s</li>", (int)(i % RL_PLOT_COLOURS) + 1,
			p->line[i].name);
	rl_html(f, "</ul>\n");
}

void rl_plot(FILE *f, const struct rl_plot *p)
{
	struct range x = {INFINITY, -INFINITY}, y = x;
	int *colour = rl_calloc(p->n + 1, sizeof(*colour));
	size_t lines = 0, size;

	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->line[i].n; k++) {
			stretch(&x, p->line[i].x[k]);
			stretch(&y, p->line[i].y[k]);
		}
		if (p->line[i].n)
			colour[lines++] = (int)(i % RL_PLOT_COLOURS) + 1;
	}
	if (lines) {
		FILE *script = tmpfile();
		if (!script)
			rl_die("temporary file: create:");
		tell(script, p, x, y);
		if (fflush(script) || fseek(script, 0, SEEK_SET))
			rl_die("temporary file: write:");
		char *svg = run(script, &size);
		rl_html(f, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH,
			HEIGHT, p->label);
		restyle(f, svg, size, colour, lines);
		rl_html(f, "</svg>\n");
		if (p->n > 1)
			write_legend(f, p);
		free(svg);
		fclose(script);
	}
	free(colour);
}
