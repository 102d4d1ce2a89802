/*
 * AVX2 multiplies bytes with bytes, 32 at a time, and adds neighbours into 16 bits (vpmaddubsw).
 * Weights have 22 bits, so each is written in three digits,
 *
 *	weight = 2^14 high + 2^7 middle + low
 *
 * such that no sum leaves 16 bits: of the digits of one output, the high ones add up to 256 and the
 * others to about nothing, being negative where it helps.  With
 *
 *	A = sum of high (pixel - 128),  B = sum of middle pixel,  C = sum of low pixel
 *
 * the output, which is 2^14 (A + 2^15) + 2^7 B + C, rounded and shifted down by 22, is exactly
 * 128 + ((A + ((B + (C >> 7)) >> 7) + 128) >> 8).
 */
#include "image/narrow.h"

#ifdef __AVX2__
#define AVX2
#else
#define AVX2 __attribute__((target("avx2")))
#endif

#ifdef __x86_64__

#include "base/err.h"

#include <immintrin.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS = 4, LANE = 8, WINDOW = 16, HIGH_SUM = 256 };

/* Of one output, the inputs that count: in pairs, an odd last one paired with weight 0. */
struct taps {
	int count;
	int at[TAPS]; /* counted from the axis' first[i] */
	uint8_t high[TAPS];
	int8_t middle[TAPS], low[TAPS];
};

/* What a pair of taps does to two lanes of at most eight values of output.  The inputs of a lane
 * lie in a window of 16 bytes, out of which the mask picks them. */
struct pair {
	uint8_t mask[2][WINDOW], high[2][WINDOW];
	int8_t middle[2][WINDOW], low[2][WINDOW];
	int32_t from[2]; /* where the windows are in a row of input */
};

struct block {
	struct pair pair[TAPS / 2];
	int32_t to[2]; /* where the lanes are in a row of output */
};

struct rl_narrow {
	const struct rl_axis *axis;
	struct taps *taps; /* of each output */
	bool four;         /* there is an output with more than two */
	struct block *block;
	size_t nblock;
};

/* ---- digits -----------------------------------------------------------------------------------
 */

/* Write each value as digit 2^bits + rest, with digits of the given sum: the largest rests are
 * rounded up until it is reached. */
static bool divide(const int32_t value[TAPS], int bits, int sum, int most, int32_t digit[TAPS],
		   int32_t rest[TAPS])
{
	for (int k = 0; k < TAPS; k++) {
		digit[k] = value[k] >> bits;
		rest[k] = value[k] - digit[k] * (1 << bits);
		sum -= digit[k];
	}
	for (; sum > 0; sum--) {
		int up = -1;

		for (int k = 0; k < TAPS; k++)
			if (digit[k] < most && (up < 0 || rest[k] > rest[up]))
				up = k;
		if (up < 0)
			return false;
		digit[up]++;
		rest[up] -= 1 << bits;
	}
	return sum == 0;
}

/* Does the sum of any pixels times these factors lie between -limit and limit? */
static bool bounded(const int32_t factor[TAPS], int32_t limit)
{
	int32_t above = 0, below = 0;

	for (int k = 0; k < TAPS; k++) {
		above += factor[k] > 0 ? factor[k] : 0;
		below -= factor[k] < 0 ? factor[k] : 0;
	}
	return 255 * above <= limit && 255 * below <= limit;
}

/* Is exact, or false: rl_narrow_new() then leaves the axis to others. */
static bool write_digits(const int32_t weight[TAPS], struct taps *t)
{
	int32_t high[TAPS], middle[TAPS], low[TAPS], rest[TAPS];
	bool good = divide(weight, 14, HIGH_SUM, UINT8_MAX, high, rest) &&
		    divide(rest, 7, 0, INT8_MAX, middle, low);

	/* B + (C >> 7) is the sum of rest times pixel, shifted down by 7. */
	good = good && bounded(rest, INT16_MAX << 7) && bounded(middle, INT16_MAX) &&
	       bounded(low, INT16_MAX);
	for (int k = 0; k < TAPS && good; k++) {
		t->high[k] = (uint8_t)high[k];
		t->middle[k] = (int8_t)middle[k];
		t->low[k] = (int8_t)low[k];
		good = t->middle[k] == middle[k] && t->low[k] == low[k] &&
		       (k < t->count || !high[k]);
	}
	return good;
}

