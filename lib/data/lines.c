#include "data/lines.h"

#include "base/err.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 30 };

struct rl_lines rl_lines_read(const char *path)
{
	size_t size;
	char *text = rl_file_read(path, LIMIT, &size);

	if (strlen(text) != size)
		rl_die("%s: not a text file", path);
	return (struct rl_lines){.text = text, .rest = text};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cut the blanks at the end; returns the new end. */
static char *trim(char *begin, char *end)
{
	while (end > begin && is_blank(end[-1]))
		end--;
	*end = '\0';
	return end;
}

static bool is_number(const char *s)
{
	s += *s == '-' || *s == '+';
	return *s && strspn(s, "0123456789") == strlen(s);
}

bool rl_lines_next(struct rl_lines *l, struct rl_line *line)
{
	for (char *begin; (begin = strsep(&l->rest, "\n"));) {
		l->number++;
		while (is_blank(*begin))
			begin++;
		char *end = trim(begin, begin + strlen(begin)), *word = end;
		if (end == begin)
			continue;
		while (word > begin && !is_blank(word[-1]))
			word--;
		*line = (struct rl_line){.name = begin, .number = l->number};
		if (word > begin && is_number(word)) {
			trim(begin, word);
			line->label = word;
		}
		return true;
	}
	return false;
}

size_t rl_line_label(const struct rl_line *line, size_t n, const char *path)
{
	if (!line->label)
		rl_die("%s:%zu: %s: no label", path, line->number, line->name);
	/* A number too large for a long is LONG_MAX. */
	long label = strtol(line->label, NULL, 10);
	if (label < 0 || (size_t)label >= n)
		rl_die("%s:%zu: %s: label %s is not in 0 to %zu", path, line->number, line->name,
		       line->label, n - 1);
	return (size_t)label;
}

void rl_lines_free(struct rl_lines *l)
{
	free(l->text);
	*l = (struct rl_lines){0};
}
