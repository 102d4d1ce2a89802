/*
 * Jansson with the project's manners: wrong input ends the program with one line that says where.
 * `where` is a file name, or "FILE:LINE".  Borrowed references unless said otherwise.
 */
#ifndef RL_BASE_JSON_H
#define RL_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

json_t *rl_json_parse(const char *text, size_t size, const char *where); /* new reference */
json_t *rl_json_load(const char *path);                                  /* new reference */

/* Members of an object; a missing member or another type dies. */
json_t *rl_json_get(const json_t *o, const char *name, const char *where);
const char *rl_json_str(const json_t *o, const char *name, const char *where);
int64_t rl_json_int(const json_t *o, const char *name, int64_t min, int64_t max, const char *where);
double rl_json_real(const json_t *o, const char *name, const char *where);

/* The member of an object; where there is none, what make() makes becomes it. */
json_t *rl_json_member(json_t *o, const char *name, json_t *(*make)(void));

/* Where in the array the value is; the array's size when it is not there. */
size_t rl_json_index(const json_t *array, const json_t *value);

/* Print one compact line and a newline to stdout; dies when it cannot be written. Steals o. */
void rl_json_print(json_t *o);

/* Compact text, keys in insertion order; free with free(). */
char *rl_json_text(const json_t *o);

#endif
