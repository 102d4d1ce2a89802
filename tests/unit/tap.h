/*
 * TAP for the C tests.  A test program calls ok() and friends and ends with `return tap_done();`,
 * which prints the plan and is non-zero when anything failed.
 */
#ifndef RL_TESTS_TAP_H
#define RL_TESTS_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool ok(bool pass, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int tap_done(void);

/* max |a-b| / max(|b|max, tiny): one number for a whole tensor; the usual way to compare with a
 * golden. */
double rel_error(const double *a, const double *b, size_t n);
double rel_error_f(const float *a, const double *b, size_t n);

/* Run fn in a child: true when it exited with `status` and its stderr contains `text`. */
bool dies(void (*fn)(void *), void *arg, int status, const char *text);

/* A golden .npy under tests/golden as doubles, whatever its dtype; dies when it is not there.
 * count, if not NULL, gets the number of elements.  free() it. */
double *golden(const char *path, size_t *count);
/* The same narrowed. */
float *golden_floats(const char *path);
int32_t *golden_ints(const char *path);

#endif
