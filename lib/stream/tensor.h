/*
 * What a stream carries: samples, each a key and some named tensors.
 */
#ifndef RL_STREAM_TENSOR_H
#define RL_STREAM_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RL_MAXDIM = 6, RL_MAXFIELD = 32, RL_MAXNAME = 31 };

/* RL_JSON is the one field that is not an array: a KEY.FIELD.json member, dim[0] bytes of text. */
enum rl_dtype { RL_U1, RL_I1, RL_I4, RL_I8, RL_F4, RL_F8, RL_JSON };

const char *rl_dtype_name(enum rl_dtype t);              /* "u1" ... "f8", "json" */
bool rl_dtype_parse(const char *name, enum rl_dtype *t); /* false: no such type */
size_t rl_dtype_size(enum rl_dtype t);

struct rl_tensor {
	enum rl_dtype type;
	int ndim;               /* 0 is a scalar */
	int64_t dim[RL_MAXDIM]; /* outermost first, C order */
	void *data;             /* 64-byte aligned where the library allocated it */
};

size_t rl_tensor_count(const struct rl_tensor *t);
size_t rl_tensor_bytes(const struct rl_tensor *t);

struct rl_field {
	char name[RL_MAXNAME + 1]; /* lower case: image, patches, label, feat4 ... */
	struct rl_tensor tensor;
	size_t capacity; /* bytes the owner allocated for tensor.data; 0 when it is somebody else's
			  */
};

struct rl_sample {
	char *key; /* stable id: path in the data set without extension, '.' and '%' percent-encoded
		    */
	size_t key_capacity;
	int nfield;
	struct rl_field field[RL_MAXFIELD];
};

/* The field of that name, or NULL. */
struct rl_field *rl_sample_find(struct rl_sample *s, const char *name);

/* The field, checked for dtype and number of dimensions; dies naming the sample when it does not
 * fit. */
struct rl_tensor *rl_sample_get(struct rl_sample *s, const char *name, enum rl_dtype type,
				int ndim);

/* The epoch that a sample belongs to: its field of that name, as rl-decode counts, or 0 without. */
uint32_t rl_sample_epoch(struct rl_sample *s);

/* Give field `name` (added at the end when new) this type and shape; its memory grows as needed and
 * is owned by the sample.  Returns the tensor, data uninitialised. */
struct rl_tensor *rl_sample_make(struct rl_sample *s, const char *name, enum rl_dtype type,
				 int ndim, const int64_t *dim);

/* Take a field's memory and leave it without; give it memory of rl_aligned() that holds it with
 * other sizes.  For who makes a payload in another place. */
void *rl_field_take(struct rl_field *f);
void rl_field_give(struct rl_field *f, void *data, const int64_t *dim);

void rl_sample_drop(struct rl_sample *s, const char *name); /* remove a field if it is there */
void rl_sample_set_key(struct rl_sample *s, const char *key);
void rl_sample_free(struct rl_sample *s);

/* Path to key: leading "./" and "/" and the extension of the last component go, '%', '.' and
 * control characters are percent-encoded.  New string.  "../a b/x.1.jpg" -> "%2E%2E/a b/x%2E1". */
char *rl_key_from_path(const char *path);

#endif
