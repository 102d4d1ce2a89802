/*
 * HTML5, well-formed as XML too.  All text that comes from outside passes through rl_html(), which
 * escapes it.
 */
#ifndef RL_REPORT_HTML_H
#define RL_REPORT_HTML_H

#include "report/gather.h"

#include <stdio.h>

/* printf, of which only %s, %zu, %d and %% are known; the text of %s is escaped for content and for
 * attributes between quotes, and control characters become spaces. */
void rl_html(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What the row of a result is called. */
const char *rl_html_name(const json_t *result);

/* The whole page: one file that needs no other, no network and no script.  `tables` are those of
 * rl_report_tables().  Dies on logs and pictures that cannot be read, when gnuplot cannot be run,
 * and when f cannot be written; `where` names it. */
void rl_html_page(FILE *f, const json_t *tables, const struct rl_gathered *g, const char *where);

/* Its parts, each what is in a section, or nothing.  `tables`, `notes` and `made` are those of
 * rl_report_tables(), `results` a struct rl_gathered's. */
void rl_html_tables(FILE *f, const json_t *tables);
void rl_html_verdicts(FILE *f, const json_t *results);
void rl_html_notes(FILE *f, const json_t *notes);
void rl_html_made(FILE *f, const json_t *made, const json_t *results);
void rl_html_classes(FILE *f, const json_t *results);
void rl_html_confusions(FILE *f, const json_t *results);
void rl_html_curves(FILE *f, const struct rl_gathered *g);
void rl_html_purity(FILE *f, const json_t *results);
void rl_html_pictures(FILE *f, const struct rl_gathered *g);

extern const char rl_html_style[]; /* CSS */

#endif
