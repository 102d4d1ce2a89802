#include "stream/input.h"

#include "base/err.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool rl_input_fill(struct rl_input *in)
{
	if (in->begin) {
		memmove(in->buffer, in->buffer + in->begin, in->end - in->begin);
		in->end -= in->begin;
		in->begin = 0;
	}
	while (!in->eof && in->end < sizeof(in->buffer)) {
		ssize_t got = read(in->fd, in->buffer + in->end, sizeof(in->buffer) - in->end);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rl_die("%s: read:", in->name);
		in->eof = got == 0;
		in->end += (size_t)got;
		break;
	}
	return !in->eof;
}

bool rl_input_line(struct rl_input *in, char delimiter, size_t limit, const char *where,
		   char **line, size_t *size)
{
	bool whole = false;

	for (*size = 0; !whole && (in->begin < in->end || rl_input_fill(in));) {
		const uint8_t *p = in->buffer + in->begin;
		const uint8_t *stop = memchr(p, delimiter, in->end - in->begin);
		size_t n = stop ? (size_t)(stop - p) : in->end - in->begin;

		if (n > limit - *size)
			rl_die("%s: longer than %zu bytes", where, limit);
		*line = rl_realloc(*line, *size + n + 1, 1);
		memcpy(*line + *size, p, n);
		*size += n;
		(*line)[*size] = '\0';
		whole = stop != NULL;
		in->begin += n + whole;
	}
	return whole || *size;
}
