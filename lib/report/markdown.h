/* A report as Markdown, with the headings and tables of the page. */
#ifndef RL_REPORT_MARKDOWN_H
#define RL_REPORT_MARKDOWN_H

#include <jansson.h>
#include <stdio.h>

/* tables: of rl_report_tables().  Dies when f, called `where`, cannot be written. */
void rl_markdown(const json_t *tables, FILE *f, const char *where);

#endif
