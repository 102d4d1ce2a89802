/*
 * The tensor stream of STREAM.md: a tar archive of .npy members between a JSON head and a JSON
 * tail.
 *
 * Everything read is untrusted: names, sizes, dtypes, shapes are checked against the limits below
 * and against what the head declares before memory is asked for.  Anything wrong dies with one
 * line; there is no error return.  Memory is one sample.
 */
#ifndef RL_STREAM_STREAM_H
#define RL_STREAM_STREAM_H

#include "base/json.h"
#include "base/opt.h"
#include "stream/tensor.h"

/* Limits a reader enforces and a writer keeps. */
#define RL_LIMIT_MEMBER ((size_t)1 << 32) /* payload bytes of one member */
#define RL_LIMIT_HEAD ((size_t)1 << 24)   /* bytes of head or tail JSON */
#define RL_LIMIT_KEY 4000                 /* bytes of a key */

/* ---- head -------------------------------------------------------------------------------------
 */

/* A new head without fields.  kind says what a sample is: "images", "patches", "features". */
#define RL_PATCHFEATURES "patchfeatures" /* features of many places in each image */
json_t *rl_head_new(const char *kind);

/* Declare a field.  In dims a negative size is a named dimension, -1 for the first of names etc.:
 * rl_head_field(h, "image", RL_U1, 3, (int64_t[]){-1, -2, 3}, (const char *[]){"H", "W"}).
 * A field of that name is replaced in place, and keeps what else its declaration says. */
void rl_head_field(json_t *head, const char *name, enum rl_dtype type, int ndim,
		   const int64_t *dims, const char *const *names);
void rl_head_drop_field(json_t *head, const char *name);
bool rl_head_has_field(const json_t *head, const char *name);

/* How many classes the field `label` (i4) counts, from the member "nclass" of its declaration:
 * every label is 0 to that - 1.  0 where the head does not say. */
int64_t rl_head_nclass(const json_t *head, const char *where);
void rl_head_set_nclass(json_t *head, int64_t nclass);

/* The names of the classes that a field counts or has columns of, from the member "names" of its
 * declaration: an array of strings, the head's.  NULL where the head does not say. */
const json_t *rl_head_names(const json_t *head, const char *field, const char *where);
void rl_head_set_names(json_t *head, const char *field, json_t *names); /* steals the names */

/* The grid that the field `places` counts in, cells across and down, from the member "grid" of its
 * declaration, the head's.  NULL: it counts pixels. */
const json_t *rl_head_grid(const json_t *head, const char *where);
void rl_head_set_grid(json_t *head, int64_t across, int64_t down);

/* Samples of one may follow those of the other: kind and fields are the same, in the same order. */
bool rl_heads_agree(const json_t *a, const json_t *b);

/* Append this program to the history; returns the entry (borrowed) so that the caller can add
 * "seed" and "inputs".  rl_history_input adds {"path":…,"sha256":…} of a file to the entry. */
json_t *rl_head_history(json_t *head, const struct rl_tool *tool, int argc, char **argv);
void rl_history_input(json_t *entry, const char *path);

/* ---- reader -----------------------------------------------------------------------------------
 */

struct rl_reader;

/* Reads the first head.  `name` is for messages ("stdin", a path). */
struct rl_reader *rl_reader_new(int fd, const char *name);
struct rl_reader *rl_reader_open(const char *path); /* "-" is stdin */
/* Does it name a regular file (standard input may be one, too) that begins as streams do? */
bool rl_is_stream(const char *path);
/* Of the first segment; lives as long as the reader. */
const json_t *rl_reader_head(const struct rl_reader *r);

/* The next sample into *s (zero-initialise it once; its memory is reused).
 * 1: a sample.  0: the clean end, tail and checksum verified.  Anything else dies. */
int rl_reader_next(struct rl_reader *r, struct rl_sample *s) __attribute__((warn_unused_result));

/* Called instead of dying with the message `why` when the stream breaks off without a tail; must
 * not return.  For who has something to save first. */
void rl_reader_on_truncation(struct rl_reader *r, void (*call)(void *context, const char *why),
			     void *context);

int64_t rl_reader_skipped(const struct rl_reader *r); /* sum of the tails read so far */
/* XXH3-64 of all payload bytes so far, 16 hex digits: what a stream held, whatever segments it came
 * in. */
void rl_reader_digest(const struct rl_reader *r, char hex[17]);
/* Read to the end, verified: what a program does that has seen enough of a pipe, so that its
 * producer neither dies of it nor goes unchecked. */
void rl_reader_drain(struct rl_reader *r);
/* Frees the reader and closes its file, stdin excepted. */
void rl_reader_close(struct rl_reader *r);

/* ---- writer -----------------------------------------------------------------------------------
 */

struct rl_writer;

/* Writes the head (stolen).  Refuses a terminal. */
struct rl_writer *rl_writer_new(int fd, const char *name, json_t *head);

/* The sample's fields must be exactly those the head declares, in that order. */
void rl_writer_put(struct rl_writer *w, const struct rl_sample *s);

/* Tail and end marker.  Nothing else writes them, so a program that dies leaves a stream that every
 * reader refuses.  Dies when anything could not be written. */
void rl_writer_close(struct rl_writer *w, int64_t skipped);

#endif
