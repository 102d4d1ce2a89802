/*
 * The named tensors of a file, whatever of the readable formats it has: safetensors, or one of
 * PyTorch's three (nn/torchfile.h, where a nested container's names are joined by dots).
 */
#ifndef RL_NN_TENSORFILE_H
#define RL_NN_TENSORFILE_H

#include "nn/safetensors.h"
#include "nn/torchfile.h"

struct rl_tensorfile {
	const char *path, *format;
	struct rl_st_tensor
		*tensor; /* sorted by name; `data` is NULL, rl_tensorfile_read() reads */
	int n;
	int n_opaque;       /* objects that were not looked into, see nn/torchfile.h, */
	const char *opaque; /* and the first of them */
	/* private */
	struct rl_st_file *st;
	struct rl_torch_file *torch;
	int *at; /* index of tensor i in the file */
};

/* Dies when the file is of no known format, damaged, without tensors, or has two of one name. */
struct rl_tensorfile *rl_tensorfile_open(const char *path);
void rl_tensorfile_close(struct rl_tensorfile *f);

/* The index of that name; -1: none. */
int rl_tensorfile_find(const struct rl_tensorfile *f, const char *name);

/* The `bytes` of tensor i, row-major, little endian. */
void rl_tensorfile_read(struct rl_tensorfile *f, int i, void *to);

#endif
