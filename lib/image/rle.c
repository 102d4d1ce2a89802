#include "image/rle.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 5, SIGN = 1 << (BITS - 1), MORE = 1 << BITS, FIRST_CHAR = '0' };

/* One number; NULL when there is none that fits. */
static const char *parse_one(const char *p, int64_t *x)
{
	uint64_t v = 0;
	int c, shift = 0;

	do {
		c = (unsigned char)*p - FIRST_CHAR;
		if (c < 0 || c >= 2 * MORE || shift > 35)
			return NULL;
		v |= (uint64_t)(c % MORE) << shift;
		shift += BITS;
		p++;
	} while (c & MORE);
	if (c & SIGN)
		v |= UINT64_MAX << shift;
	*x = (int64_t)v;
	return p;
}

bool rl_rle_parse(const char *text, struct rl_rle *out)
{
	struct rl_rle r = {.run = rl_malloc((strlen(text) + 1) * sizeof(*r.run))};
	int64_t x;

	while (*text && (text = parse_one(text, &x))) {
		if (r.count > 2)
			x += r.run[r.count - 2];
		if (x < 0 || x > UINT32_MAX)
			break;
		r.run[r.count++] = (uint32_t)x;
	}
	if (!text || *text) {
		free(r.run);
		return false;
	}
	r.run = rl_realloc(r.run, r.count, sizeof(*r.run));
	*out = r;
	return true;
}

char *rl_rle_text(const struct rl_rle *r)
{
	enum { LONGEST = 7 }; /* characters: 33 bits with the sign */
	char *text = rl_malloc(r->count * LONGEST + 1), *p = text;

	for (size_t i = 0; i < r->count; i++) {
		int64_t x = (int64_t)r->run[i] - (i > 2 ? (int64_t)r->run[i - 2] : 0);
		bool more = true;

		while (more) {
			int c = (int)(x & (MORE - 1));

			x = (x - c) / MORE;
			more = x != (c & SIGN ? -1 : 0);
			*p++ = (char)(FIRST_CHAR + c + (more ? MORE : 0));
		}
	}
	*p = '\0';
	return text;
}

bool rl_rle_decode(const struct rl_rle *r, int height, int width, uint8_t *mask)
{
	size_t size = (size_t)height * (size_t)width, done = 0;
	int x = 0, y = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (r->run[i] > size - done)
			return false;
		done += r->run[i];
		for (uint32_t n = r->run[i]; n; n--) {
			mask[(size_t)y * (size_t)width + (size_t)x] = i & 1;
			if (++y == height)
				y = 0, x++;
		}
	}
	return done == size;
}

struct rl_rle rl_rle_encode(const uint8_t *mask, int height, int width)
{
	struct rl_rle r = {0};
	size_t room = 0;
	uint32_t run = 0;
	uint8_t now = 0;

	for (int x = 0; x < width; x++)
		for (int y = 0; y < height; y++, run++) {
			uint8_t v = mask[(size_t)y * (size_t)width + (size_t)x] != 0;

			if (v == now)
				continue;
			if (r.count + 1 >= room)
				r.run = rl_realloc(r.run, room = 2 * room + 64, sizeof(*r.run));
			r.run[r.count++] = run;
			run = 0;
			now = v;
		}
	if (!r.run)
		r.run = rl_malloc(sizeof(*r.run));
	r.run[r.count++] = run;
	return r;
}
