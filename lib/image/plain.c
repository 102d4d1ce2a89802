#include "image/plain.h"

#include "base/clones.h"
#include "base/err.h"

#include <stdlib.h>

/* A pixel is three lanes of four.  The fourth belongs to the next pixel: it is computed along, and
 * overwritten when that pixel's turn comes.  Two taps make a vector of eight. */
typedef int32_t quad __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t octet __attribute__((vector_size(32), aligned(4), may_alias));

struct rl_plain {
	const struct rl_axis *axis;
	int pairs;
	octet *weight; /* each four times over, and an odd last one paired with zeros */
	int32_t *wide; /* a row of input, and four more */
	int32_t *sums; /* a row of output, and four more */
};

struct rl_plain *rl_plain_new(const struct rl_axis *a)
{
	struct rl_plain *p = rl_malloc(sizeof(*p));
	size_t to = (size_t)a->to, taps = (size_t)a->taps, pairs = (taps + 1) / 2;

	*p = (struct rl_plain){.axis = a,
			       .pairs = (int)pairs,
			       .weight = rl_calloc(to * pairs, sizeof(*p->weight)),
			       .wide = rl_calloc(3 * (size_t)a->from + 4, sizeof(*p->wide)),
			       .sums = rl_calloc(3 * to + 4, sizeof(*p->sums))};
	for (size_t x = 0; x < to; x++)
		for (size_t k = 0; k < taps; k++)
			for (size_t c = 0; c < 4; c++)
				p->weight[x * pairs + k / 2][k % 2 * 4 + c] =
					a->weight[x * taps + k];
	return p;
}

void rl_plain_free(struct rl_plain *p)
{
	if (!p)
		return;
	free(p->weight);
	free(p->wide);
	free(p->sums);
	free(p);
}

/* No clipping at 0: the weights of a triangle are never negative. */
static inline uint8_t settle(int32_t sum)
{
	sum >>= RL_AXIS_BITS;
	return (uint8_t)(sum > 255 ? 255 : sum);
}

static inline __attribute__((always_inline)) void filter(const struct rl_plain *p, int pairs)
{
	const octet *weight = p->weight;

	for (int x = 0; x < p->axis->to; x++, weight += pairs) {
		const int32_t *pixel = p->wide + 3 * (ptrdiff_t)p->axis->first[x];
		octet sum = {RL_AXIS_HALF, RL_AXIS_HALF, RL_AXIS_HALF, RL_AXIS_HALF};

		for (int k = 0; k < pairs; k++, pixel += 6) {
			quad one = *(const quad *)pixel, two = *(const quad *)(pixel + 3);

			sum += __builtin_shufflevector(one, two, 0, 1, 2, 3, 4, 5, 6, 7) *
			       weight[k];
		}
		*(quad *)(p->sums + 3 * (ptrdiff_t)x) =
			__builtin_shufflevector(sum, sum, 0, 1, 2, 3) +
			__builtin_shufflevector(sum, sum, 4, 5, 6, 7);
	}
}

RL_CLONES void rl_plain_across(struct rl_plain *p, const uint8_t *in, uint8_t *out)
{
	int32_t *wide = p->wide, *sums = p->sums;

#pragma omp simd
	for (int i = 0; i < 3 * p->axis->from; i++)
		wide[i] = in[i];
	/* A count that the compiler knows saves the loop; photos are mostly shrunk by less than 2.
	 */
	if (p->pairs == 2)
		filter(p, 2);
	else
		filter(p, p->pairs);
#pragma omp simd
	for (int i = 0; i < 3 * p->axis->to; i++)
		out[i] = settle(sums[i]);
}

/* A row of output is worked off in pieces whose sums stay in the first-level cache. */
enum { PIECE = 1024 };

RL_CLONES void rl_plain_down(const struct rl_axis *a, int i, const uint8_t *const *row, size_t n,
			     uint8_t *out)
{
	const int32_t *weight = a->weight + (size_t)i * (size_t)a->taps;

	for (size_t at = 0; at < n; at += PIECE) {
		size_t m = n - at < PIECE ? n - at : PIECE;
		int32_t sum[PIECE];

#pragma omp simd
		for (size_t j = 0; j < m; j++)
			sum[j] = RL_AXIS_HALF;
		for (int k = 0; k < a->taps; k++) {
			const uint8_t *p = row[k] + at;
			int32_t w = weight[k];

			if (w == 0)
				continue;
#pragma omp simd
			for (size_t j = 0; j < m; j++)
				sum[j] += p[j] * w;
		}
#pragma omp simd
		for (size_t j = 0; j < m; j++)
			out[at + j] = settle(sum[j]);
	}
}
