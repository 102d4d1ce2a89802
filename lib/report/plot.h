/* Lines in a plane, drawn by gnuplot, as SVG to stand in an HTML page. */
#ifndef RL_REPORT_PLOT_H
#define RL_REPORT_PLOT_H

#include <stddef.h>
#include <stdio.h>

/* Points of a line; of more, the means of as many stretches are drawn. */
enum { RL_PLOT_POINTS = 400, RL_PLOT_COLOURS = 8 };

struct rl_plot_line {
	char *name;
	size_t n;
	double *x, *y; /* [n], finite; x ascending */
};

enum rl_plot_axes {
	RL_PLOT_FITTED,
	RL_PLOT_FROM_ZERO, /* y */
	RL_PLOT_UNIT,      /* both 0 to 1 */
};

struct rl_plot {
	const char *label; /* what one would see, for who does not */
	const char *x;     /* the axis' title; no text from outside */
	enum rl_plot_axes axes;
	size_t n;
	const struct rl_plot_line *line;
};

/*
 * An <svg> whose looks are the style sheet's: line i, from 0, is in a group of class "s1" to "s8"
 * (i modulo RL_PLOT_COLOURS, plus 1), lines of the grid have class "grid-line".  Under it
 * a legend, if there are more lines than one: a <ul> whose items are of the same classes.  Nothing
 * when no line has a point.  Dies when gnuplot cannot be run or fails, or does not give SVG.
 */
void rl_plot(FILE *f, const struct rl_plot *p);

#endif
