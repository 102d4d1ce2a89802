#include "data/imageset.h"

#include "base/dict.h"
#include "base/err.h"
#include "stream/tensor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void rl_imageset_add_class(struct rl_imageset *s, const char *name)
{
	s->classes = rl_grown(s->classes, s->nclass, sizeof(*s->classes));
	s->classes[s->nclass++] = rl_strdup(name);
}

void rl_imageset_add(struct rl_imageset *s, const char *base, const char *inside, size_t label)
{
	const char *between = s->root[strlen(s->root) - 1] == '/' ? "" : "/";
	char *named = rl_asprintf("%s%s%s", base, *base ? "/" : "", inside);

	s->files = rl_grown(s->files, s->nfile, sizeof(*s->files));
	s->files[s->nfile++] = (struct rl_imagefile){
		.path = rl_asprintf("%s%s%s", s->root, between, inside),
		.key = rl_key_from_path(named),
		.label = label,
	};
	free(named);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct rl_imagefile *)a)->key, ((const struct rl_imagefile *)b)->key);
}

void rl_imageset_sort(struct rl_imageset *s)
{
	if (s->nfile)
		qsort(s->files, s->nfile, sizeof(*s->files), by_key);
	for (size_t i = 1; i < s->nfile; i++)
		if (!strcmp(s->files[i - 1].key, s->files[i].key))
			rl_die("%s: same key as %s", s->files[i].path, s->files[i - 1].path);
}

void rl_imageset_free(struct rl_imageset *s)
{
	for (size_t i = 0; s->classes && i < s->nclass; i++)
		free(s->classes[i]);
	for (size_t i = 0; i < s->nfile; i++) {
		free(s->files[i].path);
		free(s->files[i].key);
	}
	free(s->classes);
	free(s->files);
	free(s->root);
	*s = (struct rl_imageset){0};
}

bool rl_imageset_inside(const char *path)
{
	if (!*path || *path == '/')
		return false;
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (part[2] == '/' || !part[2]))
			return false;
	}
	return true;
}

void rl_imageset_need_classes(const struct rl_imageset *s, size_t want)
{
	size_t *count = rl_calloc(s->nclass, sizeof(*count));

	if (want && s->nclass != want)
		rl_die("%s: %zu classes, expected %zu: --classes says how many", s->root, s->nclass,
		       want);
	for (size_t i = 0; i < s->nfile; i++)
		count[s->files[i].label]++;
	for (size_t c = 0; c < s->nclass; c++)
		if (!count[c])
			rl_die("%s: no image of class %zu%s%s", s->root, c, s->classes ? ", " : "",
			       s->classes ? s->classes[c] : "");
	free(count);
}

void rl_imageset_need_files(const struct rl_imageset *s)
{
	const char *first = NULL;
	size_t missing = 0;
	struct stat st;
	int why = 0;

	for (size_t i = 0; i < s->nfile; i++) {
		const char *path = s->files[i].path;

		errno = 0;
		if (!stat(path, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
			continue;
		if (!missing++) {
			first = path;
			why = errno;
		}
	}
	if (missing)
		rl_die("%s: %s%s (%zu of %zu images are missing)", first,
		       why ? "cannot be read: " : "not a file, or empty", why ? strerror(why) : "",
		       missing, s->nfile);
}

void rl_imageset_same_classes(const struct rl_imageset *s, const struct rl_imageset *other)
{
	for (size_t i = 0; i < s->nclass || i < other->nclass; i++) {
		int order = i == s->nclass       ? 1
			    : i == other->nclass ? -1
						 : strcmp(s->classes[i], other->classes[i]);

		if (order < 0)
			rl_die("%s: class %s is not in %s", s->root, s->classes[i], other->root);
		if (order > 0)
			rl_die("%s: class %s is not in %s", other->root, other->classes[i],
			       s->root);
	}
}

static const char *known_as(const struct rl_imagefile *f, enum rl_imageset_by by)
{
	const char *slash = strrchr(f->path, '/');

	return by == RL_BY_NAME && slash ? slash + 1 : f->path;
}

void rl_imageset_disjoint(const struct rl_imageset *s, const struct rl_imageset *other,
			  enum rl_imageset_by by)
{
	struct rl_dict names = {0};

	for (size_t i = 0; i < s->nfile; i++) {
		const char *name = known_as(&s->files[i], by);

		rl_dict_add(&names, name, strlen(name), i);
	}
	for (size_t i = 0; i < other->nfile; i++) {
		const char *name = known_as(&other->files[i], by);
		size_t at = rl_dict_find(&names, name, strlen(name));

		if (at != RL_DICT_NONE)
			rl_die("%s: is in %s, too, as %s", s->files[at].path, other->root,
			       other->files[i].path);
	}
	rl_dict_free(&names);
}

void rl_imageset_note_size(const struct rl_imageset *s, size_t want)
{
	if (s->nfile != want)
		rl_warn("%s: %zu images, the published set has %zu: results do not compare",
			s->root, s->nfile, want);
}

json_t *rl_imageset_record(const struct rl_imageset *s, size_t i)
{
	const struct rl_imagefile *f = &s->files[i];
	json_t *o = json_pack("{ss ss sI sI ss*}", "key", f->key, "path", f->path, "label",
			      (json_int_t)f->label, "nclass", (json_int_t)s->nclass, "class",
			      s->classes ? s->classes[f->label] : NULL);

	if (!o)
		rl_die("%s: the name is not UTF-8", f->path);
	return o;
}
