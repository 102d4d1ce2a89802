/*
 * Manifests: which images there are and what is known about them, one JSON object a line.
 *
 *	{"key":"train/n01440764/x1","path":".../n01440764/x1.JPEG","label":0,"nclass":1000}
 *	{"key":"000012","path":".../000012.jpg","labels":{"aeroplane":0,"bicycle":-1,"car":1}}
 *
 * `key` and `path` are there always, `label` (a class number), `nclass` (how many classes there
 *are, so that label is 0 to nclass - 1) and `labels` (1 present, 0 absent, -1 ignore) in all
 *records or in none; other members are somebody else's and ignored. Wrong input ends the program
 *with one line that says where.
 */
#ifndef RL_STREAM_MANIFEST_H
#define RL_STREAM_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RL_LIMIT_LINE ((size_t)1 << 20) /* bytes of a line */

struct rl_record {
	char *key;
	char *path;     /* the image's file, or where it was found: for messages */
	uint8_t *bytes; /* the file's content where it came along (from a tar), else NULL */
	size_t size;
	bool has_label;
	int32_t label;
	int32_t nclass; /* label is below it; 0: not said */
	int8_t *labels; /* one for each of the manifest's names, or NULL */
};

void rl_record_free(struct rl_record *r);

/* What the records of one list have in common; the first one decides. */
struct rl_manifest {
	int64_t records;
	bool has_label;
	int32_t nclass; /* of label; 0: not said */
	size_t nlabels; /* 0: no labels */
	char **labels;  /* the names, in the first record's order */
	struct rl_keyset *keys;
};

/* Parse a line of `size` bytes.  `where` is "FILE:LINE". */
struct rl_record rl_manifest_parse(struct rl_manifest *m, const char *line, size_t size,
				   const char *where);

/* Take a record into the list: its key must be a sample's key and new, its fields the first
 * record's.  rl_manifest_parse() has done this; it is for records that come another way.
 * Remembers 128 bits of every key. */
void rl_manifest_admit(struct rl_manifest *m, const struct rl_record *r, const char *where);

void rl_manifest_free(struct rl_manifest *m);

#endif
