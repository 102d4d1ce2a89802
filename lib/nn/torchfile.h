/*
 * The tensors in a file that torch.save() wrote, in any of its three formats:
 *
 * - a zip archive (since 1.6): NAME/data.pkl, and one stored member NAME/data/KEY a storage.
 *   PyTorch compresses nothing, so a compressed member is refused and nothing can be a bomb;
 * - the legacy file (0.1.10 to 1.5): a magic number, a protocol, the pickle, the keys of the
 *   storages, and the storages, each behind its count;
 * - a tar archive (before 0.1.10): members storages, tensors and pickle.
 *
 * Containers are walked from the root: a tensor's name is its path in them, joined by dots
 * (state_dict.backbone.conv1.weight).  What is neither container nor tensor is not looked at, but
 * an object of a class, which might hide some, is counted.  nn/pickle.h says what is refused.
 * Containers may share members, as often as a file of weights might need it.
 *
 * Sizes, strides and offsets are checked against the storage, the storage against the file.  A
 * tensor may be any view of its storage that has no more elements than it.  Big-endian files are
 * refused.  Everything that is wrong dies, naming the file and the tensor or member.
 */
#ifndef RL_NN_TORCHFILE_H
#define RL_NN_TORCHFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_torch_storage; /* private */

struct rl_torch_tensor {
	char *name;
	const char *dtype; /* as safetensors says it: "F32", "I64", ... */
	int ndim;
	int64_t dim[8];
	size_t count; /* elements */
	/* private */
	int64_t stride[8], offset;
	struct rl_torch_storage *storage;
};

struct rl_torch_file {
	char *path;
	const char *format; /* "PyTorch zip", "PyTorch legacy", "PyTorch tar" */
	struct rl_torch_tensor *tensor;
	int n;
	int n_opaque;                   /* objects that were not looked into */
	char *opaque;                   /* the first of them: "optimizer.hooks (apex.Thing)" */
	struct rl_torch_source *source; /* private */
};

/* Do these first bytes of a file look like one of the three? */
bool rl_torch_is(const void *data, size_t size);

struct rl_torch_file *rl_torch_open(const char *path);
void rl_torch_close(struct rl_torch_file *f);

/* The elements of tensor i, row-major, little endian, into count * element size bytes. */
void rl_torch_read(struct rl_torch_file *f, int i, void *to);

#endif
