#include "nn/numbers.h"

#include "base/err.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static double f64(const uint8_t *p)
{
	double v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static double f32(const uint8_t *p)
{
	float v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static double f16(const uint8_t *p)
{
	unsigned bits = p[0] | (unsigned)p[1] << 8, exponent = bits >> 10 & 31, part = bits & 1023;
	double v = exponent == 31  ? (part ? NAN : INFINITY)
		   : exponent == 0 ? ldexp(part, -24)
				   : ldexp(1024 + part, (int)exponent - 25);

	return bits >> 15 ? -v : v;
}

static double bf16(const uint8_t *p)
{
	return f32((const uint8_t[]){0, 0, p[0], p[1]});
}

static double i64(const uint8_t *p)
{
	int64_t v;

	memcpy(&v, p, sizeof(v));
	return (double)v;
}

static double i32(const uint8_t *p)
{
	int32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static double i16(const uint8_t *p)
{
	return (int16_t)(p[0] | p[1] << 8);
}

static double i8(const uint8_t *p)
{
	return (int8_t)p[0];
}

static double u8(const uint8_t *p)
{
	return p[0];
}

static const struct type {
	const char *name;
	size_t size;
	double (*read)(const uint8_t *p);
	bool floating;
} types[] = {{"F64", 8, f64, true},   {"F32", 4, f32, true},  {"F16", 2, f16, true},
	     {"BF16", 2, bf16, true}, {"I64", 8, i64, false}, {"I32", 4, i32, false},
	     {"I16", 2, i16, false},  {"I8", 1, i8, false},   {"U8", 1, u8, false},
	     {"BOOL", 1, u8, false}};

static const struct type *find(const char *dtype)
{
	for (size_t i = 0; i < RL_LEN(types); i++)
		if (!strcmp(dtype, types[i].name))
			return &types[i];
	return NULL;
}

size_t rl_numbers_size(const char *dtype)
{
	const struct type *t = find(dtype);

	return t ? t->size : 0;
}

bool rl_numbers_floating(const char *dtype)
{
	return find(dtype)->floating;
}

void rl_numbers_read(const char *dtype, const void *from, size_t n, double *to)
{
	const struct type *t = find(dtype);
	const uint8_t *p = from;

	for (size_t i = 0; i < n; i++)
		to[i] = t->read(p + i * t->size);
}
