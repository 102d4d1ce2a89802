/*
 * Horizontally, AVX2 multiplies 16-bit numbers and adds neighbours into 32 bits (vpmaddwd).  A
 * weight of 22 bits is two numbers of 11; the two sums of products are put together at the end.
 * Vertically there are no neighbours, and it multiplies 32-bit numbers.
 */
#include "image/wide.h"

#ifdef __x86_64__

#include "base/err.h"

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline))

enum { SPLIT = 11, TAPS = 4, WINDOW = 16, MOST_TAPS = 4096 };

/* Four taps of two neighbouring pixels of output, each in a lane: by pairs of taps, for the three
 * channels. */
struct group {
	int16_t high[TAPS / 2][16], low[TAPS / 2][16];
};

struct rl_wide {
	const struct rl_axis *axis;
	size_t groups, pairs; /* groups of taps; pairs of pixels whose windows lie inside a row */
	struct group *group;  /* of each pair of pixels */
};

static void fill(struct group *g, const struct rl_axis *a, size_t x)
{
	for (size_t k = 0; k < (size_t)a->taps; k++) {
		int32_t weight = a->weight[x * (size_t)a->taps + k];
		struct group *to = &g[k / TAPS];
		size_t pair = k % TAPS / 2, at = x % 2 * 8 + k % 2;

		for (size_t c = 0; c < 3; c++) {
			to->high[pair][at + 2 * c] = (int16_t)(weight >> SPLIT);
			to->low[pair][at + 2 * c] = (int16_t)(weight & ((1 << SPLIT) - 1));
		}
	}
}

static void plan(struct rl_wide *w)
{
	const struct rl_axis *a = w->axis;

	w->groups = ((size_t)a->taps + TAPS - 1) / TAPS;
	/* A window of 16 bytes holds more than the four pixels that are wanted. */
	int reach = (int)((w->groups - 1) * TAPS * 3 + WINDOW);
	while (2 * (int)w->pairs + 1 < a->to &&
	       3 * a->first[2 * w->pairs + 1] + reach <= 3 * a->from)
		w->pairs++;
	w->group = rl_calloc(w->pairs * w->groups, sizeof(*w->group));
	for (size_t x = 0; x < 2 * w->pairs; x++)
		fill(w->group + x / 2 * w->groups, a, x);
}

struct rl_wide *rl_wide_new(const struct rl_axis *a, bool horizontal)
{
	if (!__builtin_cpu_supports("avx2") || a->taps > MOST_TAPS)
		return NULL;
	struct rl_wide *w = rl_calloc(1, sizeof(*w));

	w->axis = a;
	if (horizontal)
		plan(w);
	return w;
}

void rl_wide_free(struct rl_wide *w)
{
	if (!w)
		return;
	free(w->group);
	free(w);
}

struct sums {
	__m256i high, low;
};

AVX2 INLINE __m256i windows(const uint8_t *one, const uint8_t *two)
{
	__m256i low = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)one));

	return _mm256_inserti128_si256(low, _mm_loadu_si128((const __m128i *)two), 1);
}

/* Add four taps of two pixels. */
AVX2 INLINE struct sums add_group(struct sums s, const struct group *g, __m256i pixels)
{
	const __m256i first =
		_mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 0, -1, 3,
				 -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
	const __m256i second =
		_mm256_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1, 6, -1,
				 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
	const __m256i mask[] = {first, second};

	for (int pair = 0; pair < TAPS / 2; pair++) {
		__m256i words = _mm256_shuffle_epi8(pixels, mask[pair]);
		__m256i high = _mm256_loadu_si256((const __m256i *)g->high[pair]);
		__m256i low = _mm256_loadu_si256((const __m256i *)g->low[pair]);

		s.high = _mm256_add_epi32(s.high, _mm256_madd_epi16(words, high));
		s.low = _mm256_add_epi32(s.low, _mm256_madd_epi16(words, low));
	}
	return s;
}

AVX2 INLINE __m256i settle(struct sums s)
{
	return _mm256_srli_epi32(_mm256_add_epi32(_mm256_slli_epi32(s.high, SPLIT), s.low),
				 RL_AXIS_BITS);
}

AVX2 INLINE void store(uint8_t *to, __m128i v, int which)
{
	int32_t pixel = which ? _mm_extract_epi32(v, 1) : _mm_cvtsi128_si32(v);

	memcpy(to, &pixel, sizeof(pixel));
}

