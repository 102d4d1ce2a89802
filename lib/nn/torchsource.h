/*
 * Inside lib/nn/torchfile: what its three containers have in common.
 */
#ifndef RL_NN_TORCHSOURCE_H
#define RL_NN_TORCHSOURCE_H

#include "nn/pickle.h"
#include "nn/torchfile.h"

struct rl_torch_storage {
	char *key;
	const char *dtype;
	int64_t count;
	const uint8_t *data; /* NULL: not there yet */
	uint64_t member;     /* of the zip archive */
};

struct rl_torch_source {
	const char *path, *format;
	const uint8_t *map; /* the file */
	size_t size;
	struct rl_pickle *pickle; /* the containers */
	struct rl_torch_storage *storage;
	size_t n_storage;

	struct zip *zip;
	uint8_t *pickled; /* the pickle's bytes, where they are not in the map */

	bool tar;                    /* where ids are those of tensors: */
	struct rl_torch_tensor *old; /* named by their ids, and sorted */
	size_t n_old;
	uint8_t *extracted[3];
};

void rl_torch_open_zip(struct rl_torch_source *s);
void rl_torch_open_legacy(struct rl_torch_source *s);
void rl_torch_open_tar(struct rl_torch_source *s);
void rl_torch_close_zip(struct rl_torch_source *s);
void rl_torch_load_zip(struct rl_torch_source *s, struct rl_torch_storage *t); /* sets data */

/* "F32" of the global torch.FloatStorage; dies for a type that is not known. */
const char *rl_torch_dtype(const struct rl_torch_source *s, const struct rl_pk *type);

/* The storages that the pickle's persistent ids speak of, sorted by key. */
void rl_torch_declare(struct rl_torch_source *s);
void rl_torch_sort(struct rl_torch_source *s); /* by key; two of one key die */
struct rl_torch_storage *rl_torch_find(const struct rl_torch_source *s, const char *key);

/* A tensor of the tar archive by its id, or NULL. */
const struct rl_torch_tensor *rl_torch_find_old(const struct rl_torch_source *s, const char *id);

/* A key as text, new; dies when it is no string or number. */
char *rl_torch_key(const struct rl_torch_source *s, const struct rl_pk *k);

/* Dies unless dim, stride and offset are a view of t's storage; sets count. */
void rl_torch_check(const struct rl_torch_source *s, struct rl_torch_tensor *t);

#endif