static bool find_taps(const struct rl_axis *a, int i, struct taps *t)
{
	const int32_t *weight = a->weight + (size_t)i * (size_t)a->taps;
	int32_t used[TAPS] = {0};

	for (int k = 0; k < a->taps; k++)
		if (weight[k]) {
			t->at[t->count] = k;
			used[t->count++] = weight[k];
		}
	/* A copied pixel: its weight of 2^22 is one more than three digits hold, twice the half is
	 * not. */
	if (t->count == 1) {
		t->at[t->count++] = t->at[0];
		used[1] = used[0] / 2;
		used[0] -= used[1];
	}
	if (!write_digits(used, t))
		return false;
	if (t->count == 3)
		t->at[t->count++] = t->at[2];
	return true;
}

/* ---- the plan of the horizontal pass ----------------------------------------------------------
 */

/* Put two taps of a value, a channel of a pixel, into place n of a lane.  The window begins where
 * p->from says or, where that is -1, at the pixel of the input that is needed first, for no later
 * value needs one before.  False: the value does not fit. */
static bool put_pair(struct pair *p, int lane, int n, const struct taps *t, int k, int first,
		     int channel, int last)
{
	int one = 3 * (first + t->at[k]), two = 3 * (first + t->at[k + 1]);

	if (p->from[lane] < 0)
		p->from[lane] = one < last ? one : last;
	one += channel - p->from[lane];
	two += channel - p->from[lane];
	if (two >= WINDOW)
		return false;
	p->mask[lane][2 * n] = (uint8_t)one;
	p->mask[lane][2 * n + 1] = (uint8_t)two;
	memcpy(&p->high[lane][2 * n], &t->high[k], 2);
	memcpy(&p->middle[lane][2 * n], &t->middle[k], 2);
	memcpy(&p->low[lane][2 * n], &t->low[k], 2);
	return true;
}

/* As many values as fit into a lane, from `begin` on; the end of them is returned.  What a value
 * that did not fit has left behind is computed along, and overwritten by the next lane. */
static int fill_lane(const struct rl_narrow *n, struct block *b, int lane, int begin)
{
	const struct rl_axis *a = n->axis;
	int last = 3 * a->from - WINDOW, end = begin;

	b->to[lane] = begin;
	b->pair[0].from[lane] = b->pair[1].from[lane] = -1;
	for (; end < 3 * a->to && end < begin + LANE; end++) {
		int x = end / 3, channel = end % 3, at = end - begin;
		const struct taps *t = &n->taps[x];

		if (!put_pair(&b->pair[0], lane, at, t, 0, a->first[x], channel, last))
			break;
		if (t->count > 2 &&
		    !put_pair(&b->pair[1], lane, at, t, 2, a->first[x], channel, last))
			break;
	}
	for (int pair = 0; pair < TAPS / 2; pair++)
		if (b->pair[pair].from[lane] < 0)
			b->pair[pair].from[lane] = 0;
	return end;
}

static void fill_blocks(struct rl_narrow *n)
{
	int end = 3 * n->axis->to, at = 0;

	while (at < end) {
		if ((n->nblock & (n->nblock - 1)) == 0)
			n->block = rl_realloc(n->block, n->nblock ? 2 * n->nblock : 1,
					      sizeof(*n->block));
		struct block *b = &n->block[n->nblock++];
		memset(b, 0, sizeof(*b));
		at = fill_lane(n, b, 0, at);
		/* A lane that is left over works for the slack behind the row. */
		at = fill_lane(n, b, 1, at);
	}
}

struct rl_narrow *rl_narrow_new(const struct rl_axis *a, bool horizontal)
{
	if (!__builtin_cpu_supports("avx2") || a->taps > TAPS || 3 * a->from < WINDOW)
		return NULL;
	struct rl_narrow *n = rl_calloc(1, sizeof(*n));

