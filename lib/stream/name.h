/*
 * The names of a stream: keys, fields, and the text that may stand in them.  Private to
 * lib/stream.
 */
#ifndef RL_STREAM_NAME_H
#define RL_STREAM_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define RL_NAME_HEAD "__rl__/head.json"
#define RL_NAME_TAIL "__rl__/tail.json"

/* NULL when key may name a sample, else why not. */
const char *rl_key_problem(const char *key);

/* A lower-case letter, then letters, digits and '_'; at most RL_MAXNAME bytes. */
bool rl_field_name_ok(const char *name);

/* Bytes of the UTF-8 character at s (1 to 4), 0 when there is none. */
size_t rl_utf8_length(const char *s);

/* A copy in which every byte that is not UTF-8 is percent-encoded: for text that goes into JSON. */
char *rl_utf8_clean(const char *s);

#endif
