/*
 * Reads a Python pickle as data: it builds containers and executes nothing.
 *
 * Opcodes of protocols 2 to 5, as PyTorch and Python's pickle write them; the text opcodes of
 * protocols 0 and 1, the extension registry and out-of-band buffers are refused.
 *
 * A pickle may name any class or function (a GLOBAL), and may make an object of a class: both are
 * kept as opaque nodes, which whoever wants the weights cannot use as a tensor or a container, and
 * what is put into such an object is forgotten.  It may *call* only what a closed list in pickle.c
 * has: the constructors of containers, tensors and numpy arrays.  A call of anything else
 * (os.system) ends the program: no file of weights needs one.
 *
 * Memory is linear in the size of the pickle, nesting is no recursion, and there is a limit on the
 * nodes, so no pickle is a bomb; but containers share members and may contain themselves, so
 * whoever walks them must count.
 */
#ifndef RL_NN_PICKLE_H
#define RL_NN_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum rl_pk_type {
	RL_PK_NONE,
	RL_PK_BOOL,       /* integer 0 or 1 */
	RL_PK_INT,        /* integer */
	RL_PK_LONG,       /* text: two's complement, little endian, more than 8 bytes */
	RL_PK_FLOAT,      /* real */
	RL_PK_TEXT,       /* text: UTF-8 or bytes, not terminated */
	RL_PK_TUPLE,      /* item */
	RL_PK_LIST,       /* item; sets, too */
	RL_PK_DICT,       /* item: key, value, key, value ...; OrderedDict and defaultdict, too */
	RL_PK_GLOBAL,     /* text: "module.name", terminated */
	RL_PK_OBJECT,     /* item[0]: what was called or made, item[1]: the tuple of arguments */
	RL_PK_PERSISTENT, /* item[0]: the id of something outside the pickle */
};

struct rl_pk {
	enum rl_pk_type type;
	int64_t integer;
	double real;
	const char *text; /* in the pickle's own bytes, but for a GLOBAL's */
	size_t length;    /* of text */
	struct rl_pk **item;
	size_t n; /* items */
	size_t capacity;
};

struct rl_pickle {
	struct rl_pk *root;
	size_t size;               /* bytes from the first opcode to STOP */
	struct rl_pk **persistent; /* every RL_PK_PERSISTENT, in the order of the pickle */
	size_t n_persistent;
	struct rl_pk_chunk *chunks; /* private */
};

/* The pickle that starts at data, which must outlive it.  Dies, naming `where` and the byte. */
struct rl_pickle *rl_pickle_read(const void *data, size_t size, const char *where);
void rl_pickle_free(struct rl_pickle *p);

static inline bool rl_pk_is_text(const struct rl_pk *k, const char *text)
{
	return k->type == RL_PK_TEXT && k->length == strlen(text) &&
	       !memcmp(k->text, text, k->length);
}

static inline bool rl_pk_is_global(const struct rl_pk *k, const char *name)
{
	return k->type == RL_PK_GLOBAL && !strcmp(k->text, name);
}

/* The value of a string key in a DICT; NULL when there is none. */
const struct rl_pk *rl_pk_get(const struct rl_pk *dict, const char *key);

#endif
