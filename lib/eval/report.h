/*
 * Results of several programs as one Markdown table: a row a name, a column a metric of a
 * benchmark, both in the order in which they first came; under it what stands behind every number.
 *
 * A result is {"benchmark", "name", "metrics": {metric: number}, "layer"?, "protocol"?,
 * "provenance"?}.  Anything else dies, and so does a second number for the same cell.
 */
#ifndef RL_EVAL_REPORT_H
#define RL_EVAL_REPORT_H

#include <jansson.h>
#include <stdio.h>

struct rl_report {
	json_t *columns;   /* [[benchmark, metric]] */
	json_t *rows;      /* {name: {"benchmark metric": number}} */
	json_t *notes;     /* [text], one for each result */
	json_t *protocols; /* [text], each once */
};

struct rl_report rl_report_new(void);
void rl_report_free(struct rl_report *r);

/* where: "FILE:LINE", for messages. */
void rl_report_add(struct rl_report *r, const json_t *result, const char *where);

/* Rows from {name: {"source": text, benchmark: {metric: number}}}: those that have a number for a
 * benchmark that is in the table, or all when the table is empty. */
void rl_report_published(struct rl_report *r, const json_t *published, const char *where);

/* Dies when f cannot be written. */
void rl_report_print(const struct rl_report *r, FILE *f);

#endif
