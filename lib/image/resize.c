#include "image/resize.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights carry 22 bits: 32 less 8 of the pixel and 2 of room for the sum. */
enum { PRECISION = 32 - 8 - 2, HALF = 1 << (PRECISION - 1) };

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CLONES
#endif

/* What one axis does: output i is the sum over k < count[i] of weight[i * taps + k] x input
 * first[i] + k. */
struct axis {
	int taps;
	int *first, *count;
	int32_t *weight;
};

static struct axis plan_axis(int from, int to)
{
	double scale = (double)from / to, support = fmax(scale, 1), inverse = 1 / support;
	struct axis a = {.taps = (int)ceil(support) * 2 + 1};

	a.first = rl_realloc(NULL, (size_t)to, sizeof(*a.first));
	a.count = rl_realloc(NULL, (size_t)to, sizeof(*a.count));
	a.weight = rl_calloc((size_t)to * (size_t)a.taps, sizeof(*a.weight));
	double *w = rl_realloc(NULL, (size_t)a.taps, sizeof(*w));
	for (int i = 0; i < to; i++) {
		double centre = (i + 0.5) * scale, sum = 0;
		int begin = (int)fmax(centre - support + 0.5, 0);
		int end = (int)fmin(centre + support + 0.5, from);

		for (int k = 0; k < end - begin; k++) {
			w[k] = fmax(1 - fabs((k + begin - centre + 0.5) * inverse), 0);
			sum += w[k];
		}
		a.first[i] = begin;
		a.count[i] = end - begin;
		for (int k = 0; k < end - begin; k++)
			a.weight[(size_t)i * (size_t)a.taps + (size_t)k] =
				(int32_t)(0.5 + w[k] / sum * (1 << PRECISION));
	}
	free(w);
	return a;
}

static void free_axis(struct axis *a)
{
	free(a->first);
	free(a->count);
	free(a->weight);
}

/* No clipping at 0: the weights of a triangle are never negative. */
static inline int32_t settle(int32_t sum)
{
	sum >>= PRECISION;
	return sum > 255 ? 255 : sum;
}

/* A pixel is three lanes of four.  The fourth is read along and never stored. */
typedef int32_t quad __attribute__((vector_size(16)));
typedef uint8_t quad8 __attribute__((vector_size(4)));

static inline __attribute__((always_inline)) quad load_pixel(const uint8_t *p)
{
	quad8 v;

	memcpy(&v, p, 4);
	return __builtin_convertvector(v, quad);
}

static inline __attribute__((always_inline)) quad8 settle_pixel(quad sum)
{
	sum >>= PRECISION;
	quad over = sum > 255;
	return __builtin_convertvector((sum & ~over) | (over & 255), quad8);
}

enum { ROWS = 4 }; /* rows that share one walk along the weights */

/* One byte past the last pixel of each row of `in` is read, and must be there. */
CLONES static void horizontal(const uint8_t *const in[ROWS], uint8_t *const out[ROWS], int width,
			      const struct axis *a)
{
	for (int x = 0; x < width; x++) {
		const int32_t *weight = a->weight + (size_t)x * (size_t)a->taps;
		size_t at = (size_t)a->first[x] * 3;
		quad sum[ROWS];

		for (int r = 0; r < ROWS; r++)
			sum[r] = (quad){HALF, HALF, HALF, HALF};
		for (int k = 0; k < a->count[x]; k++, at += 3)
			for (int r = 0; r < ROWS; r++)
				sum[r] += load_pixel(in[r] + at) * weight[k];
		for (int r = 0; r < ROWS; r++) {
			quad8 pixel = settle_pixel(sum[r]);

			/* Four bytes are one store; the last pixel has no neighbour to spill on. */
			memcpy(out[r] + (size_t)x * 3, &pixel, x < width - 1 ? 4 : 3);
		}
	}
}

static struct rl_image resize_width(const struct rl_image *im, int width)
{
	struct axis a = plan_axis(im->width, width);
	struct rl_image to = rl_image_new(im->height, width);
	size_t pitch = (size_t)im->width * 3, to_pitch = (size_t)width * 3;
	/* The last row has nothing after it, so it is read from a longer copy. */
	uint8_t *last = rl_calloc(pitch + 1, 1);

	memcpy(last, im->data + pitch * (size_t)(im->height - 1), pitch);
	for (int y = 0; y < im->height; y += ROWS) {
		const uint8_t *in[ROWS];
		uint8_t *out[ROWS];

		/* Past the end the last row is done again, with the same result. */
		for (int r = 0; r < ROWS; r++) {
			int row = y + r < im->height ? y + r : im->height - 1;

			in[r] = row == im->height - 1 ? last : im->data + pitch * (size_t)row;
			out[r] = to.data + to_pitch * (size_t)row;
		}
		horizontal(in, out, width, &a);
	}
	free(last);
	free_axis(&a);
	return to;
}

/* A row of output is worked off in pieces whose sums stay in the first-level cache. */
enum { PIECE = 1024 };

CLONES static void vertical(const uint8_t *in, size_t pitch, uint8_t *out, const int32_t *weight,
			    int count)
{
	for (size_t at = 0; at < pitch; at += PIECE) {
		size_t n = pitch - at < PIECE ? pitch - at : PIECE;
		int32_t sum[PIECE];

		for (size_t i = 0; i < n; i++)
			sum[i] = HALF;
		for (int k = 0; k < count; k++) {
			const uint8_t *row = in + pitch * (size_t)k + at;
			int32_t w = weight[k];

#pragma omp simd
			for (size_t i = 0; i < n; i++)
				sum[i] += row[i] * w;
		}
#pragma omp simd
		for (size_t i = 0; i < n; i++)
			out[at + i] = (uint8_t)settle(sum[i]);
	}
}

static struct rl_image resize_height(const struct rl_image *im, int height)
{
	struct axis a = plan_axis(im->height, height);
	struct rl_image to = rl_image_new(height, im->width);
	size_t pitch = (size_t)im->width * 3;

	for (int y = 0; y < height; y++)
		vertical(im->data + pitch * (size_t)a.first[y], pitch, to.data + pitch * (size_t)y,
			 a.weight + (size_t)y * (size_t)a.taps, a.count[y]);
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