	n->axis = a;
	n->taps = rl_calloc((size_t)a->to, sizeof(*n->taps));
	for (int i = 0; i < a->to; i++) {
		if (!find_taps(a, i, &n->taps[i])) {
			rl_narrow_free(n);
			return NULL;
		}
		n->four |= n->taps[i].count > 2;
	}
	if (horizontal)
		fill_blocks(n);
	return n;
}

void rl_narrow_free(struct rl_narrow *n)
{
	if (!n)
		return;
	free(n->taps);
	free(n->block);
	free(n);
}

/* ---- the passes -------------------------------------------------------------------------------
 */

struct sums {
	__m256i a, b, c;
};

struct weights {
	__m256i high, middle, low;
};

AVX2 static inline __attribute__((always_inline)) __m256i load(const void *p)
{
	return _mm256_loadu_si256(p);
}

AVX2 static inline __attribute__((always_inline)) __m256i flip(__m256i pixels)
{
	return _mm256_xor_si256(pixels, _mm256_set1_epi8(INT8_MIN));
}

AVX2 static inline __attribute__((always_inline)) struct sums multiply(struct weights w,
								       __m256i pixels)
{
	return (struct sums){_mm256_maddubs_epi16(w.high, flip(pixels)),
			     _mm256_maddubs_epi16(pixels, w.middle),
			     _mm256_maddubs_epi16(pixels, w.low)};
}

AVX2 static inline __attribute__((always_inline)) struct sums add(struct sums s, struct sums t)
{
	return (struct sums){_mm256_add_epi16(s.a, t.a), _mm256_add_epi16(s.b, t.b),
			     _mm256_add_epi16(s.c, t.c)};
}

/* The output less 128.  A multiplication by 128 that is rounded and shifted down by 15 is the last
 * step. */
AVX2 static inline __attribute__((always_inline)) __m256i settle(struct sums s)
{
	__m256i rest = _mm256_add_epi16(s.b, _mm256_srai_epi16(s.c, 7));

	return _mm256_mulhrs_epi16(_mm256_add_epi16(s.a, _mm256_srai_epi16(rest, 7)),
				   _mm256_set1_epi16(128));
}

AVX2 static inline __attribute__((always_inline)) __m256i windows(const uint8_t *one,
								  const uint8_t *two)
{
	__m256i low = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)one));

	return _mm256_inserti128_si256(low, _mm_loadu_si128((const __m128i *)two), 1);
}

AVX2 static inline __attribute__((always_inline)) struct weights weights_of(const struct block *b,
									    int pair)
{
	const struct pair *p = &b->pair[pair];

	return (struct weights){load(p->high), load(p->middle), load(p->low)};
}

AVX2 static inline __attribute__((always_inline)) void store(uint8_t *to, __m128i v, int half)
{
	int64_t bytes = half ? _mm_extract_epi64(v, 1) : _mm_cvtsi128_si64(v);

	memcpy(to, &bytes, sizeof(bytes));
}

/* Of one row, 16 values in 16 bits. */
AVX2 static inline __attribute__((always_inline)) __m256i values(const uint8_t *row,
								 const ptrdiff_t *from,
								 const struct weights *w,
								 const __m256i *mask, bool four)
{
	__m256i pixels = windows(row + from[0], row + from[1]);
	struct sums s = multiply(w[0], _mm256_shuffle_epi8(pixels, mask[0]));

	if (four) {
		pixels = windows(row + from[2], row + from[3]);
		s = add(s, multiply(w[1], _mm256_shuffle_epi8(pixels, mask[1])));
	}
	return settle(s);
}

