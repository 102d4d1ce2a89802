#include "data/voc-list.h"

#include "base/err.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_LIMIT = 64 << 20 };

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct rl_voc_entry *)a)->id, ((const struct rl_voc_entry *)b)->id);
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* An id becomes part of paths. */
static void check_id(const char *id, const char *path, size_t line)
{
	if (id[0] == '.' || strchr(id, '/'))
		rl_die("%s: line %zu: %s: not an image id", path, line, id);
}

static int parse_value(const char *s, const char *path, size_t line)
{
	if (s && !strcmp(s, "1"))
		return 1;
	if (s && !strcmp(s, "-1"))
		return -1;
	if (s && !strcmp(s, "0"))
		return 0;
	rl_die("%s: line %zu: %s: must be 1, -1 or 0", path, line, s ? s : "no value");
}

struct rl_voc_list rl_voc_list_read(const char *path, bool with_value)
{
	struct rl_voc_list l = {0};
	size_t size, number = 0;
	char *rest, *save;

	rest = l.text = rl_file_read(path, LIST_LIMIT, &size);
	if (strlen(l.text) != size)
		rl_die("%s: not a text file", path);
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *id = strtok_r(line, " \t\r", &save);

		number++;
		if (!id)
			continue;
		check_id(id, path, number);
		struct rl_voc_entry e = {.id = id};
		if (with_value)
			e.value = parse_value(strtok_r(NULL, " \t\r", &save), path, number);
		if (strtok_r(NULL, " \t\r", &save))
			rl_die("%s: line %zu: more than %s", path, number,
			       with_value ? "an id and a value" : "an id");
		if (!(l.n & (l.n - 1)))
			l.entries = rl_realloc(l.entries, l.n ? 2 * l.n : 1, sizeof(e));
		l.entries[l.n++] = e;
	}
	if (!l.n)
		rl_die("%s: empty list", path);
	qsort(l.entries, l.n, sizeof(*l.entries), by_id);
	for (size_t i = 1; i < l.n; i++)
		if (!strcmp(l.entries[i - 1].id, l.entries[i].id))
			rl_die("%s: %s twice", path, l.entries[i].id);
	return l;
}

void rl_voc_list_free(struct rl_voc_list *l)
{
	free(l->text);
	free(l->entries);
}

char **rl_voc_class_names(const char *root, const char *set, size_t *count)
{
	char *main_dir = rl_asprintf("%s/ImageSets/Main", root);
	char *tail = rl_asprintf("_%s.txt", set);
	char **names = NULL;
	size_t n = 0;
	DIR *d = opendir(main_dir);

	if (!d)
		rl_die("%s: open:", main_dir);
	for (struct dirent *e; errno = 0, (e = readdir(d));) {
		size_t length = strlen(e->d_name), cut = strlen(tail);

		if (length <= cut || strcmp(e->d_name + length - cut, tail) || e->d_name[0] == '.')
			continue;
		names = rl_realloc(names, n + 1, sizeof(*names));
		names[n++] = rl_asprintf("%.*s", (int)(length - cut), e->d_name);
	}
	if (errno)
		rl_die("%s: read:", main_dir);
	closedir(d);
	if (n)
		qsort(names, n, sizeof(*names), by_string);
	free(main_dir);
	free(tail);
	*count = n;
	return names;
}
