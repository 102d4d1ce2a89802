/*
 * Results of several programs as the page's tables, our rows and beside them the published ones;
 * and a table for each other benchmark.  What is reported is made here, how it looks where it is
 * printed (markdown.h).
 *
 * A result is {"benchmark", "name", "metrics": {metric: number}, "layer"?, "setup"?, "protocol"?,
 * "provenance"?}.  Anything else dies, and so does a second number for the same cell.
 */
#ifndef RL_REPORT_REPORT_H
#define RL_REPORT_REPORT_H

#include <jansson.h>

/* What a result without a name is called. */
#define RL_UNNAMED "(unnamed)"

struct rl_report {
	/* {name: {benchmark: {metric: {"value", "layer"?, "marks": [text]}}}}, in the order in
	 * which they first came. */
	json_t *ours, *published;
	json_t *made; /* {name: [see below]} */
};

struct rl_report rl_report_new(void);
void rl_report_free(struct rl_report *r);

/* where: "FILE:LINE", for messages. */
void rl_report_add(struct rl_report *r, const json_t *result, const char *where);

/* Rows from {name: {"source": text, benchmark: {"metrics": {metric: number}, "layer"?, "note"?:
 * text}}}. */
void rl_report_published(struct rl_report *r, const json_t *published, const char *where);

/*
 * What there is to print, a new reference:
 *
 *	{"tables": [{"section", "title", "caption", "columns": [text],
 *	             "rows": [{"name", "published": boolean, "marks": [i],
 *	                       "cells": [{"text", "marks": [i]} or null]}]}],
 *	 "notes": [text],
 *	 "made": {name: [{"benchmark", "layer"?, "protocol"?, "setup"?, "inputs": [text],
 *	                  "seeds": [text], "commands": [text]}]}}
 *
 * A mark is the index of a note; a row's marks are those that all its cells have in common, and
 * stand at none of them.  Tables are those that have a row of ours, and all when there are no
 * results.
 */
json_t *rl_report_tables(const struct rl_report *r);

#endif
