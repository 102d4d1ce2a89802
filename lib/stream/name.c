#include "stream/name.h"

#include "base/err.h"
#include "base/utf8.h"
#include "stream/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *rl_key_problem(const char *key)
{
	if (!*key)
		return "empty key";
	if (*key == '/')
		return "absolute path";
	if (strlen(key) > RL_LIMIT_KEY)
		return "key longer than 4000 bytes";
	if (!strncmp(key, "__rl__/", 7))
		return "key in the reserved __rl__/";
	for (const char *p = key; *p;) {
		size_t n = rl_utf8_length(p);
		bool first = p == key || p[-1] == '/';

		if (n == 0)
			return "key is not UTF-8";
		if (first && !strncmp(p, "..", 2) && (p[2] == '/' || !p[2]))
			return "path with a '..' component";
		if (*p == '.')
			return "key with a '.'";
		if ((unsigned char)*p < ' ' || *p == 127)
			return "key with a control character";
		if (*p == '/' && (p[1] == '/' || !p[1]))
			return "path with an empty component";
		p += n;
	}
	return NULL;
}

bool rl_field_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= RL_MAXNAME && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

char *rl_key_from_path(const char *path)
{
	char *key = rl_malloc(3 * strlen(path) + 1), *o = key;

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		const char *end = p + n, *next = end + strspn(end, "/");
		bool here = n == 1 && *p == '.';

		if (!*next) {
			const char *dot = memrchr(p, '.', n);

			if (dot > p && !(n == 2 && p[0] == '.'))
				end = dot;
		}
		if (o > key && n && !here)
			*o++ = '/';
		while (p < end && !here) {
			size_t c = rl_utf8_length(p);

			if (c == 0 || *p == '.' || *p == '%' || (unsigned char)*p < ' ' ||
			    *p == 127) {
				o += sprintf(o, "%%%02X", (unsigned char)*p++);
			} else {
				memcpy(o, p, c);
				o += c, p += c;
			}
		}
		p = next;
	}
	*o = '\0';
	const char *problem = rl_key_problem(key);
	if (problem)
		rl_die("%.200s: cannot be a sample's key: %s", path, problem);
	return key;
}
