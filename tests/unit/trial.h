/*
 * Hostile inputs by the thousand.  A process for each takes longer to fork than to read, so a child
 * takes many in turn: one that makes it die with its line is followed by the next.
 */
#ifndef RL_TESTS_TRIAL_H
#define RL_TESTS_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

/* What waitpid() would say of a child that did read(fd) alone, on a file of these bytes, and what
 * it wrote to stderr.  Whether read() closes fd is its own affair; twenty seconds are a hang. */
int trial(void (*read)(int fd), const void *data, size_t size, char *said, size_t room);

/* Died with the one line that a program says of itself; a sanitizer's has another beginning. */
bool trial_refused(int status, const char *said);

#endif
