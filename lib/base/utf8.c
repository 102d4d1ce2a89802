#include "base/utf8.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

size_t rl_utf8_length(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x80)
		return p[0] != 0;
	size_t n = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	/* Overlong forms, surrogates and what lies past U+10FFFF are not characters. */
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return n;
}

char *rl_utf8_clean(const char *s)
{
	char *out = rl_malloc(3 * strlen(s) + 1), *o = out;

	while (*s) {
		size_t n = rl_utf8_length(s);

		if (n) {
			memcpy(o, s, n);
			o += n, s += n;
		} else {
			o += sprintf(o, "%%%02X", (unsigned char)*s++);
		}
	}
	*o = '\0';
	return out;
}
