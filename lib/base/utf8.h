/* Text that may come from anywhere, made fit for JSON and for the keys of a stream. */
#ifndef RL_BASE_UTF8_H
#define RL_BASE_UTF8_H

#include <stddef.h>

/* Bytes of the UTF-8 character at s (1 to 4), 0 when there is none. */
size_t rl_utf8_length(const char *s);

/* A copy in which every byte that is not UTF-8 is percent-encoded. */
char *rl_utf8_clean(const char *s);

#endif
