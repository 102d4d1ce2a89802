#include "image/mat.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum { HEAD = 128, TAG = 8, MAX_UNPACKED = 1 << 28 };
enum { INT8 = 1, UINT8 = 2, INT32 = 5, UINT32 = 6, MATRIX = 14, COMPRESSED = 15 }; /* elements */
enum { STRUCT = 2, UINT8_ARRAY = 9, COMPLEX = 1 << 11 }; /* arrays, and their flag */

/* What is left to read; numbers are in the byte order of whoever wrote it. */
struct part {
	const uint8_t *at;
	size_t left;
	bool swap;
};

struct element {
	uint32_t type;
	struct part body;
};

struct array {
	uint32_t flags; /* the class in the low byte */
	uint32_t height, width;
	struct part name, rest;
};

/* The head is text, then a version, 0x0100, and the byte order it is written in. */
bool rl_is_mat5(const uint8_t *data, size_t size)
{
	return size > HEAD && !memcmp(data, "MATLAB 5.0", 10) &&
	       (!memcmp(data + 124, "\0\1IM", 4) || !memcmp(data + 124, "\1\0MI", 4));
}

static uint32_t number(const struct part *p, size_t i)
{
	uint32_t n;

	memcpy(&n, p->at + 4 * i, sizeof(n));
	return p->swap ? __builtin_bswap32(n) : n;
}

/* A type and a size of 32 bits, then as many bytes and some to a multiple of 8; or both in 16 bits
 * and up to four bytes.  What is compressed is followed by no more. */
static bool next(struct part *p, struct element *e)
{
	size_t size, begin = TAG, end;

	if (p->left < TAG)
		return false;
	e->type = number(p, 0);
	size = number(p, 1);
	end = TAG + size;
	if (e->type >> 16) {
		size = e->type >> 16;
		e->type &= 0xffff;
		begin = 4, end = TAG;
	}
	if (size > (begin == TAG ? p->left : end) - begin)
		return false;
	if (e->type != COMPRESSED)
		end += -end % 8;
	end = end < p->left ? end : p->left;
	e->body = (struct part){p->at + begin, size, p->swap};
	p->at += end;
	p->left -= end;
	return true;
}

static bool expect(struct part *p, uint32_t type, struct part *body)
{
	struct element e;

	if (!next(p, &e) || e.type != type)
		return false;
	*body = e.body;
	return true;
}

/* Of two dimensions, which all are that matter here. */
static bool open_array(struct part body, struct array *a)
{
	struct part flags, dims;

	if (!expect(&body, UINT32, &flags) || flags.left != 8 || !expect(&body, INT32, &dims) ||
	    dims.left != 8 || !expect(&body, INT8, &a->name))
		return false;
	a->flags = number(&flags, 0);
	a->height = number(&dims, 0);
	a->width = number(&dims, 1);
	a->rest = body;
	return true;
}

static bool is_named(const struct part *name, const char *wanted)
{
	return name->left == strlen(wanted) && !memcmp(name->at, wanted, name->left);
}

/* New memory, and in *e the element that was packed. */
static uint8_t *unpack(const struct part *packed, struct element *e)
{
	uint8_t tag[TAG], *all = NULL;
	struct part p = {tag, sizeof(tag), packed->swap};
	z_stream z = {.next_in = (Bytef *)(uintptr_t)packed->at,
		      .avail_in = (uInt)packed->left,
		      .next_out = tag,
		      .avail_out = sizeof(tag)};
	bool good = false;

	if (inflateInit(&z) != Z_OK)
		rl_die("out of memory: zlib");
	inflate(&z, Z_NO_FLUSH);
	if (!z.avail_out && number(&p, 1) <= MAX_UNPACKED) {
		size_t size = number(&p, 1);

		all = rl_malloc(TAG + size);
		memcpy(all, tag, TAG);
		z.next_out = all + TAG;
		z.avail_out = (uInt)size;
		/* The end is there once the checksum is right. */
		good = inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_out;
		p = (struct part){all, TAG + size, packed->swap};
		good = good && next(&p, e);
	}
	inflateEnd(&z);
	if (good)
		return all;
	free(all);
	return NULL;
}

/* The field's array; false when there is none or the file is broken. */
static bool find_field(struct part p, const char *wanted, struct array *field)
{
	struct part length, names, body;
	size_t n;

	if (!expect(&p, INT32, &length) || length.left != 4 || !(n = number(&length, 0)) ||
	    !expect(&p, INT8, &names))
		return false;
	for (; names.left >= n && expect(&p, MATRIX, &body); names.at += n, names.left -= n) {
		struct part name = {names.at, strnlen((const char *)names.at, n), false};

		if (is_named(&name, wanted))
			return open_array(body, field);
	}
	return false;
}

/* MATLAB counts down the columns. */
static bool take(const struct array *a, int height, int width, uint16_t *values, char why[RL_WHY])
{
	struct part rest = a->rest, columns;
	size_t h = (size_t)height, w = (size_t)width;

	if ((a->flags & 0xff) != UINT8_ARRAY || a->flags & COMPLEX) {
		snprintf(why, RL_WHY, "MAT: GTcls.Segmentation is not a matrix of uint8");
	} else if (a->height != h || a->width != w) {
		snprintf(why, RL_WHY, "%u x %u pixels, but its image has %d x %d", a->width,
			 a->height, width, height);
	} else if (!expect(&rest, UINT8, &columns) || columns.left != h * w) {
		snprintf(why, RL_WHY, "MAT: corrupt or cut");
	} else {
		for (size_t y = 0; y < h; y++)
			for (size_t x = 0; x < w; x++)
				*values++ = columns.at[x * h + y];
		return true;
	}
	return false;
}

bool rl_mat5_values(const uint8_t *data, size_t size, int height, int width, uint16_t *values,
		    char why[RL_WHY])
{
	struct part file = {data + HEAD, size - HEAD, false};
	struct array a, map;
	struct element e;
	bool found = false, good = false;

	file.swap = (data[124] == 0) != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	while (!found && next(&file, &e)) {
		uint8_t *unpacked = e.type == COMPRESSED ? unpack(&e.body, &e) : NULL;

		found = e.type == MATRIX && open_array(e.body, &a) && is_named(&a.name, "GTcls") &&
			(a.flags & 0xff) == STRUCT && find_field(a.rest, "Segmentation", &map);
		good = found && take(&map, height, width, values, why);
		free(unpacked);
	}
	if (!found)
		snprintf(why, RL_WHY, "MAT: no GTcls.Segmentation, or corrupt or cut before it");
	return good;
}
