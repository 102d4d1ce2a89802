#include "data/text.h"

#include "base/err.h"
#include "base/file.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t LIMIT = (size_t)16 << 30;
static const char BLANK[] = " \t\r\n";

struct rl_text rl_text_read(const char *path)
{
	struct rl_text t = {.path = rl_utf8_clean(strcmp(path, "-") ? path : "stdin")};

	t.bytes = rl_file_read(path, LIMIT, &t.size);
	rl_sha256(t.bytes, t.size, t.sha256);
	return t;
}

void rl_text_free(struct rl_text *t)
{
	free(t->path);
	free(t->bytes);
	*t = (struct rl_text){0};
}

char rl_text_begins(const struct rl_text *t)
{
	return t->bytes[strspn(t->bytes, BLANK)];
}

const char *rl_text_line(struct rl_text *t, size_t *size)
{
	while (t->at < t->size) {
		const char *line = t->bytes + t->at, *end = memchr(line, '\n', t->size - t->at);

		*size = end ? (size_t)(end - line) : t->size - t->at;
		t->at += *size + 1;
		t->line++;
		if (strspn(line, BLANK) < *size) {
			snprintf(t->where, sizeof(t->where), "%.480s:%zu", t->path, t->line);
			return line;
		}
	}
	return NULL;
}

json_t *rl_text_provenance(const struct rl_text *t)
{
	return json_pack("{s:s, s:s}", "path", t->path, "sha256", t->sha256);
}
