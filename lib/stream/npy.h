/*
 * The header of a .npy file, version 1.0 (numpy.lib.format): magic, a length, and a Python dict
 * with the dtype and shape.
 */
#ifndef RL_STREAM_NPY_H
#define RL_STREAM_NPY_H

#include "stream/tensor.h"

enum {
	RL_NPY_PREFIX = 10,   /* magic, version, and the length of the text that follows */
	RL_NPY_WRITTEN = 256, /* room for any header that rl_npy_write makes */
	RL_NPY_LIMIT = 4096   /* bytes of header that are read */
};

/* Header for ndim (at most RL_MAXDIM + 1) dimensions, padded so that the payload after it starts
 * at a multiple of 64; returns its size. */
size_t rl_npy_write(uint8_t out[RL_NPY_WRITTEN], enum rl_dtype type, int ndim, const int64_t *dim);

/* The size of the whole header from its first RL_NPY_PREFIX bytes; NULL, or why not. */
const char *rl_npy_size(const uint8_t prefix[RL_NPY_PREFIX], size_t *size);

/* The text after the prefix: sets type, ndim and dim, and bytes to what the payload must have.
 * NULL, or why not. */
const char *rl_npy_read(const char *text, size_t size, struct rl_tensor *t, size_t *bytes);

#endif
