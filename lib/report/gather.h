/*
 * What there is to report: results, logs of trainings, pictures; from files, and from all files of
 * folders.
 *
 * A file's name says what it is: *.png, *.jpg and *.jpeg are pictures, log.jsonl is a log, and any
 * other file that is named has results, one JSON object a line, of which "benchmark" is a member.
 * In a folder only *.json are looked at for results, those in it and in the folders in it, but no
 * deeper, where results lie that others were made from; lines that are none, JSON or not, are
 * passed over with a warning, but for objects that name "benchmark" and break off.  What begins
 * with a dot is left alone, and links are followed.
 */
#ifndef RL_REPORT_GATHER_H
#define RL_REPORT_GATHER_H

#include <jansson.h>
#include <stddef.h>

struct rl_gathered {
	json_t *results; /* [{"where": "FILE:LINE", "result": {}}] */
	struct rl_gathered_file {
		char *path;
		char *name; /* below the folder that was named; UTF-8 */
	} * logs, *pictures;
	size_t nlog, npicture;
};

struct rl_gathered rl_gathered_new(void);

/* A file, a folder, or "-" for results on standard input.  The files of a folder come in the
 * order of their names, before the folders in it.  Dies on what cannot be read and on what is not
 * JSON. */
void rl_gather(struct rl_gathered *g, const char *path);

void rl_gathered_free(struct rl_gathered *g);

#endif
