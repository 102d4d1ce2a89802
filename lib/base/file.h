/*
 * Files that appear whole or not at all: written aside, fsynced, renamed.  Symbolic links stay,
 * what they lead to is replaced.
 */
#ifndef RL_BASE_FILE_H
#define RL_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rl_file;

/* Dies when the directory cannot be written, and when at path is anything but a regular file. */
struct rl_file *rl_file_create(const char *path);
FILE *rl_file_stream(struct rl_file *f);
void rl_file_commit(struct rl_file *f); /* flush, fsync, rename over path; dies on any error */

/* SHA-256 of bytes or a file's bytes as 64 hex digits and a NUL, the same as sha256sum prints. */
void rl_sha256(const void *data, size_t size, char hex[65]);
void rl_file_sha256(const char *path, char hex[65]);

/* The whole of a regular file or pipe, "-" being standard input, NUL-terminated; at most `limit`
 * bytes, else dies. */
char *rl_file_read(const char *path, size_t limit, size_t *size);

/* The length of a directory's name without slashes at its end. */
int rl_dir_length(const char *dir);

/* What follows the last slash; all where there is none. */
const char *rl_last_component(const char *path);

/* mkdir -p; dies when it cannot be made. */
void rl_mkdirs(const char *path);
/* The directories that a file of this path lies in. */
void rl_mkdirs_to(const char *path);

#endif