/* Two pixels in two rows. */
AVX2 INLINE void square(const struct group *g, size_t groups, const uint8_t *const in[2],
			const ptrdiff_t from[2], uint8_t *const out[2])
{
	const struct sums none = {_mm256_setzero_si256(), _mm256_set1_epi32(RL_AXIS_HALF)};
	struct sums s[] = {none, none};

	for (size_t i = 0; i < groups; i++, g++)
		for (int y = 0; y < 2; y++) {
			const uint8_t *p = in[y] + i * TAPS * 3;

			s[y] = add_group(s[y], g, windows(p + from[0], p + from[1]));
		}
	__m256i words = _mm256_packus_epi32(settle(s[0]), settle(s[1]));
	__m256i bytes = _mm256_packus_epi16(words, words);
	__m128i one = _mm256_castsi256_si128(bytes), two = _mm256_extracti128_si256(bytes, 1);

	/* A fourth byte goes along with each pixel; the next pixel overwrites it. */
	store(out[0], one, 0);
	store(out[1], one, 1);
	store(out[0] + 3, two, 0);
	store(out[1] + 3, two, 1);
}

/* A pixel at the end of a row. */
static void single(const struct rl_axis *a, size_t x, const uint8_t *in, uint8_t *out)
{
	const int32_t *weight = a->weight + x * (size_t)a->taps;

	in += 3 * a->first[x];
	for (int c = 0; c < 3; c++) {
		int32_t sum = RL_AXIS_HALF;

		for (int k = 0; k < a->taps; k++)
			sum += in[3 * k + c] * weight[k];
		sum >>= RL_AXIS_BITS;
		out[3 * x + (size_t)c] = (uint8_t)(sum > 255 ? 255 : sum);
	}
}

AVX2 void rl_wide_across(const struct rl_wide *w, const uint8_t *in, size_t pitch, int rows,
			 uint8_t *out, size_t out_pitch)
{
	const struct rl_axis *a = w->axis;

	for (size_t x = 0; x < w->pairs; x++) {
		const ptrdiff_t from[] = {3 * (ptrdiff_t)a->first[2 * x],
					  3 * (ptrdiff_t)a->first[2 * x + 1]};

		/* A last odd row is done twice. */
		for (int y = 0; y < rows; y += 2) {
			size_t one = (size_t)y, two = (size_t)(y + 1 < rows ? y + 1 : y);
			const uint8_t *const row[] = {in + one * pitch, in + two * pitch};
			uint8_t *const to[] = {out + one * out_pitch + 6 * x,
					       out + two * out_pitch + 6 * x};

			square(w->group + x * w->groups, w->groups, row, from, to);
		}
	}
	for (int y = 0; y < rows; y++)
		for (size_t x = 2 * w->pairs; x < (size_t)a->to; x++)
			single(a, x, in + (size_t)y * pitch, out + (size_t)y * out_pitch);
}

/* Eight bytes. */
AVX2 INLINE __m256i taps(const int32_t *weight, int n, const uint8_t *const *row, size_t at)
{
	__m256i sum = _mm256_set1_epi32(RL_AXIS_HALF);

	for (int k = 0; k < n; k++) {
		__m128i bytes = _mm_loadl_epi64((const __m128i *)(row[k] + at));

		sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes),
							       _mm256_set1_epi32(weight[k])));
	}
	return _mm256_srli_epi32(sum, RL_AXIS_BITS);
}

AVX2 void rl_wide_down(const struct rl_wide *w, int i, const uint8_t *const *row, size_t size,
		       uint8_t *out)
{
	const int n = w->axis->taps;
	const int32_t *weight = w->axis->weight + (size_t)i * (size_t)n;
	/* Packing works in lanes: this puts the fours of bytes into their order. */
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);

	/* The last step overlaps the one before: it computes the same. */
	for (size_t j = 0; j < size; j += RL_PASS_STEP) {
		size_t at = j + RL_PASS_STEP <= size ? j : size - RL_PASS_STEP;
		__m256i low =
			_mm256_packus_epi32(taps(weight, n, row, at), taps(weight, n, row, at + 8));
		__m256i high = _mm256_packus_epi32(taps(weight, n, row, at + 16),
						   taps(weight, n, row, at + 24));

		_mm256_storeu_si256(
			(__m256i *)(out + at),
			_mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order));
	}
}

#else

struct rl_wide *rl_wide_new(const struct rl_axis *a, bool horizontal)
{
	(void)a, (void)horizontal;
	return NULL;
}

void rl_wide_free(struct rl_wide *w)
{
	(void)w;
}

void rl_wide_across(const struct rl_wide *w, const uint8_t *in, size_t pitch, int rows,
		    uint8_t *out, size_t out_pitch)
{
	(void)w, (void)in, (void)pitch, (void)rows, (void)out, (void)out_pitch;
}

void rl_wide_down(const struct rl_wide *w, int i, const uint8_t *const *row, size_t size,
		  uint8_t *out)
{
	(void)w, (void)i, (void)row, (void)size, (void)out;
}

#endif
