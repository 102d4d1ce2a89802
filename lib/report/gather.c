#include "report/gather.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* FOLDER/NAME/BENCHMARK.json: what lies deeper is what such a result was made from. */
enum { RESULTS_LEVEL = 2 };

struct rl_gathered rl_gathered_new(void)
{
	return (struct rl_gathered){.results = json_array()};
}

static void free_files(struct rl_gathered_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(files[i].path);
		free(files[i].name);
	}
	free(files);
}

void rl_gathered_free(struct rl_gathered *g)
{
	json_decref(g->results);
	free_files(g->logs, g->nlog);
	free_files(g->pictures, g->npicture);
	*g = (struct rl_gathered){0};
}

/* A line that begins as an object and names a benchmark is a result, however damaged. */
static bool is_foreign(const char *line, size_t size)
{
	json_t *o = json_loadb(line, size, 0, NULL);
	const bool begun = *line == '{' && strstr(line, "\"benchmark\"");
	const bool foreign = o ? !json_object_get(o, "benchmark") : !begun;

	json_decref(o);
	return foreign;
}

static void add_line(struct rl_gathered *g, const char *line, size_t size, const char *where)
{
	json_array_append_new(g->results, json_pack("{s:o, s:o}", "where", json_string(where),
						    "result", rl_json_parse(line, size, where)));
}

/* strict: a line that is no result is the reader's to refuse. */
static void add_results(struct rl_gathered *g, const char *path, bool strict)
{
	bool standard = !strcmp(path, "-");
	FILE *f = standard ? stdin : fopen(path, "r");
	char *line = NULL, *name = rl_utf8_clean(standard ? "stdin" : path);
	size_t capacity = 0, number = 0, foreign = 0;

	if (!f)
		rl_die("%s: open:", name);
	for (ssize_t n; (n = getline(&line, &capacity, f)) >= 0;) {
		char *where = rl_asprintf("%s:%zu", name, ++number);

		if (line[strspn(line, " \t\r\n")] || strlen(line) != (size_t)n) {
			if (!strict && is_foreign(line, (size_t)n))
				foreign++;
			else
				add_line(g, line, (size_t)n, where);
		}
		free(where);
	}
	if (foreign)
		rl_warn("%s: %zu of %zu lines passed over: no results", name, foreign, number);
	if (ferror(f))
		rl_die("%s: read:", name);
	if (!standard)
		fclose(f);
	free(line);
	free(name);
}

static void add_file(struct rl_gathered_file **files, size_t *n, const char *path, const char *name)
{
	*files = rl_grown(*files, *n, sizeof(**files));
	(*files)[(*n)++] = (struct rl_gathered_file){rl_strdup(path), rl_utf8_clean(name)};
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && !strcasecmp(name + n - k, end);
}

/* Whether it is a log or a picture, and then it is added. */
static bool add_known(struct rl_gathered *g, const char *path, const char *name)
{
	if (!strcmp(rl_last_component(path), "log.jsonl"))
		add_file(&g->logs, &g->nlog, path, name);
	else if (ends_in(path, ".png") || ends_in(path, ".jpg") || ends_in(path, ".jpeg"))
		add_file(&g->pictures, &g->npicture, path, name);
	else
		return false;
	return true;
}

/* Files before folders, so that those of a folder are together. */
static int by_name(const FTSENT **a, const FTSENT **b)
{
	int folders = ((*a)->fts_info == FTS_D) - ((*b)->fts_info == FTS_D);

	return folders ? folders : strcmp((*a)->fts_name, (*b)->fts_name);
}

static const char *below(const char *path, const char *folder)
{
	path += strlen(folder);
	return path + strspn(path, "/");
}

static void add_folder(struct rl_gathered *g, const char *path)
{
	char *root = rl_asprintf("%.*s", rl_dir_length(path), path);
	char *const roots[] = {root, NULL};
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);

	if (!fts)
		rl_die("%s: open:", path);
	for (FTSENT *e; errno = 0, (e = fts_read(fts));) {
		if (e->fts_level > 0 && *e->fts_name == '.') {
			fts_set(fts, e, FTS_SKIP);
			continue;
		}
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS) {
			errno = e->fts_errno;
			rl_die("%s: read:", e->fts_path);
		}
		if (e->fts_info == FTS_F && !add_known(g, e->fts_path, below(e->fts_path, root)) &&
		    e->fts_level <= RESULTS_LEVEL && ends_in(e->fts_name, ".json"))
			add_results(g, e->fts_path, false);
	}
	if (errno)
		rl_die("%s: read:", path);
	fts_close(fts);
	free(root);
}

void rl_gather(struct rl_gathered *g, const char *path)
{
	struct stat st;

	if (strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode))
		add_folder(g, path);
	else if (!add_known(g, path, rl_last_component(path)))
		add_results(g, path, true);
}
