#include "report/html.h"

#include "base/err.h"
#include "report/page.h"

#include <string.h>

static const char *text_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* The letters of the Markdown tables: there is no small q. */
static void write_letter(FILE *f, size_t i)
{
	static const char letters[] = "abcdefghijklmnoprstuvwxyz";

	fputc(letters[i % (sizeof(letters) - 1)], f);
	if (i >= sizeof(letters) - 1)
		fprintf(f, "%zu", i / (sizeof(letters) - 1) + 1);
}

static void write_marks(FILE *f, const json_t *holder)
{
	size_t i;
	json_t *mark;

	json_array_foreach(json_object_get(holder, "marks"), i, mark)
	{
		size_t note = (size_t)json_integer_value(mark);

		rl_html(f, "<sup><a href=\"#note-%zu\">", note + 1);
		write_letter(f, note);
		rl_html(f, "</a></sup>");
	}
}

static void write_row(FILE *f, const json_t *row)
{
	json_t *cell;
	size_t i;

	rl_html(f, "<tr class=\"%s\"><th scope=\"row\">%s",
		json_is_true(json_object_get(row, "published")) ? "published" : "ours",
		text_of(row, "name"));
	write_marks(f, row);
	rl_html(f, "</th>");
	json_array_foreach(json_object_get(row, "cells"), i, cell)
	{
		rl_html(f, "<td>%s", json_is_null(cell) ? "" : text_of(cell, "text"));
		write_marks(f, cell);
		rl_html(f, "</td>");
	}
	rl_html(f, "</tr>\n");
}

static void write_table(FILE *f, const json_t *table)
{
	const char *title = text_of(table, "title");
	json_t *column, *row;
	size_t i;

	rl_html(f, "<h4>%s</h4>\n", title);
	if (*text_of(table, "caption"))
		rl_html(f, "<p class=\"note\">%s</p>\n", text_of(table, "caption"));
	rl_html(f,
		"<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"%s\">\n<table>\n"
		"<thead><tr><th scope=\"col\">Self-Supervised Method</th>",
		title);
	json_array_foreach(json_object_get(table, "columns"), i, column)
		rl_html(f, "<th scope=\"col\">%s</th>", json_string_value(column));
	rl_html(f, "</tr></thead>\n<tbody>\n");
	json_array_foreach(json_object_get(table, "rows"), i, row) write_row(f, row);
	rl_html(f, "</tbody>\n</table>\n</div>\n");
}

void rl_html_tables(FILE *f, const json_t *tables)
{
	const char *section = "";
	json_t *table;
	size_t i;

	json_array_foreach(tables, i, table)
	{
		if (strcmp(section, text_of(table, "section")))
			rl_html(f, "<h3>%s</h3>\n", text_of(table, "section"));
		section = text_of(table, "section");
		write_table(f, table);
	}
}

void rl_html_notes(FILE *f, const json_t *notes)
{
	json_t *note;
	size_t i;

	if (!json_array_size(notes))
		return;
	rl_html(f,
		"<p>The page is %s. A letter says what of a number deviates from its protocol, "
		"what is not known of it, or where it was published; at the name of a row it "
		"holds for every number in the row.</p>\n<ul class=\"notes\">\n",
		RL_PAGE_NAME);
	json_array_foreach(notes, i, note)
	{
		rl_html(f, "<li id=\"note-%zu\"><sup>", i + 1);
		write_letter(f, i);
		rl_html(f, "</sup> %s</li>\n", json_string_value(note));
	}
	rl_html(f, "</ul>\n");
}
