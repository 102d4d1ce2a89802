#include "report/html.h"

#include "base/err.h"

#include <stdlib.h>

enum section {
	VERDICTS,
	TABLES,
	NOTES,
	CURVES,
	CLASSES,
	CONFUSIONS,
	PURITY,
	PICTURES,
	PROVENANCE,
	SECTIONS
};

static const struct {
	const char *id, *title;
} section[SECTIONS] = {
	[VERDICTS] = {"verdicts", "Verdicts"},
	[TABLES] = {"tables", "Results"},
	[NOTES] = {"notes", "Notes"},
	[CURVES] = {"curves", "Training"},
	[CLASSES] = {"classes", "Class by class"},
	[CONFUSIONS] = {"confusion", "Confusion"},
	[PURITY] = {"purity", "Purity and coverage"},
	[PICTURES] = {"pictures", "Pictures"},
	[PROVENANCE] = {"provenance", "Provenance"},
};

static void write_section(FILE *f, enum section i, const json_t *tables,
			  const struct rl_gathered *g)
{
	switch (i) {
	case VERDICTS: rl_html_verdicts(f, g->results); break;
	case TABLES: rl_html_tables(f, json_object_get(tables, "tables")); break;
	case NOTES: rl_html_notes(f, json_object_get(tables, "notes")); break;
	case CURVES: rl_html_curves(f, g); break;
	case CLASSES: rl_html_classes(f, g->results); break;
	case CONFUSIONS: rl_html_confusions(f, g->results); break;
	case PURITY: rl_html_purity(f, g->results); break;
	case PICTURES: rl_html_pictures(f, g); break;
	case PROVENANCE: rl_html_made(f, json_object_get(tables, "made"), g->results); break;
	case SECTIONS: break;
	}
}

static void write_count(FILE *f, size_t n, const char *what, const char *after)
{
	rl_html(f, "%zu %s%s%s", n, what, n == 1 ? "" : "s", after);
}

static void write_head(FILE *f, const struct rl_gathered *g)
{
	rl_html(f, "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n"
		   "<head>\n<meta charset=\"utf-8\"/>\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
		   "&#39;none&#39;; "
		   "img-src data:; style-src &#39;unsafe-inline&#39;\"/>\n"
		   "<title>Visual features: results</title>\n<style>\n");
	fputs(rl_html_style, f);
	rl_html(f, "</style>\n</head>\n<body>\n<header>\n<h1>Visual features: results</h1>\n");
	rl_html(f, "<p>");
	write_count(f, json_array_size(g->results), "result", ", ");
	write_count(f, g->nlog, "training log", ", ");
	write_count(f, g->npicture, "picture", ". ");
	rl_html(f, "Notes say where published numbers are from; where each other number is from "
		   "stands at "
		   "the end.</p>\n");
}

void rl_html_page(FILE *f, const json_t *tables, const struct rl_gathered *g, const char *where)
{
	char *text[SECTIONS];
	size_t size[SECTIONS];

	for (enum section i = 0; i < SECTIONS; i++) {
		FILE *part = open_memstream(&text[i], &size[i]);

		if (!part)
			rl_die("out of memory");
		write_section(part, i, tables, g);
		if (fclose(part))
			rl_die("out of memory");
	}

	write_head(f, g);
	rl_html(f, "<nav aria-label=\"Sections\">\n<ul>\n");
	for (enum section i = 0; i < SECTIONS; i++)
		if (size[i])
			rl_html(f, "<li><a href=\"#%s\">%s</a></li>\n", section[i].id,
				section[i].title);
	rl_html(f, "</ul>\n</nav>\n</header>\n<main>\n");
	for (enum section i = 0; i < SECTIONS; i++) {
		if (size[i]) {
			rl_html(f,
				"<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
				"<h2 id=\"%s-title\">%s</h2>\n",
				section[i].id, section[i].id, section[i].id, section[i].title);
			fwrite(text[i], 1, size[i], f);
			rl_html(f, "</section>\n");
		}
		free(text[i]);
	}
	rl_html(f, "</main>\n</body>\n</html>\n");
	if (fflush(f) || ferror(f))
		rl_die("%s: write:", where);
}
