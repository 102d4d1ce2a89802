#include "image/resize.h"

#include "base/clones.h"
#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights carry 22 bits: 32 less 8 of the pixel and 2 of room for the sum. */
enum { PRECISION = 32 - 8 - 2, HALF = 1 << (PRECISION - 1) };

/* What one axis does: output i is the sum over k < taps of weight[i * taps + k] times input
 * first[i] + k.  Every output has the same number of taps, some of weight 0: a loop of constant
 * length is worth more than the products it saves. */
struct axis {
	int taps;
	int *first;
	int32_t *weight;
};

/* The inputs, begin to end - 1, that the triangle over output i reaches. */
struct reach {
	double centre;
	int begin, end;
};

static struct reach reach_of(int i, double scale, double support, int from)
{
	double centre = (i + 0.5) * scale;

	return (struct reach){.centre = centre,
			      .begin = (int)fmax(centre - support + 0.5, 0),
			      .end = (int)fmin(centre + support + 0.5, from)};
}

static struct axis plan_axis(int from, int to)
{
	double scale = (double)from / to, support = fmax(scale, 1), inverse = 1 / support;
	struct axis a = {0};

	for (int i = 0; i < to; i++) {
		struct reach r = reach_of(i, scale, support, from);

		a.taps = r.end - r.begin > a.taps ? r.end - r.begin : a.taps;
	}
	a.first = rl_realloc(NULL, (size_t)to, sizeof(*a.first));
	a.weight = rl_calloc((size_t)to * (size_t)a.taps, sizeof(*a.weight));
	double *w = rl_realloc(NULL, (size_t)a.taps, sizeof(*w));
	for (int i = 0; i < to; i++) {
		struct reach r = reach_of(i, scale, support, from);
		int count = r.end - r.begin;
		double sum = 0;

		for (int k = 0; k < count; k++) {
			w[k] = fmax(1 - fabs((k + r.begin - r.centre + 0.5) * inverse), 0);
			sum += w[k];
		}
		/* Taps past the far edge would read outside: start earlier, with zeros. */
		a.first[i] = r.begin < from - a.taps ? r.begin : from - a.taps;
		int32_t *weight = a.weight + (size_t)i * (size_t)a.taps + (r.begin - a.first[i]);
		for (int k = 0; k < count; k++)
			weight[k] = (int32_t)(0.5 + w[k] / sum * (1 << PRECISION));
	}
	free(w);
	return a;
}

static void free_axis(struct axis *a)
{
	free(a->first);
	free(a->weight);
}

/* No clipping at 0: the weights of a triangle are never negative. */
static inline uint8_t settle(int32_t sum)
{
	sum >>= PRECISION;
	return (uint8_t)(sum > 255 ? 255 : sum);
}

/* A pixel is three lanes of four.  The fourth belongs to the next pixel: it is computed along, and
 * overwritten when that pixel's turn comes.  Two taps make a vector of eight. */
typedef int32_t quad __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t octet __attribute__((vector_size(32), aligned(4), may_alias));

static inline __attribute__((always_inline)) void
filter(const int32_t *wide, int32_t *sums, int to, const int *first, const octet *weight, int pairs)
{
	for (int x = 0; x < to; x++, weight += pairs) {
		const int32_t *pixel = wide + 3 * (ptrdiff_t)first[x];
		octet sum = {HALF, HALF, HALF, HALF};

		for (int k = 0; k < pairs; k++, pixel += 6) {
			quad one = *(const quad *)pixel, two = *(const quad *)(pixel + 3);

			sum += __builtin_shufflevector(one, two, 0, 1, 2, 3, 4, 5, 6, 7) *
			       weight[k];
		}
		*(quad *)(sums + 3 * (ptrdiff_t)x) = __builtin_shufflevector(sum, sum, 0, 1, 2, 3) +
						     __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
	}
}

/* One row of `from` pixels to one of `to`, through the work space `wide` and `sums`, which is four
 * int32 longer than the row in and the row out. */
