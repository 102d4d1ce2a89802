/*
 * The tar headers of a stream: POSIX ustar, with a pax record where a name is longer than 100
 * bytes.  Private to lib/stream.  Functions that read return NULL, or why not.
 */
#ifndef RL_STREAM_TAR_H
#define RL_STREAM_TAR_H

#include "stream/stream.h"

#include <stdint.h>

enum {
	RL_TAR_BLOCK = 512,
	RL_TAR_NAME = RL_LIMIT_KEY + RL_MAXNAME + 8, /* KEY.FIELD.json and a NUL */
	RL_TAR_PAX = 16384,                          /* bytes of a pax header that are read */
	/* A pax header, its record and the member's own header. */
	RL_TAR_HEADER = 2 * RL_TAR_BLOCK + RL_TAR_NAME + 2 * RL_TAR_BLOCK
};

struct rl_tar_member {
	char type; /* '0' a file, 'x' a pax header for the member that follows */
	uint64_t size;
	char name[RL_TAR_NAME];
};

/* Bytes of zeros that fill the last block of `size` bytes. */
static inline size_t rl_tar_padding(uint64_t size)
{
	return (size_t)(-size % RL_TAR_BLOCK);
}

/* The header of a file of `size` bytes, at most RL_TAR_HEADER bytes; returns how many. */
size_t rl_tar_write(uint8_t *out, const char *name, uint64_t size);

const char *rl_tar_read(const uint8_t block[RL_TAR_BLOCK], struct rl_tar_member *m);

/* Let the records of a pax header, size bytes at text, override m's name and size. */
const char *rl_tar_read_pax(const char *text, size_t size, struct rl_tar_member *m);

#endif
