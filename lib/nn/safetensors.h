/*
 * The safetensors container: an 8-byte length, a JSON header, then the tensors' bytes.
 * https://github.com/huggingface/safetensors (format section of its README)
 */
#ifndef RL_NN_SAFETENSORS_H
#define RL_NN_SAFETENSORS_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_st_tensor {
	const char *name;
	const char *dtype; /* "F32", "I64", ... as the file says */
	int ndim;
	int64_t dim[8];
	const void *data; /* row-major, little endian */
	size_t bytes;
};

struct rl_st_file {
	char *path;
	json_t *metadata; /* object of strings, maybe empty */
	struct rl_st_tensor *tensor;
	int n;
	/* private */
	void *map;
	size_t size;
	json_t *header;
};

/* Maps the file.  Header length, JSON, dtypes, shapes and offsets are checked: tensors must tile
 * the data exactly, without holes or overlap.  Dies when anything is wrong. */
struct rl_st_file *rl_st_open(const char *path);
const struct rl_st_tensor *rl_st_find(const struct rl_st_file *f, const char *name); /* or NULL */
void rl_st_close(struct rl_st_file *f);

/* Writes atomically, tensors in the order given.  metadata (borrowed) maps strings to strings. */
void rl_st_write(const char *path, const struct rl_st_tensor *tensor, int n,
		 const json_t *metadata);

/* The same with one more tensor at the end, RL_ST_SEAL: the XXH3-64 of every byte before it. */
#define RL_ST_SEAL "xxh3_64"
void rl_st_write_sealed(const char *path, const struct rl_st_tensor *tensor, int n,
			const json_t *metadata);

/* Whether a file is as rl_st_write_sealed() left it; if not, `why` says what is wrong. */
enum { RL_ST_WHY = 128 };
bool rl_st_sealed(const char *path, char why[RL_ST_WHY]);

#endif