AVX2 static inline __attribute__((always_inline)) void across(const struct block *b,
							      const uint8_t *in, size_t pitch,
							      int rows, uint8_t *out,
							      size_t out_pitch, bool four)
{
	const struct weights w[] = {weights_of(b, 0), weights_of(b, four)};
	const __m256i mask[] = {load(b->pair[0].mask), load(b->pair[four].mask)};
	const ptrdiff_t from[] = {b->pair[0].from[0], b->pair[0].from[1], b->pair[1].from[0],
				  b->pair[1].from[1]};
	const ptrdiff_t to0 = b->to[0], to1 = b->to[1];

	/* Two rows make one vector of bytes; a last odd one is done twice. */
	for (; rows > 0; rows -= 2, in += 2 * pitch, out += 2 * out_pitch) {
		const uint8_t *second = rows > 1 ? in + pitch : in;
		uint8_t *out2 = rows > 1 ? out + out_pitch : out;
		__m256i bytes = flip(_mm256_packs_epi16(values(in, from, w, mask, four),
							values(second, from, w, mask, four)));
		__m128i low = _mm256_castsi256_si128(bytes);
		__m128i high = _mm256_extracti128_si256(bytes, 1);

		/* What is too much of the first lane, the second one overwrites. */
		store(out + to0, low, 0);
		store(out + to1, high, 0);
		store(out2 + to0, low, 1);
		store(out2 + to1, high, 1);
	}
}

AVX2 void rl_narrow_across(const struct rl_narrow *n, const uint8_t *in, size_t pitch, int rows,
			   uint8_t *out, size_t out_pitch)
{
	for (size_t i = 0; i < n->nblock; i++)
		if (n->four)
			across(&n->block[i], in, pitch, rows, out, out_pitch, true);
		else
			across(&n->block[i], in, pitch, rows, out, out_pitch, false);
}

AVX2 static inline __attribute__((always_inline)) __m256i twice(const void *two_bytes)
{
	int16_t pair;

	memcpy(&pair, two_bytes, sizeof(pair));
	return _mm256_set1_epi16(pair);
}

AVX2 static inline __attribute__((always_inline)) void
down(const struct taps *t, const uint8_t *const *row, size_t size, uint8_t *out, bool four)
{
	const uint8_t *p[TAPS];
	struct weights w[TAPS / 2];

	for (int k = 0; k < TAPS; k++)
		p[k] = row[t->at[k]];
	for (int pair = 0; pair < TAPS / 2; pair++)
		w[pair] = (struct weights){twice(t->high + 2 * pair), twice(t->middle + 2 * pair),
					   twice(t->low + 2 * pair)};
	/* The last step overlaps the one before: it computes the same. */
	for (size_t i = 0; i < size; i += RL_PASS_STEP) {
		size_t at = i + RL_PASS_STEP <= size ? i : size - RL_PASS_STEP;
		__m256i one = load(p[0] + at), two = load(p[1] + at);
		struct sums low = multiply(w[0], _mm256_unpacklo_epi8(one, two));
		struct sums high = multiply(w[0], _mm256_unpackhi_epi8(one, two));

		if (four) {
			one = load(p[2] + at), two = load(p[3] + at);
			low = add(low, multiply(w[1], _mm256_unpacklo_epi8(one, two)));
			high = add(high, multiply(w[1], _mm256_unpackhi_epi8(one, two)));
		}
		_mm256_storeu_si256((__m256i *)(out + at),
				    flip(_mm256_packs_epi16(settle(low), settle(high))));
	}
}

AVX2 void rl_narrow_down(const struct rl_narrow *n, int i, const uint8_t *const *row, size_t size,
			 uint8_t *out)
{
	if (n->taps[i].count > 2)
		down(&n->taps[i], row, size, out, true);
	else
		down(&n->taps[i], row, size, out, false);
}

#else

struct rl_narrow *rl_narrow_new(const struct rl_axis *a, bool horizontal)
{
	(void)a, (void)horizontal;
	return NULL;
}

void rl_narrow_free(struct rl_narrow *n)
{
	(void)n;
}

void rl_narrow_across(const struct rl_narrow *n, const uint8_t *in, size_t pitch, int rows,
		      uint8_t *out, size_t out_pitch)
{
	(void)n, (void)in, (void)pitch, (void)rows, (void)out, (void)out_pitch;
}

void rl_narrow_down(const struct rl_narrow *n, int i, const uint8_t *const *row, size_t size,
		    uint8_t *out)
{
	(void)n, (void)i, (void)row, (void)size, (void)out;
}

#endif
