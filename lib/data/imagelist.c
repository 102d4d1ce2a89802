#include "data/imagelist.h"

#include "base/dict.h"
#include "base/err.h"
#include "data/lines.h"

#include <stdlib.h>
#include <string.h>

struct folder {
	const char *name; /* of `size` bytes, in the list's text; NULL: not seen yet */
	size_t size;
};

struct reading {
	const char *list;
	struct rl_dict paths;   /* to line numbers */
	struct rl_dict folders; /* to labels */
	struct folder *folder;  /* of each label */
	bool flat;              /* as the first line is, so must be all */
};

static void learn_folder(struct reading *r, const struct rl_line *line, size_t label)
{
	const char *slash = strrchr(line->name, '/');
	struct folder *f = &r->folder[label];

	if (!r->paths.used)
		r->flat = !slash;
	if (r->flat != !slash)
		rl_die("%s:%zu: %s: %s a folder, unlike the lines before", r->list, line->number,
		       line->name, slash ? "has" : "has not");
	if (!slash)
		return;
	size_t size = (size_t)(slash - line->name);
	size_t before = rl_dict_add(&r->folders, line->name, size, label);
	if (before != RL_DICT_NONE && before != label)
		rl_die("%s:%zu: %s: label %zu, but other images of this folder have %zu", r->list,
		       line->number, line->name, label, before);
	if (f->name && (f->size != size || memcmp(f->name, line->name, size)))
		rl_die("%s:%zu: %s: label %zu, which is that of %.*s", r->list, line->number,
		       line->name, label, (int)f->size, f->name);
	*f = (struct folder){line->name, size};
}

void rl_imagelist_read(struct rl_imageset *s, const char *list, const char *root, const char *base,
		       size_t nclass)
{
	struct rl_lines lines = rl_lines_read(list);
	struct reading r = {.list = list, .folder = rl_calloc(nclass, sizeof(*r.folder))};

	*s = (struct rl_imageset){.root = rl_strdup(root)};
	for (struct rl_line line; rl_lines_next(&lines, &line);) {
		size_t label = rl_line_label(&line, nclass, list);

		if (!rl_imageset_inside(line.name))
			rl_die("%s:%zu: %s: not a path inside %s", list, line.number, line.name,
			       root);
		learn_folder(&r, &line, label);
		size_t before = rl_dict_add(&r.paths, line.name, strlen(line.name), line.number);
		if (before != RL_DICT_NONE)
			rl_die("%s:%zu: %s: is in line %zu, too", list, line.number, line.name,
			       before);
		rl_imageset_add(s, base, line.name, label);
	}
	if (!s->nfile)
		rl_die("%s: empty list", list);
	s->nclass = nclass;
	rl_imageset_need_classes(s, nclass);
	if (!r.flat) {
		s->classes = rl_calloc(nclass, sizeof(*s->classes));
		for (size_t c = 0; c < nclass; c++)
			s->classes[c] =
				rl_asprintf("%.*s", (int)r.folder[c].size, r.folder[c].name);
	}
	rl_imageset_sort(s);
	rl_dict_free(&r.paths);
	rl_dict_free(&r.folders);
	free(r.folder);
	rl_lines_free(&lines);
}
