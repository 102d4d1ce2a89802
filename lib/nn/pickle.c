#include "nn/pickle.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nodes and places for items together; a checkpoint of ResNet-50 has some ten thousand. */
enum { LIMIT = 1 << 23, CHUNK = 512, NAME_LIMIT = 512 };

struct rl_pk_chunk {
	struct rl_pk_chunk *next;
	size_t n;
	struct rl_pk node[CHUNK];
};

struct reader {
	struct rl_pickle *out;
	const char *where;
	const uint8_t *start, *at, *end;
	struct rl_pk stack; /* item[0..n) */
	struct rl_pk memo;
	size_t *mark, n_mark, mark_capacity;
	size_t used; /* of LIMIT */
};

static const char *const dict_makers[] = {"collections.OrderedDict", "collections.defaultdict",
					  "collections.Counter", "builtins.dict", NULL};

/* What may be called; none of it is.  One that ends in '*' stands for all that start so. */
static const char *const callables[] = {"torch._utils._rebuild_*",
					"torch._tensor._rebuild_*",
					"torch.Size",
					"torch.device",
					"numpy.dtype",
					"numpy.core.multiarray.*",
					"numpy._core.multiarray.*",
					"_codecs.encode",
					"copyreg._reconstructor",
					"collections.deque",
					"builtins.set",
					"builtins.frozenset",
					"builtins.list",
					"builtins.tuple",
					"builtins.bytearray",
					"builtins.complex",
					"builtins.slice",
					"builtins.range",
					"argparse.Namespace",
					"datetime.date",
					"datetime.datetime",
					"datetime.timedelta",
					"pathlib.PosixPath",
					"pathlib.PurePosixPath",
					NULL};

static _Noreturn void bad(const struct reader *r, const char *why)
{
	rl_die("%s: pickle, byte %zu: %s", r->where, (size_t)(r->at - r->start), why);
}

static void spend(struct reader *r, size_t n)
{
	if (n > LIMIT - r->used)
		bad(r, "more objects than any file of weights has");
	r->used += n;
}

static struct rl_pk *node(struct reader *r, enum rl_pk_type type)
{
	struct rl_pk_chunk *c = r->out->chunks;

	spend(r, 1);
	if (!c || c->n == CHUNK) {
		c = rl_calloc(1, sizeof(*c));
		c->next = r->out->chunks;
		r->out->chunks = c;
	}
	struct rl_pk *k = &c->node[c->n++];
	k->type = type;
	return k;
}