RL_CLONES static void horizontal(const uint8_t *in, int from, uint8_t *out, int to,
				 const int *first, const octet *weight, int pairs, int32_t *wide,
				 int32_t *sums)
{
#pragma omp simd
	for (int i = 0; i < 3 * from; i++)
		wide[i] = in[i];
	/* A count that the compiler knows saves the loop; photos are mostly shrunk by less than 2.
	 */
	if (pairs == 2)
		filter(wide, sums, to, first, weight, 2);
	else
		filter(wide, sums, to, first, weight, pairs);
#pragma omp simd
	for (int i = 0; i < 3 * to; i++)
		out[i] = settle(sums[i]);
}

/* The weights as `filter` wants them: each four times over, and an odd last one paired with zeros.
 */
static octet *spread_weights(const struct axis *a, int to, int pairs)
{
	octet *spread = rl_calloc((size_t)to * (size_t)pairs, sizeof(*spread));

	for (size_t x = 0; x < (size_t)to; x++)
		for (size_t k = 0; k < (size_t)a->taps; k++)
			for (size_t c = 0; c < 4; c++)
				spread[x * (size_t)pairs + k / 2][k % 2 * 4 + c] =
					a->weight[x * (size_t)a->taps + k];
	return spread;
}

static struct rl_image resize_width(const struct rl_image *im, int width)
{
	struct axis a = plan_axis(im->width, width);
	struct rl_image to = rl_image_new(im->height, width);
	size_t pitch = (size_t)im->width * 3, to_pitch = (size_t)width * 3;
	int32_t *wide = rl_calloc(pitch + 4, sizeof(*wide));
	int32_t *sums = rl_calloc(to_pitch + 4, sizeof(*sums));
	int pairs = (a.taps + 1) / 2;
	octet *weight = spread_weights(&a, width, pairs);

	for (size_t y = 0; y < (size_t)im->height; y++)
		horizontal(im->data + y * pitch, im->width, to.data + y * to_pitch, width, a.first,
			   weight, pairs, wide, sums);
	free(weight);
	free(wide);
	free(sums);
	free_axis(&a);
	return to;
}

/* A row of output is worked off in pieces whose sums stay in the first-level cache. */
enum { PIECE = 1024 };

RL_CLONES static void vertical(const uint8_t *in, size_t pitch, uint8_t *out, const int32_t *weight,
			       int taps)
{
	for (size_t at = 0; at < pitch; at += PIECE) {
		size_t n = pitch - at < PIECE ? pitch - at : PIECE;
		int32_t sum[PIECE];

#pragma omp simd
		for (size_t i = 0; i < n; i++)
			sum[i] = HALF;
		for (int k = 0; k < taps; k++) {
			const uint8_t *row = in + pitch * (size_t)k + at;
			int32_t w = weight[k];

			if (w == 0)
				continue;
#pragma omp simd
			for (size_t i = 0; i < n; i++)
				sum[i] += row[i] * w;
		}
#pragma omp simd
		for (size_t i = 0; i < n; i++)
			out[at + i] = settle(sum[i]);
	}
}

static struct rl_image resize_height(const struct rl_image *im, int height)
{
	struct axis a = plan_axis(im->height, height);
	struct rl_image to = rl_image_new(height, im->width);
	size_t pitch = (size_t)im->width * 3;

	for (size_t y = 0; y < (size_t)height; y++)
		vertical(im->data + pitch * (size_t)a.first[y], pitch, to.data + pitch * y,
			 a.weight + y * (size_t)a.taps, a.taps);
	free_axis(&a);
	return to;
}

struct rl_image rl_resize(const struct rl_image *im, int height, int width)
{
	struct rl_image wide = width == im->width ? *im : resize_width(im, width), to;

	if (height != im->height) {
		to = resize_height(&wide, height);
		if (wide.data != im->data)
			rl_image_free(&wide);
		return to;
	}
	if (wide.data != im->data)
		return wide;
	to = rl_image_new(height, width);
	memcpy(to.data, im->data, (size_t)height * (size_t)width * 3);
	return to;
}

void rl_short_side(const struct rl_image *im, int n, int64_t *height, int64_t *width)
{
	bool tall = im->width <= im->height;
	int64_t longer =
		tall ? (int64_t)n * im->height / im->width : (int64_t)n * im->width / im->height;

	*height = tall ? longer : n;
	*width = tall ? n : longer;
}
