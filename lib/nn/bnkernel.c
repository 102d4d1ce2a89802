#include "nn/bnkernel.h"

#include "base/clones.h"
#include "nn/lanes.h"

#include <stddef.h>

/* The part of a sweep that one call of a kernel does: up to two vectors of neighbouring channels of
 * a run of images.  Vectors and sums start at the first of these channels. */
struct piece {
	const char *x, *dy;
	char *out;
	const float *mean, *scale, *bias, *slope, *shift;
	double *sum, *product;
	bool bf16, relu;
	int64_t lanes, images, image, pixels, pixel; /* counts, and numbers from one to the next */
};

/* Of `wide` vectors, `lanes` channels in all. */
#define EACH(v) for (int v = 0; v < wide; v++)
#define LANES(v) (lanes - v * RL_LANES < RL_LANES ? lanes - v * RL_LANES : RL_LANES)
#define LOAD(to, from, at) EACH(v) rl_load(&(to)[v], from, (at) + v * RL_LANES, LANES(v), bf16)
#define STORE(to, from, at) EACH(v) rl_store(to, &(from)[v], (at) + v * RL_LANES, LANES(v), bf16)
#define VECTOR(name)   \
	rl_f8 name[2]; \
	EACH(v) rl_load(&name[v], p->name, v *RL_LANES, LANES(v), false)
#define FOR_PIXELS(at)                          \
	for (int64_t i = 0; i < p->images; i++) \
		for (int64_t j = 0, at = i * p->image; j < p->pixels; j++, at += p->pixel)

/* Of a vector: the lower half, the upper half. */
struct sums {
	rl_d4 sum[2], product[2];
};

RL_INLINE void add_to_sums(struct sums *s, const rl_f8 *a, const rl_f8 *b)
{
	for (int half = 0; half < 2; half++) {
		rl_d4 x, y;

		rl_widen(&x, a, half);
		rl_widen(&y, b, half);
		s->sum[half] += x;
		s->product[half] += x * y;
	}
}

RL_INLINE void give_sums(const struct piece *p, const struct sums *s, int wide, int64_t lanes)
{
	EACH(v)
	{
		for (int64_t c = 0; c < LANES(v); c++) {
			p->sum[v * RL_LANES + c] += s[v].sum[c / 4][c % 4];
			p->product[v * RL_LANES + c] += s[v].product[c / 4][c % 4];
		}
	}
}

/* Clear where ReLU cuts.  Forward and backward ask with the same expression. */
RL_INLINE void cut(rl_f8 *what, const rl_f8 *centred, const rl_f8 *scale, const rl_f8 *bias)
{
	rl_i8 positive = *centred * *scale + *bias > 0;

	rl_keep(what, &positive);
}

RL_INLINE void sum_x(const struct piece *p, int wide, int64_t lanes, bool relu, bool bf16)
{
	struct sums s[2] = {0};
	rl_f8 x[2];

	(void)relu;
	FOR_PIXELS(at)
	{
		LOAD(x, p->x, at);
		EACH(v)
		{
			add_to_sums(&s[v], &x[v], &x[v]);
		}
	}
	give_sums(p, s, wide, lanes);
}

RL_INLINE void normalise(const struct piece *p, int wide, int64_t lanes, bool relu, bool bf16)
{
	rl_f8 x[2], y[2];

	VECTOR(mean);
	VECTOR(scale);
	VECTOR(bias);
	FOR_PIXELS(at)
	{
		LOAD(x, p->x, at);
		EACH(v)
		{
			x[v] -= mean[v];
			y[v] = x[v] * scale[v] + bias[v];
			if (relu)
				cut(&y[v], &x[v], &scale[v], &bias[v]);
		}
		STORE(p->out, y, at);
	}
}

RL_INLINE void sum_gradient(const struct piece *p, int wide, int64_t lanes, bool relu, bool bf16)
{
	struct sums s[2] = {0};
	rl_f8 x[2], g[2];

	VECTOR(mean);
	VECTOR(scale);
	VECTOR(bias);
	FOR_PIXELS(at)
	{
		LOAD(x, p->x, at);
		LOAD(g, p->dy, at);
		EACH(v)
		{
			x[v] -= mean[v];
			if (relu)
				cut(&g[v], &x[v], &scale[v], &bias[v]);
			add_to_sums(&s[v], &g[v], &x[v]);
		}
	}
	give_sums(p, s, wide, lanes);
}

