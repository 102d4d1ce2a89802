/*
 * Buffered bytes of a file descriptor, with a look ahead.  Private to lib/stream.
 */
#ifndef RL_STREAM_INPUT_H
#define RL_STREAM_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_input {
	int fd;
	const char *name;  /* for messages; the caller's */
	size_t begin, end; /* unread bytes in buffer */
	bool eof;
	uint8_t buffer[1 << 16];
};

/* Read once more from fd behind the unread bytes; false at the end of the file. */
bool rl_input_fill(struct rl_input *in);

/* The next unit that ends in `delimiter` (or at the end of the file), without it, as a string of
 * *size bytes in *line, which grows by realloc().  False at the end.  Dies, naming `where`,
 * when it is longer than `limit`. */
bool rl_input_line(struct rl_input *in, char delimiter, size_t limit, const char *where,
		   char **line, size_t *size);

#endif
