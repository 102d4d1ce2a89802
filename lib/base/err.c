#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One write(2) per message, so that lines of parallel processes do not mix. */
static void say(const char *fmt, va_list ap, const char *tail)
{
	char line[2048];
	int error = errno;
	int n = snprintf(line, sizeof(line), "%s: ", program_invocation_short_name);

	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	if (n > (int)sizeof(line) - 256)
		n = (int)sizeof(line) - 256;
	if (fmt[0] && fmt[strlen(fmt) - 1] == ':')
		n += snprintf(line + n, 128, " %s", strerror(error));
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = '?';
	n += snprintf(line + n, 128, "%s\n", tail);
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nowhere left to complain */
}

void rl_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "");
	_exit(RL_EXIT_FAILURE);
}

void rl_die_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, " (--help shows the options)");
	_exit(RL_EXIT_USAGE);
}

void rl_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "");
	va_end(ap);
}

void *rl_malloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		rl_die("out of memory: %zu bytes", size);
	return p;
}

void *rl_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		rl_die("out of memory: %zu x %zu bytes", count, size);
	return p;
}

void *rl_realloc(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count ? count : 1, size ? size : 1);
	if (!p)
		rl_die("out of memory: %zu x %zu bytes", count, size);
	return p;
}

void *rl_grown(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return rl_realloc(array, n ? 2 * n : 1, size);
}

char *rl_strdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(rl_malloc(size), s, size);
}

char *rl_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		rl_die("out of memory");
	va_end(ap);
	return s;
}

void *rl_aligned(size_t size)
{
	void *p;

	if (size > SIZE_MAX - 64 || !(p = aligned_alloc(64, (size / 64 + 1) * 64)))
		rl_die("out of memory: %zu bytes", size);
	return p;
}
