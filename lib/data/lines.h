/*
 * A text file of "NAME" and "NAME LABEL" lines, held whole.  Blank lines are passed over; spaces
 * within a name are its own.
 */
#ifndef RL_DATA_LINES_H
#define RL_DATA_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct rl_line {
	char *name;
	const char *label; /* NULL when there is none */
	size_t number;     /* of the line, from 1 */
};

struct rl_lines {
	char *text; /* the names point into it */
	char *rest;
	size_t number;
};

/* Dies when it cannot be read, is larger than 1 GiB or holds a NUL. */
struct rl_lines rl_lines_read(const char *path);

/* The next line; false at the end.  The last word of a line is its label when it is a whole number,
 * with a sign or not, and not the first word. */
bool rl_lines_next(struct rl_lines *l, struct rl_line *line);

/* The number a label is, which must be below n; dies naming file and line, also without one. */
size_t rl_line_label(const struct rl_line *line, size_t n, const char *path);

void rl_lines_free(struct rl_lines *l);

#endif
