#include "stream/source.h"

#include "base/err.h"
#include "stream/input.h"
#include "stream/name.h"
#include "stream/tensor.h"
#include "stream/webdataset.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { MANIFEST, PATHS, TAR };

struct rl_source {
	char *const *names;
	int left; /* names not yet opened */
	bool nul;
	struct rl_manifest manifest;

	bool open;
	enum kind kind;
	struct rl_input in;
	struct rl_webdataset *tar;
	int64_t number; /* of the last line read */
	char *line;     /* its memory */
};

static char *const standard_input[] = {"-"};

struct rl_source *rl_source_new(char *const *names, int count, bool nul)
{
	struct rl_source *s = rl_calloc(1, sizeof(*s));

	s->names = count ? names : standard_input;
	s->left = count ? count : 1;
	s->nul = nul;
	return s;
}

/* As little as settles it is read, so that a slow producer of lines is not kept waiting. */
static enum kind look(struct rl_input *in)
{
	enum { BLOCK = 512 };

	do {
		if (in->end && in->buffer[0] == '{')
			return MANIFEST;
		if (in->end >= sizeof(RL_NAME_HEAD) &&
		    !memcmp(in->buffer, RL_NAME_HEAD, sizeof(RL_NAME_HEAD)))
			rl_die("%s: is a tensor stream already: its images are decoded", in->name);
		if (in->end >= 3 &&
		    (!memcmp(in->buffer, "\xff\xd8\xff", 3) || !memcmp(in->buffer, "\x89PN", 3)))
			rl_die("%s: is an image, not a list of images: pass its name on standard "
			       "input",
			       in->name);
		if (rl_is_archive(in->buffer, in->end))
			return TAR;
	} while (in->end < BLOCK && !memchr(in->buffer, '\n', in->end) && rl_input_fill(in));
	return PATHS;
}

static void open_next(struct rl_source *s)
{
	const char *name = *s->names++;
	bool standard = !strcmp(name, "-");

	s->left--;
	s->in.fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	s->in.name = standard ? "stdin" : name;
	if (s->in.fd < 0)
		rl_die("%s: open:", name);
	s->in.begin = s->in.end = 0;
	s->in.eof = false;
	s->number = 0;
	s->kind = s->nul ? PATHS : look(&s->in);
	if (s->kind == TAR)
		s->tar = rl_webdataset_new(&s->in);
	s->open = true;
}

static void close_present(struct rl_source *s)
{
	if (s->tar)
		rl_webdataset_free(s->tar);
	s->tar = NULL;
	if (s->in.fd != STDIN_FILENO)
		close(s->in.fd);
	s->open = false;
}

static bool next_line(struct rl_source *s, struct rl_record *r)
{
	char where[256];
	size_t size;

	s->number++;
	snprintf(where, sizeof(where), "%.200s:%lld", s->in.name, (long long)s->number);
	if (!rl_input_line(&s->in, s->nul ? '\0' : '\n', RL_LIMIT_LINE, where, &s->line, &size))
		return false;
	if (s->kind == MANIFEST) {
		*r = rl_manifest_parse(&s->manifest, s->line, size, where);
		return true;
	}
	if (!size)
		rl_die("%s: empty path", where);
	if (strlen(s->line) != size)
		rl_die("%s: a NUL in a path: -0 reads paths that end in NUL", where);
	*r = (struct rl_record){.key = rl_key_from_path(s->line), .path = rl_strdup(s->line)};
	rl_manifest_admit(&s->manifest, r, where);
	return true;
}

bool rl_source_next(struct rl_source *s, struct rl_record *r)
{
	for (;;) {
		if (!s->open && !s->left)
			break;
		if (!s->open)
			open_next(s);
		if (s->kind != TAR && next_line(s, r))
			return true;
		if (s->kind == TAR && rl_webdataset_next(s->tar, r)) {
			rl_manifest_admit(&s->manifest, r, r->path);
			return true;
		}
		close_present(s);
	}
	if (!s->manifest.records)
		rl_die("%s: no image is listed", s->in.name);
	return false;
}

bool rl_source_is_tar(struct rl_source *s)
{
	if (!s->open && s->left)
		open_next(s);
	return s->kind == TAR;
}

const struct rl_manifest *rl_source_manifest(const struct rl_source *s)
{
	return &s->manifest;
}

void rl_source_free(struct rl_source *s)
{
	if (s->open)
		close_present(s);
	rl_manifest_free(&s->manifest);
	free(s->line);
	free(s);
}
