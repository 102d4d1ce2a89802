#include "stream/npy.h"

#include "base/err.h"
#include "stream/stream.h"

#include <stdio.h>
#include <string.h>

static const char *const descr[] = {[RL_U1] = "'|u1'", [RL_I1] = "'|i1'", [RL_I4] = "'<i4'",
				    [RL_I8] = "'<i8'", [RL_F4] = "'<f4'", [RL_F8] = "'<f8'"};

size_t rl_npy_write(uint8_t out[RL_NPY_WRITTEN], enum rl_dtype type, int ndim, const int64_t *dim)
{
	char *text = (char *)out + RL_NPY_PREFIX;
	size_t room = RL_NPY_WRITTEN - RL_NPY_PREFIX;
	size_t n = (size_t)snprintf(text, room, "{'descr': %s, 'fortran_order': False, 'shape': (",
				    descr[type]);

	for (int i = 0; i < ndim; i++)
		n += (size_t)snprintf(text + n, room - n, "%s%lld", i ? ", " : "",
				      (long long)dim[i]);
	n += (size_t)snprintf(text + n, room - n, "%s), }", ndim == 1 ? "," : "");

	size_t total = (RL_NPY_PREFIX + n + 1 + 63) / 64 * 64, length = total - RL_NPY_PREFIX;
	memset(text + n, ' ', length - n);
	text[length - 1] = '\n';
	memcpy(out, "\x93NUMPY\1", 8);
	out[8] = (uint8_t)length;
	out[9] = (uint8_t)(length >> 8);
	return total;
}

const char *rl_npy_size(const uint8_t prefix[RL_NPY_PREFIX], size_t *size)
{
	if (memcmp(prefix, "\x93NUMPY", 6))
		return "not a .npy array";
	if (prefix[6] != 1 || prefix[7] != 0)
		return "a .npy version other than 1.0";
	*size = RL_NPY_PREFIX + prefix[8] + ((size_t)prefix[9] << 8);
	return *size > RL_NPY_LIMIT ? "a .npy header longer than 4096 bytes" : NULL;
}

/* A cursor over the dict; p never passes end. */
struct cursor {
	const char *p, *end;
};

static void blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n'))
		c->p++;
}

static bool eat(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	blanks(c);
	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n))
		return false;
	c->p += n;
	return true;
}

static const char *read_descr(struct cursor *c, enum rl_dtype *type)
{
	for (size_t i = 0; i < RL_LEN(descr); i++) {
		*type = (enum rl_dtype)i;
		if (eat(c, descr[i]))
			return NULL;
	}
	if (eat(c, "'|O") || eat(c, "'O"))
		return "an array of Python objects";
	return "dtype is not one of |u1 |i1 <i4 <i8 <f4 <f8";
}

static const char *read_shape(struct cursor *c, struct rl_tensor *t)
{
	bool comma = true;

	t->ndim = 0;
	if (!eat(c, "("))
		return "bad .npy header";
	while (!eat(c, ")")) {
		int64_t n = 0;

		if (!comma)
			return "bad .npy header";
		if (t->ndim == RL_MAXDIM)
			return "more than 6 dimensions";
		if (eat(c, "-"))
			return "a negative dimension";
		if (c->p == c->end || *c->p < '0' || *c->p > '9')
			return "bad .npy header";
		for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
			n = 10 * n + (*c->p - '0');
			if (n > (int64_t)RL_LIMIT_MEMBER)
				return "a dimension larger than 4 GiB";
		}
		t->dim[t->ndim++] = n;
		comma = eat(c, ",");
	}
	return t->ndim == 1 && !comma ? "bad .npy header" : NULL;
}

const char *rl_npy_read(const char *text, size_t size, struct rl_tensor *t, size_t *bytes)
{
	enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL = 7 };
	struct cursor c = {text, text + size};
	const char *problem = NULL;
	int seen = 0;

	if (!eat(&c, "{"))
		return "bad .npy header";
	while (!eat(&c, "}")) {
		if (eat(&c, "'descr':")) {
			seen |= DESCR;
			problem = read_descr(&c, &t->type);
		} else if (eat(&c, "'shape':")) {
			seen |= SHAPE;
			problem = read_shape(&c, t);
		} else if (eat(&c, "'fortran_order':")) {
			seen |= ORDER;
			if (eat(&c, "True"))
				return "Fortran order";
			if (!eat(&c, "False"))
				return "bad .npy header";
		} else {
			return "bad .npy header";
		}
		if (problem)
			return problem;
		if (!eat(&c, ",") && (c.p == c.end || *c.p != '}'))
			return "bad .npy header";
	}
	blanks(&c);
	if (c.p != c.end || seen != ALL)
		return "bad .npy header";

	/* A zero anywhere would hide an overflow of the others. */
	*bytes = rl_dtype_size(t->type);
	for (int i = 0; i < t->ndim; i++)
		if (t->dim[i] && __builtin_mul_overflow(*bytes, (size_t)t->dim[i], bytes))
			return "a shape larger than 4 GiB";
	if (*bytes > RL_LIMIT_MEMBER)
		return "a shape larger than 4 GiB";
	for (int i = 0; i < t->ndim; i++)
		if (!t->dim[i])
			*bytes = 0;
	return NULL;
}