RL_INLINE void differentiate(const struct piece *p, int wide, int64_t lanes, bool relu, bool bf16)
{
	rl_f8 x[2], g[2];

	VECTOR(mean);
	VECTOR(scale);
	VECTOR(bias);
	VECTOR(slope);
	VECTOR(shift);
	FOR_PIXELS(at)
	{
		LOAD(x, p->x, at);
		LOAD(g, p->dy, at);
		EACH(v)
		{
			x[v] -= mean[v];
			if (relu)
				cut(&g[v], &x[v], &scale[v], &bias[v]);
			g[v] = scale[v] * g[v] - slope[v] * x[v] - shift[v];
		}
		STORE(p->out, g, at);
	}
}

/* Each kernel with the usual widths, kinds of number, and ReLU as constants. */
#define WITH(kernel, wide, lanes)                                  \
	(p->bf16   ? p->relu ? kernel(p, wide, lanes, true, true)  \
			     : kernel(p, wide, lanes, false, true) \
	   : p->relu ? kernel(p, wide, lanes, true, false)         \
		   : kernel(p, wide, lanes, false, false))
#define SPECIALISE(name, kernel)                                             \
	RL_CLONES                                                            \
	static void name(const struct piece *p)                              \
	{                                                                    \
		if (p->lanes == 2 * RL_LANES)                                \
			WITH(kernel, 2, 2 * RL_LANES);                       \
		else if (p->lanes == RL_LANES)                               \
			WITH(kernel, 1, RL_LANES);                           \
		else                                                         \
			WITH(kernel, p->lanes > RL_LANES ? 2 : 1, p->lanes); \
	}

SPECIALISE(sum_x_piece, sum_x)
SPECIALISE(normalise_piece, normalise)
SPECIALISE(sum_gradient_piece, sum_gradient)
SPECIALISE(differentiate_piece, differentiate)

/* Slices outermost: a thread sweeps whole images, which it has likely just made. */
static void for_pieces(const struct rl_bn_sweep *s, void (*kernel)(const struct piece *))
{
	int64_t groups = (s->channels + s->at.lanes - 1) / s->at.lanes;
	int64_t size = s->bf16 ? 2 : 4;

#define OFFSET(pointer, offset) ((pointer) ? (pointer) + (offset) : NULL)
#pragma omp parallel for collapse(2) schedule(static)
	for (int64_t slice = 0; slice < RL_BN_SLICES; slice++) {
		for (int64_t g = 0; g < groups; g++) {
			int64_t begin = s->images * slice / RL_BN_SLICES;
			int64_t end = s->images * (slice + 1) / RL_BN_SLICES;
			int64_t first = g * s->at.lanes, sums = slice * s->channels + first;
			int64_t o = (begin * s->at.image + g * s->at.group) * size;
			int64_t left = s->channels - first;

			if (begin == end)
				continue;
			kernel(&(struct piece){
				.x = OFFSET((const char *)s->x, o),
				.dy = OFFSET((const char *)s->dy, o),
				.out = OFFSET((char *)s->out, o),
				.mean = OFFSET(s->mean, first),
				.scale = OFFSET(s->scale, first),
				.bias = OFFSET(s->bias, first),
				.slope = OFFSET(s->slope, first),
				.shift = OFFSET(s->shift, first),
				.sum = OFFSET(s->sum, sums),
				.product = OFFSET(s->product, sums),
				.bf16 = s->bf16,
				.relu = s->relu,
				.lanes = left < s->at.lanes ? left : s->at.lanes,
				.images = end - begin,
				.image = s->at.image,
				.pixels = s->pixels,
				.pixel = s->at.pixel,
			});
		}
	}
#undef OFFSET
}

void rl_bn_sum_x(const struct rl_bn_sweep *s)
{
	for_pieces(s, sum_x_piece);
}

void rl_bn_normalise(const struct rl_bn_sweep *s)
{
	for_pieces(s, normalise_piece);
}

void rl_bn_sum_gradient(const struct rl_bn_sweep *s)
{
	for_pieces(s, sum_gradient_piece);
}

void rl_bn_differentiate(const struct rl_bn_sweep *s)
{
	for_pieces(s, differentiate_piece);
}
