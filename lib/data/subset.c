#include "base/dict.h"
#include "base/err.h"
#include "data/imageset.h"
#include "data/lines.h"

#include <stdlib.h>
#include <string.h>

/* What an image is known as in a list of either form: CLASS/NAME, where the tree has its folder. */
static const char *class_and_name(const struct rl_imageset *s, const struct rl_imagefile *f)
{
	return f->path + strlen(s->root) + 1;
}

/* NAME is CLASS_..., so it lies in CLASS. */
static char *full_name(const struct rl_line *line, const char *list)
{
	const char *cut = strchr(line->name, '_');

	if (strchr(line->name, '/'))
		return rl_strdup(line->name);
	if (!cut)
		rl_die("%s:%zu: %s: neither CLASS_NAME nor CLASS/NAME", list, line->number,
		       line->name);
	return rl_asprintf("%.*s/%s", (int)(cut - line->name), line->name, line->name);
}

void rl_imageset_choose(struct rl_imageset *s, const char *list)
{
	struct rl_lines lines = rl_lines_read(list);
	size_t *chosen_by = rl_calloc(s->nfile, sizeof(*chosen_by)), n = 0; /* line numbers */
	struct rl_dict names = {0};

	for (size_t i = 0; i < s->nfile; i++) {
		const char *name = class_and_name(s, &s->files[i]);

		rl_dict_add(&names, name, strlen(name), i);
	}
	for (struct rl_line line; rl_lines_next(&lines, &line);) {
		char *name = full_name(&line, list);
		size_t i = rl_dict_find(&names, name, strlen(name));

		if (i == RL_DICT_NONE)
			rl_die("%s:%zu: %s: no such image in %s", list, line.number, name, s->root);
		if (chosen_by[i])
			rl_die("%s:%zu: %s: is in line %zu, too", list, line.number, name,
			       chosen_by[i]);
		if (line.label && rl_line_label(&line, s->nclass, list) != s->files[i].label)
			rl_die("%s:%zu: %s: label %s, but its folder's is %zu", list, line.number,
			       name, line.label, s->files[i].label);
		chosen_by[i] = line.number;
		free(name);
	}
	rl_dict_free(&names); /* before its keys */
	for (size_t i = 0; i < s->nfile; i++) {
		if (chosen_by[i]) {
			s->files[n++] = s->files[i];
			continue;
		}
		free(s->files[i].path);
		free(s->files[i].key);
	}
	s->nfile = n;
	if (!n)
		rl_die("%s: empty list", list);
	rl_imageset_need_classes(s, 0);
	free(chosen_by);
	rl_lines_free(&lines);
}