static void append(struct reader *r, struct rl_pk *to, struct rl_pk *k)
{
	spend(r, 1);
	if (to->n == to->capacity) {
		to->capacity = to->capacity ? 2 * to->capacity : 4;
		to->item = rl_realloc(to->item, to->capacity, sizeof(struct rl_pk *));
	}
	to->item[to->n++] = k;
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static const uint8_t *take(struct reader *r, uint64_t n)
{
	const uint8_t *p = r->at;

	if (n > (uint64_t)(r->end - r->at))
		bad(r, "truncated");
	r->at += n;
	return p;
}

static uint64_t number(struct reader *r, size_t bytes)
{
	const uint8_t *p = take(r, bytes);
	uint64_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static struct rl_pk *text(struct reader *r, enum rl_pk_type type, uint64_t length)
{
	struct rl_pk *k = node(r, type);

	k->text = (const char *)take(r, length);
	k->length = (size_t)length;
	return k;
}

static struct rl_pk *integer(struct reader *r, enum rl_pk_type type, int64_t v)
{
	struct rl_pk *k = node(r, type);

	k->integer = v;
	return k;
}

static struct rl_pk *longer(struct reader *r, uint64_t length)
{
	if (length > 8)
		return text(r, RL_PK_LONG, length);
	uint64_t v = number(r, (size_t)length);
	if (length && length < 8 && v >> (8 * length - 1))
		v |= UINT64_MAX << (8 * length);
	return integer(r, RL_PK_INT, (int64_t)v);
}

static struct rl_pk *real(struct reader *r)
{
	struct rl_pk *k = node(r, RL_PK_FLOAT);
	uint64_t bits = __builtin_bswap64(number(r, 8)); /* the one big-endian number */

	memcpy(&k->real, &bits, sizeof(bits));
	return k;
}

static struct rl_pk *line(struct reader *r)
{
	const uint8_t *end = memchr(r->at, '\n', (size_t)(r->end - r->at));
	struct rl_pk *k = text(r, RL_PK_TEXT, end ? (uint64_t)(end - r->at) : UINT64_MAX);

	r->at++;
	return k;
}

/* ---- the stack --------------------------------------------------------------------------------
 */

static void push(struct reader *r, struct rl_pk *k)
{
	append(r, &r->stack, k);
}

/* The n topmost items, which must lie above the last mark. */
static struct rl_pk **top(struct reader *r, size_t n)
{
	size_t floor = r->n_mark ? r->mark[r->n_mark - 1] : 0;

	if (r->stack.n - floor < n)
		bad(r, "takes from an empty stack");
	return r->stack.item + (r->stack.n - n);
}

static struct rl_pk *pop(struct reader *r)
{
	struct rl_pk *k = *top(r, 1);

	r->stack.n--;
	return k;
}

static void set_mark(struct reader *r)
{
	spend(r, 1);
	if (r->n_mark == r->mark_capacity) {
		r->mark_capacity = r->mark_capacity ? 2 * r->mark_capacity : 16;
		r->mark = rl_realloc(r->mark, r->mark_capacity, sizeof(*r->mark));
	}
	r->mark[r->n_mark++] = r->stack.n;
}

/* Everything above the last mark: its number, which are then no longer on the stack. */
static size_t cut(struct reader *r)
{
	if (!r->n_mark)
		bad(r, "no mark");
	size_t n = r->stack.n - r->mark[--r->n_mark];

	r->stack.n -= n;
	return n;
}

static void remember(struct reader *r, uint64_t at)
{
	struct rl_pk *k = *top(r, 1);

	while (at >= r->memo.n)
		append(r, &r->memo, NULL);
	r->memo.item[at] = k;
}

static void recall(struct reader *r, uint64_t at)
{
	if (at >= r->memo.n || !r->memo.item[at])
		bad(r, "nothing in the memo there");
	push(r, r->memo.item[at]);
}

/* ---- containers and objects -------------------------------------------------------------------
 */

static struct rl_pk *gather(struct reader *r, enum rl_pk_type type, struct rl_pk **item, size_t n)
{
	struct rl_pk *k = node(r, type);

	for (size_t i = 0; i < n; i++)
		append(r, k, item[i]);
	return k;
}

static struct rl_pk *make_tuple(struct reader *r, size_t n)
{
	struct rl_pk **item = top(r, n);

	r->stack.n -= n;
	return gather(r, RL_PK_TUPLE, item, n);
}

/* A container with what lies above the mark. */
static struct rl_pk *marked(struct reader *r, enum rl_pk_type type)
{
	size_t n = cut(r);

	if (type == RL_PK_DICT && n % 2)
		bad(r, "a key without a value");
	return gather(r, type, r->stack.item + r->stack.n, n);
}

/* Put the n items that lay above the target into it; an opaque object forgets them. */
static void extend(struct reader *r, enum rl_pk_type type, size_t n)
{
	struct rl_pk **item = r->stack.item + r->stack.n, *to = *top(r, 1);

	if (to->type != type && to->type != RL_PK_OBJECT)
		bad(r, "puts items into what is no container");
	if (type == RL_PK_DICT && n % 2)
		bad(r, "a key without a value");
	for (size_t i = 0; i < n && to->type == type; i++)
		append(r, to, item[i]);
}

static bool listed(const char *name, const char *const list[])
{
	for (; *list; list++) {
		size_t n = strlen(*list) - 1;

		if ((*list)[n] == '*' ? !strncmp(name, *list, n) : !strcmp(name, *list))
			return true;
	}
	return false;
}

/* Python 2 had other names for two modules. */
static const char *today(const struct rl_pk *module)
{
	return rl_pk_is_text(module, "__builtin__") ? "builtins"
	       : rl_pk_is_text(module, "copy_reg")  ? "copyreg"
						    : NULL;
}

static void push_global(struct reader *r, const struct rl_pk *module, const struct rl_pk *name)
{
	struct rl_pk *k;

	if (module->type != RL_PK_TEXT || name->type != RL_PK_TEXT || !name->length ||
	    module->length > NAME_LIMIT || name->length > NAME_LIMIT ||
	    memchr(module->text, '\0', module->length) || memchr(name->text, '\0', name->length))
		bad(r, "not the name of a global");
	k = node(r, RL_PK_GLOBAL);
	k->text = today(module)
			  ? rl_asprintf("%s.%.*s", today(module), (int)name->length, name->text)
			  : rl_asprintf("%.*s.%.*s", (int)module->length, module->text,
					(int)name->length, name->text);
	k->length = strlen(k->text);
	push(r, k);
}

/* OrderedDict(), OrderedDict([(k, v), ...]) as Python 2 wrote it, defaultdict(factory). */
static struct rl_pk *make_dict(struct reader *r, const struct rl_pk *arguments)
{
	struct rl_pk *k = node(r, RL_PK_DICT);
	const struct rl_pk *pairs = arguments->n ? arguments->item[0] : NULL;

	if (!pairs || (pairs->type != RL_PK_LIST && pairs->type != RL_PK_TUPLE))
		return k;
	for (size_t i = 0; i < pairs->n; i++) {
		const struct rl_pk *pair = pairs->item[i];

		if ((pair->type != RL_PK_LIST && pair->type != RL_PK_TUPLE) || pair->n != 2)
			bad(r, "a dict of other things than pairs");
		append(r, k, pair->item[0]);
		append(r, k, pair->item[1]);
	}
	return k;
}

static void call(struct reader *r, bool class_only)
{
	struct rl_pk *arguments = pop(r), *what = pop(r), *k;
	bool named = what->type == RL_PK_GLOBAL;

	if (arguments->type != RL_PK_TUPLE)
		bad(r, "calls with what is no tuple of arguments");
	if (named && listed(what->text, dict_makers)) {
		push(r, make_dict(r, arguments));
		return;
	}
	if (!class_only && !(named && listed(what->text, callables)))
		rl_die("%s: pickle, byte %zu: calls %s, which no file of weights needs: refused",
		       r->where, (size_t)(r->at - r->start), named ? what->text : "no function");
	k = node(r, RL_PK_OBJECT);
	append(r, k, what);
	append(r, k, arguments);
	push(r, k);
}

static void persistent(struct reader *r)
{
	struct rl_pickle *p = r->out;
	struct rl_pk *id = pop(r), *k = gather(r, RL_PK_PERSISTENT, &id, 1);

	if ((p->n_persistent & (p->n_persistent - 1)) == 0)
		p->persistent =
			rl_realloc(p->persistent, 2 * p->n_persistent + 1, sizeof(struct rl_pk *));
	p->persistent[p->n_persistent++] = k;
	push(r, k);
}

/* ---- opcodes, by their letters in Python's pickletools ----------------------------------------
 */

static bool step(struct reader *r)
{
	struct rl_pk *k;

	switch (number(r, 1)) {
	case 0x80: /* PROTO */
		if (number(r, 1) > 5)
			bad(r, "a protocol after 5");
		break;
	case 0x95: /* FRAME */ number(r, 8); break;
	case '.': return false;

	case '(': set_mark(r); break;
	case '0':
		if (r->n_mark && r->mark[r->n_mark - 1] == r->stack.n)
			r->n_mark--;
		else
			pop(r);
		break;
	case '1': cut(r); break;
	case '2': push(r, *top(r, 1)); break;

	case 'N': push(r, node(r, RL_PK_NONE)); break;
	case 0x88: push(r, integer(r, RL_PK_BOOL, 1)); break;
	case 0x89: push(r, integer(r, RL_PK_BOOL, 0)); break;
	case 'J': push(r, integer(r, RL_PK_INT, (int32_t)number(r, 4))); break;
	case 'K': push(r, integer(r, RL_PK_INT, (int64_t)number(r, 1))); break;
	case 'M': push(r, integer(r, RL_PK_INT, (int64_t)number(r, 2))); break;
	case 0x8a: push(r, longer(r, number(r, 1))); break;
	case 0x8b: push(r, longer(r, number(r, 4))); break;
	case 'G': push(r, real(r)); break;

	case 'U':
	case 0x8c:
	case 'C': push(r, text(r, RL_PK_TEXT, number(r, 1))); break;
	case 'T':
	case 'X':
	case 'B': push(r, text(r, RL_PK_TEXT, number(r, 4))); break;
	case 0x8d:
	case 0x8e:
	case 0x96: push(r, text(r, RL_PK_TEXT, number(r, 8))); break;

	case ')': push(r, node(r, RL_PK_TUPLE)); break;
	case 0x85:
	case 0x86:
	case 0x87: push(r, make_tuple(r, (size_t)(r->at[-1] - 0x84))); break;
	case 't': push(r, marked(r, RL_PK_TUPLE)); break;
	case ']':
	case 0x8f: push(r, node(r, RL_PK_LIST)); break;
	case 'l':
	case 0x91: push(r, marked(r, RL_PK_LIST)); break;
	case '}': push(r, node(r, RL_PK_DICT)); break;
	case 'd': push(r, marked(r, RL_PK_DICT)); break;
	case 'a':
		top(r, 2);
		r->stack.n--;
		extend(r, RL_PK_LIST, 1);
		break;
	case 'e':
	case 0x90: extend(r, RL_PK_LIST, cut(r)); break;
	case 's':
		top(r, 3);
		r->stack.n -= 2;
		extend(r, RL_PK_DICT, 2);
		break;
	case 'u': extend(r, RL_PK_DICT, cut(r)); break;

	case 'c':
		k = line(r);
		push_global(r, k, line(r));
		break;
	case 0x93: /* STACK_GLOBAL */
		k = pop(r);
		push_global(r, pop(r), k);
		break;
	case 'R': call(r, false); break;
	case 0x92: /* NEWOBJ_EX: its keyword arguments are part of what is forgotten */
		pop(r);
		call(r, true);
		break;
	case 0x81: call(r, true); break;
	case 'b': /* BUILD: attributes, which no container here has */
		pop(r);
		k = *top(r, 1);
		if (k->type != RL_PK_OBJECT && k->type != RL_PK_DICT)
			bad(r, "gives attributes to what is no object");
		break;
	case 'Q': persistent(r); break;

	case 'q': remember(r, number(r, 1)); break;
	case 'r': remember(r, number(r, 4)); break;
	case 0x94: remember(r, r->memo.n); break;
	case 'h': recall(r, number(r, 1)); break;
	case 'j': recall(r, number(r, 4)); break;
	default: r->at--; bad(r, "an opcode that no file of weights needs");
	}
	return true;
}

struct rl_pickle *rl_pickle_read(const void *data, size_t size, const char *where)
{
	struct rl_pickle *p = rl_calloc(1, sizeof(*p));
	struct reader r = {.out = p, .where = where, .start = data, .at = data};

	r.end = r.start + size;
	while (step(&r))
		;
	p->root = pop(&r);
	p->size = (size_t)(r.at - r.start);
	if (r.stack.n || r.n_mark)
		bad(&r, "leaves more than one object");
	free(r.stack.item);
	free(r.memo.item);
	free(r.mark);
	return p;
}

void rl_pickle_free(struct rl_pickle *p)
{
	for (struct rl_pk_chunk *c = p->chunks, *next; c; c = next) {
		next = c->next;
		for (size_t i = 0; i < c->n; i++) {
			free(c->node[i].item);
			if (c->node[i].type == RL_PK_GLOBAL)
				free((char *)c->node[i].text);
		}
		free(c);
	}
	free(p->persistent);
	free(p);
}

const struct rl_pk *rl_pk_get(const struct rl_pk *dict, const char *key)
{
	const struct rl_pk *found = NULL;

	for (size_t i = 0; dict->type == RL_PK_DICT && i + 1 < dict->n; i += 2)
		if (rl_pk_is_text(dict->item[i], key))
			found = dict->item[i + 1];
	return found;
}
