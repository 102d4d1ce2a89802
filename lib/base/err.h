/*
 * Errors and allocation.
 *
 * A filter has no caller to recover: when something is wrong the right signal is a dead process
 * that has not written its stream's tail.  So library and tools alike call rl_die().  The few
 * places where going on is a documented choice (a corrupt JPEG under --skip-bad) return a code
 * instead.
 *
 * Every message is one line, "rl-tool: what: which file or record: why".
 */
#ifndef RL_BASE_ERR_H
#define RL_BASE_ERR_H

#include <stddef.h>

#define RL_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Stopped: by a signal, with its work saved. */
enum { RL_EXIT_OK = 0, RL_EXIT_FAILURE = 1, RL_EXIT_USAGE = 2, RL_EXIT_STOPPED = 3 };

/* Print the message and exit 1 at once: no atexit handler, no stdio flush.  A format that ends in
 * ':' gets strerror(errno) appended.  Control characters from untrusted names are printed as '?'.
 */
_Noreturn void rl_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Same message, but the program goes on. */
void rl_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Misuse of the command line: the message, a pointer to --help, exit 2. */
_Noreturn void rl_die_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Allocation that dies when memory is short.  Free with free(). */
void *rl_malloc(size_t size);
void *rl_calloc(size_t count, size_t size);
void *rl_realloc(void *p, size_t count, size_t size); /* count * size is checked for overflow */
/* Room for one element of `size` more than n, doubling: for arrays that grow one by one. */
void *rl_grown(void *array, size_t n, size_t size);
char *rl_strdup(const char *s);
char *rl_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* 64-byte aligned memory for tensor payloads; free with free(). */
void *rl_aligned(size_t size);

#endif
