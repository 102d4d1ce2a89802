/*
 * What a head declares, as a table that reader and writer hold every sample against.  Private to
 * lib/stream.
 */
#ifndef RL_STREAM_HEAD_H
#define RL_STREAM_HEAD_H

#include "stream/stream.h"

struct rl_declared {
	const char *name; /* the head's */
	enum rl_dtype type;
	int ndim;
	int64_t dim[RL_MAXDIM]; /* -1: named, it varies */
};

struct rl_schema {
	int nfield;
	struct rl_declared field[RL_MAXFIELD];
};

/* Everything that is checked in a head is checked here; dies naming `where`. */
struct rl_schema rl_schema_of(const json_t *head, const char *where);

bool rl_declared_fits(const struct rl_declared *d, const struct rl_tensor *t);

#endif
