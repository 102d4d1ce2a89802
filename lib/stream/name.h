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

#endif
