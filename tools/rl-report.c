/* rl-report: result lines to the page's tables. */
#include "base/err.h"
#include "base/json.h"
#include "base/opt.h"
#include "eval/markdown.h"
#include "eval/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-report",
	.synopsis = "--markdown [--published FILE] [RESULTS...]",
	.summary = "Print results, one JSON object a line, as the tables of the published page.",
	.example = "rl-report --markdown --published pipelines/published.json results/*/*.json > "
		   "report.md",
};

static void read_results(struct rl_report *r, const char *path)
{
	bool standard = !strcmp(path, "-");
	FILE *f = standard ? stdin : fopen(path, "r");
	const char *name = standard ? "stdin" : path;
	char *line = NULL;
	size_t capacity = 0, number = 0;

	if (!f)
		rl_die("%s: open:", name);
	for (ssize_t n; (n = getline(&line, &capacity, f)) >= 0;) {
		char *where = rl_asprintf("%s:%zu", name, ++number);

		if (line[strspn(line, " \t\r\n")] || strlen(line) != (size_t)n) {
			json_t *result = rl_json_parse(line, (size_t)n, where);

			rl_report_add(r, result, where);
			json_decref(result);
		}
		free(where);
	}
	if (ferror(f))
		rl_die("%s: read:", name);
	if (!standard)
		fclose(f);
	free(line);
}

int main(int argc, char **argv)
{
	const char *published = NULL;
	bool markdown = false;
	const struct rl_opt opts[] = {
		RL_OPT_FLAG("markdown", &markdown, "as Markdown, the one format there is: needed"),
		RL_OPT_STR("published", &published, "FILE", "published numbers to print beside"),
		RL_OPT_END,
	};
	int first = rl_options(argc, argv, &tool, opts);
	struct rl_report r = rl_report_new();

	if (!markdown)
		rl_die_usage("--markdown is needed: there is no other format");
	if (first == argc)
		read_results(&r, "-");
	for (int i = first; i < argc; i++)
		read_results(&r, argv[i]);
	if (published) {
		json_t *rows = rl_json_load(published);

		rl_report_published(&r, rows, published);
		json_decref(rows);
	}
	json_t *tables = rl_report_tables(&r);
	if (!json_array_size(json_object_get(tables, "tables")))
		rl_die("no result in the input");
	rl_markdown(tables, stdout);
	json_decref(tables);
	rl_report_free(&r);
	return RL_EXIT_OK;
}
