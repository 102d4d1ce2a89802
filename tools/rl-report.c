/* rl-report: result lines to the page's tables. */
#include "base/err.h"
#include "base/file.h"
#include "base/opt.h"
#include "report/gather.h"
#include "report/html.h"
#include "report/markdown.h"
#include "report/report.h"

#include <stdio.h>

static const struct rl_tool tool = {
	.name = "rl-report",
	.synopsis = "--markdown | --html [options] [RESULTS|FOLDER...]",
	.summary = "Print results, one JSON object a line, as the tables of the published page; in "
		   "HTML with\ncurves, classes, pictures and the provenance of all of it.",
	.example = "rl-report --html --published pipelines/published.json --out page.html results",
};

struct config {
	const char *published, *out;
	bool markdown, html;
};

static json_t *tables_of(const struct rl_gathered *g, const char *published)
{
	struct rl_report r = rl_report_new();
	json_t *from, *tables;
	size_t i;

	json_array_foreach(g->results, i, from)
		rl_report_add(&r, json_object_get(from, "result"),
			      json_string_value(json_object_get(from, "where")));
	if (published) {
		json_t *rows = rl_json_load(published);

		rl_report_published(&r, rows, published);
		json_decref(rows);
	}
	tables = rl_report_tables(&r);
	rl_report_free(&r);
	return tables;
}

int main(int argc, char **argv)
{
	struct config c = {0};
	const struct rl_opt opts[] = {
		RL_OPT_FLAG("markdown", &c.markdown, "the tables, as Markdown"),
		RL_OPT_FLAG("html", &c.html, "all there is, as one HTML file"),
		RL_OPT_STR("published", &c.published, "FILE", "published numbers to print beside"),
		RL_OPT_STR("out", &c.out, "FILE", "write to it, when all is there"), RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);
	struct rl_gathered g = rl_gathered_new();

	if (c.markdown == c.html)
		rl_die_usage("one of --markdown and --html is needed");
	if (first == argc)
		rl_gather(&g, "-");
	for (int i = first; i < argc; i++)
		rl_gather(&g, argv[i]);
	json_t *tables = tables_of(&g, c.published);
	if (!json_array_size(json_object_get(tables, "tables")) &&
	    (c.markdown || g.nlog + g.npicture == 0))
		rl_die("no result in the input");

	struct rl_file *file = c.out ? rl_file_create(c.out) : NULL;
	FILE *f = file ? rl_file_stream(file) : stdout;
	const char *where = c.out ? c.out : "stdout";
	if (c.html)
		rl_html_page(f, tables, &g, where);
	else
		rl_markdown(tables, f, where);
	if (file)
		rl_file_commit(file);
	json_decref(tables);
	rl_gathered_free(&g);
	return RL_EXIT_OK;
}
