/*
 * A text, read whole, line by line; hashed, so that a result that is made from it can say which it
 * was.
 */
#ifndef RL_DATA_TEXT_H
#define RL_DATA_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct rl_text {
	char *path; /* as messages name it */
	char *bytes;
	size_t size;
	char sha256[65];
	size_t at, line; /* where rl_text_line() is */
	char where[512]; /* "PATH:LINE" of the last line */
};

/* "-" is standard input.  Dies when it cannot be read or is larger than 16 GiB. */
struct rl_text rl_text_read(const char *path);
void rl_text_free(struct rl_text *t);

/* The first character that is no white space; NUL when there is none. */
char rl_text_begins(const struct rl_text *t);

/* The next line that is not blank, of *size bytes, without its end; NULL after the last. */
const char *rl_text_line(struct rl_text *t, size_t *size);

/* {"path", "sha256"}; new reference. */
json_t *rl_text_provenance(const struct rl_text *t);

#endif
