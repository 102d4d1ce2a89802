#include "report/markdown.h"

#include "base/err.h"
#include "report/page.h"

#include <string.h>

/* Text inside a line: a line break would end it, '|' a cell, and the others begin something. */
static void print_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (strchr("|<`*[\\", *s))
			fputc('\\', f);
		fputc((unsigned char)*s < ' ' ? ' ' : *s, f);
	}
}

/* Between more backticks than are in it. */
static void print_code(FILE *f, const char *s)
{
	size_t fence = 1, run = 0;

	for (const char *p = s; *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		fence = run >= fence ? run + 1 : fence;
	}
	for (size_t i = 0; i < fence; i++)
		fputc('`', f);
	fprintf(f, fence > 1 ? " " : "");
	for (; *s; s++)
		fputc((unsigned char)*s < ' ' ? ' ' : *s, f);
	fprintf(f, fence > 1 ? " " : "");
	for (size_t i = 0; i < fence; i++)
		fputc('`', f);
}

/* The letters that there are as superscripts; then again, with a number. */
static void print_mark(FILE *f, size_t i)
{
	static const char *const letter[] = {"ᵃ", "ᵇ", "ᶜ", "ᵈ", "ᵉ", "ᶠ", "ᵍ", "ʰ", "ⁱ",
					     "ʲ", "ᵏ", "ˡ", "ᵐ", "ⁿ", "ᵒ", "ᵖ", "ʳ", "ˢ",
					     "ᵗ", "ᵘ", "ᵛ", "ʷ", "ˣ", "ʸ", "ᶻ"};
	static const char *const digit[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	char round[24];

	fputs(letter[i % RL_LEN(letter)], f);
	snprintf(round, sizeof(round), "%zu", i / RL_LEN(letter) + 1);
	for (const char *d = round; i >= RL_LEN(letter) && *d; d++)
		fputs(digit[*d - '0'], f);
}

static void print_marks(FILE *f, const json_t *holder)
{
	size_t i;
	json_t *mark;

	json_array_foreach(json_object_get(holder, "marks"), i, mark)
		print_mark(f, (size_t)json_integer_value(mark));
}

static const char *text_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static void print_table(FILE *f, const json_t *table)
{
	json_t *column, *row, *cell;
	size_t i, k;

	fprintf(f, "#### ");
	print_text(f, text_of(table, "title"));
	if (*text_of(table, "caption"))
		fprintf(f, "\n\n%s", text_of(table, "caption"));
	fprintf(f, "\n\n| Self-Supervised Method |");
	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		fputc(' ', f);
		print_text(f, json_string_value(column));
		fprintf(f, " |");
	}
	fprintf(f, "\n|---|");
	for (i = 0; i < json_array_size(json_object_get(table, "columns")); i++)
		fprintf(f, "--:|");
	json_array_foreach(json_object_get(table, "rows"), k, row)
	{
		fprintf(f, "\n| ");
		print_text(f, text_of(row, "name"));
		print_marks(f, row);
		fprintf(f, " |");
		json_array_foreach(json_object_get(row, "cells"), i, cell)
		{
			fputc(' ', f);
			print_text(f, json_is_null(cell) ? "" : text_of(cell, "text"));
			print_marks(f, cell);
			fprintf(f, " |");
		}
	}
	fprintf(f, "\n\n");
}

static void print_tables(FILE *f, const json_t *tables)
{
	const char *section = "";
	json_t *table;
	size_t i;

	json_array_foreach(tables, i, table)
	{
		if (strcmp(section, text_of(table, "section")))
			fprintf(f, "### %s\n\n", text_of(table, "section"));
		section = text_of(table, "section");
		print_table(f, table);
	}
}

/* ---- what stands under them -------------------------------------------------------------------
 */

static void print_notes(FILE *f, const json_t *notes)
{
	json_t *note;
	size_t i;

	if (!json_array_size(notes))
		return;
	fprintf(f, "### Notes\n\n"
		   "The page is " RL_PAGE_NAME ". A letter says what of a number deviates from its "
		   "protocol, what is not known of it, or where it was published; at the name of a "
		   "row it holds for every number in the row.\n\n");
	json_array_foreach(notes, i, note)
	{
		fprintf(f, "- ");
		print_mark(f, i);
		fputc(' ', f);
		print_text(f, json_string_value(note));
		fputc('\n', f);
	}
	fputc('\n', f);
}

static void print_list(FILE *f, const char *lead, const json_t *strings,
		       void (*print)(FILE *, const char *))
{
	json_t *s;
	size_t i;

	json_array_foreach(strings, i, s)
	{
		fputs(i ? ", " : lead, f);
		print(f, json_string_value(s));
	}
}

static void print_result(FILE *f, const json_t *made)
{
	static const char *const said[] = {"layer", "protocol", "setup"};
	const char *between = ": ";

	fprintf(f, "  - ");
	print_text(f, text_of(made, "benchmark"));
	for (size_t i = 0; i < RL_LEN(said); i++) {
		const char *text = text_of(made, said[i]);

		if (!text || !*text)
			continue;
		fputs(between, f);
		print_text(f, text);
		between = "; ";
	}
	print_list(f, "; from ", json_object_get(made, "inputs"), print_text);
	print_list(f, "; seed ", json_object_get(made, "seeds"), print_text);
	print_list(f, "; ", json_object_get(made, "commands"), print_code);
	fputc('\n', f);
}

static void print_made(FILE *f, json_t *made)
{
	const char *name;
	json_t *results, *m;
	size_t i;

	if (json_object_size(made))
		fprintf(f, "### Provenance\n\n");
	json_object_foreach(made, name, results)
	{
		fprintf(f, "- ");
		print_text(f, name);
		fputc('\n', f);
		json_array_foreach(results, i, m) print_result(f, m);
	}
}

void rl_markdown(const json_t *tables, FILE *f, const char *where)
{
	print_tables(f, json_object_get(tables, "tables"));
	print_notes(f, json_object_get(tables, "notes"));
	print_made(f, json_object_get(tables, "made"));
	if (fflush(f) || ferror(f))
		rl_die("%s: write:", where);
}
