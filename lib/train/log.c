#include "train/log.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct rl_log {
	FILE *file;
	char *path;
};

/* A file system without locks is no reason not to train. */
static void lock(int fd, const char *dir)
{
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		rl_die("%s: another program is training here", dir);
}

static void cut(int fd, int64_t bytes, const char *path)
{
	struct stat st;

	if (fstat(fd, &st))
		rl_die("%s: open:", path);
	if (st.st_size < bytes)
		rl_warn("%s: %lld bytes, but %lld when the checkpoint was written: lines are "
			"missing",
			path, (long long)st.st_size, (long long)bytes);
	else if (ftruncate(fd, bytes))
		rl_die("%s: cut:", path);
}

struct rl_log *rl_log_open(const char *dir, int64_t bytes)
{
	struct rl_log *l = rl_malloc(sizeof(*l));

	rl_mkdirs(dir);
	l->path = rl_asprintf("%s/log.jsonl", dir);
	int fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		rl_die("%s: create:", l->path);
	lock(fd, dir);
	cut(fd, bytes, l->path);
	l->file = fdopen(fd, "a");
	if (!l->file)
		rl_die("%s: open:", l->path);
	return l;
}

void rl_log_line(struct rl_log *l, json_t *line)
{
	char *text = rl_json_text(line);

	if (fprintf(l->file, "%s\n", text) < 0 || fflush(l->file))
		rl_die("%s: write:", l->path);
	free(text);
	json_decref(line);
}

int64_t rl_log_sync(struct rl_log *l)
{
	off_t bytes = ftello(l->file);

	if (bytes < 0 || fsync(fileno(l->file)))
		rl_die("%s: write:", l->path);
	return bytes;
}

void rl_log_close(struct rl_log *l)
{
	if (fclose(l->file))
		rl_die("%s: write:", l->path);
	free(l->path);
	free(l);
}
