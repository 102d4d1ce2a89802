/*
 * Where images come from: files that hold a manifest (lines that begin with '{'), plain paths, or a
 * WebDataset tar, told apart by how they begin.  All of them yield the same records, in order,
 * checked as one list (see manifest.h).
 */
#ifndef RL_STREAM_SOURCE_H
#define RL_STREAM_SOURCE_H

#include "stream/manifest.h"

struct rl_source;

/* Read the named files one after the other, "-" being standard input; no name means that too.
 * nul: they hold paths that end in NUL. */
struct rl_source *rl_source_new(char *const *names, int count, bool nul);

/* The next record, which the caller frees; false at the end of the last file.  A list without any
 * record dies. */
bool rl_source_next(struct rl_source *s, struct rl_record *r);

/* Is the file that the last record came from (before the first one: the first file) a tar, whose
 * samples can only be had once and in order? */
bool rl_source_is_tar(struct rl_source *s);

const struct rl_manifest *rl_source_manifest(const struct rl_source *s);

void rl_source_free(struct rl_source *s);

#endif
