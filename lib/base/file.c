#include "base/file.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sha256.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rl_file {
	FILE *stream;
	char *path;
	char *aside;
};

/* Behind symbolic links.  A rename would put a plain file in the place of a device or a pipe. */
static char *target(const char *path)
{
	struct stat st;
	bool symbolic = !lstat(path, &st) && S_ISLNK(st.st_mode);

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		rl_die("%s: not a regular file: will not be replaced", path);
	char *real = symbolic ? realpath(path, NULL) : rl_strdup(path);
	if (!real)
		rl_die("%s: follow symbolic link:", path);
	return real;
}

struct rl_file *rl_file_create(const char *path)
{
	struct rl_file *f = rl_malloc(sizeof(*f));

	f->path = target(path);
	f->aside = rl_asprintf("%s.partial-%ld", f->path, (long)getpid());
	f->stream = fopen(f->aside, "w");
	if (!f->stream)
		rl_die("%s: create:", f->aside);
	return f;
}

FILE *rl_file_stream(struct rl_file *f)
{
	return f->stream;
}

/* A rename is durable only once the directory that holds the name is. */
static void sync_directory(const char *path)
{
	char *copy = rl_strdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY);

	if (fd < 0 || (fsync(fd) && errno != EINVAL) || close(fd))
		rl_die("%s: sync directory:", path);
	free(copy);
}

static _Noreturn void give_up(const struct rl_file *f, const char *what)
{
	int error = errno;

	unlink(f->aside);
	errno = error;
	rl_die("%s: %s:", f->path, what);
}

void rl_file_commit(struct rl_file *f)
{
	if (ferror(f->stream) || fflush(f->stream) || fsync(fileno(f->stream)) || fclose(f->stream))
		give_up(f, "write");
	if (rename(f->aside, f->path))
		give_up(f, "rename");
	sync_directory(f->path);
	free(f->path);
	free(f->aside);
	free(f);
}

void rl_sha256(const void *data, size_t size, char hex[65])
{
	SHA256Data(data, size, hex);
}

void rl_file_sha256(const char *path, char hex[65])
{
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		rl_die("%s: not a regular file, which can be read again", path);
	if (!SHA256File(path, hex))
		rl_die("%s: read:", path);
}

char *rl_file_read(const char *path, size_t limit, size_t *size)
{
	bool standard = !strcmp(path, "-");
	FILE *f = standard ? stdin : fopen(path, "rb");
	const char *name = standard ? "stdin" : path;
	size_t n = 0, capacity = 1 << 16;
	char *data = rl_malloc(capacity + 1);

	if (!f)
		rl_die("%s: open:", name);
	for (size_t got; (got = fread(data + n, 1, capacity - n, f)) > 0;) {
		n += got;
		if (n > limit)
			rl_die("%s: larger than %zu bytes", name, limit);
		if (n == capacity)
			data = rl_realloc(data, (capacity *= 2) + 1, 1);
	}
	if (ferror(f))
		rl_die("%s: read:", name);
	if (!standard)
		fclose(f);
	data[n] = '\0';
	*size = n;
	return data;
}

int rl_dir_length(const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return (int)n;
}

const char *rl_last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void rl_mkdirs(const char *path)
{
	char *copy = rl_strdup(path);

	if (!*path)
		rl_die("\"\": not the name of a directory");
	for (char *p = copy + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST)
			rl_die("%s: make directory:", copy);
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
}

void rl_mkdirs_to(const char *path)
{
	char *copy = rl_strdup(path);

	rl_mkdirs(dirname(copy));
	free(copy);
}
