#include "image/lens.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16, MARGIN = 16, PASSES = 8, ROUNDS = 5 };

#define LEAST_VARIANCE 9. /* of a block, in levels squared: else it is flat */
#define LEAST_R2 0.9      /* of green as a multiple of red and blue there: else it has colours */
#define MOST_SHIFT 0.05

struct plane {
	int height, width;
	float *at;
};

static struct plane plane_new(int height, int width)
{
	return (struct plane){height, width,
			      rl_calloc((size_t)height * (size_t)width, sizeof(float))};
}

static float sample(const struct plane *p, double x, double y)
{
	x = x < 0 ? 0 : x > p->width - 1 ? p->width - 1 : x;
	y = y < 0 ? 0 : y > p->height - 1 ? p->height - 1 : y;
	int x0 = (int)x, y0 = (int)y;
	int x1 = x0 + (x0 + 1 < p->width), y1 = y0 + (y0 + 1 < p->height);
	float fx = (float)(x - x0), fy = (float)(y - y0);
	const float *a = p->at + (size_t)y0 * (size_t)p->width;
	const float *b = p->at + (size_t)y1 * (size_t)p->width;

	return (1 - fy) * ((1 - fx) * a[x0] + fx * a[x1]) + fy * ((1 - fx) * b[x0] + fx * b[x1]);
}

/* out(r) = in(scale r), r from the middle. */
static void scaled(const struct plane *in, double scale, struct plane *out)
{
	double cx = (in->width - 1) / 2., cy = (in->height - 1) / 2.;
	float *to = out->at;

	for (int y = 0; y < in->height; y++)
		for (int x = 0; x < in->width; x++)
			*to++ = sample(in, cx + (x - cx) * scale, cy + (y - cy) * scale);
}

static void take_green(const struct rl_image *im, struct plane *green)
{
	size_t n = (size_t)im->height * (size_t)im->width;

	for (size_t i = 0; i < n; i++)
		green->at[i] = im->data[3 * i + 1];
}

void rl_lens_magnify_green(struct rl_image *im, double shift)
{
	struct plane green = plane_new(im->height, im->width);
	struct plane out = plane_new(im->height, im->width);
	size_t n = (size_t)im->height * (size_t)im->width;

	take_green(im, &green);
	scaled(&green, 1 / (1 + shift), &out);
	for (size_t i = 0; i < n; i++)
		im->data[3 * i + 1] = (uint8_t)lrintf(out.at[i]);
	free(green.at);
	free(out.at);
}

/* ---- measuring --------------------------------------------------------------------------------
 */

/* 1 4 6 4 1 both ways.  What is left after PASSES is coarse enough for differences to be gradients,
 * and for JPEG to have kept its colours: it stores them at half the size, which takes fringes off
 * fine edges. */
static void smooth(struct plane *p)
{
	static const float tap[5] = {1 / 16.f, 4 / 16.f, 6 / 16.f, 4 / 16.f, 1 / 16.f};
	size_t width = (size_t)p->width, height = (size_t)p->height;
	float *line = rl_malloc((width > height ? width : height) * sizeof(*line));

	for (int down = 0; down < 2; down++) {
		size_t n = down ? height : width, lines = down ? width : height;
		size_t step = down ? width : 1, next = down ? 1 : width;

		for (size_t l = 0; l < lines; l++) {
			float *at = p->at + l * next;

			for (size_t i = 0; i < n; i++)
				line[i] = at[i * step];
			for (size_t i = 2; i + 2 < n; i++) {
				float sum = 0;

				for (size_t k = 0; k < 5; k++)
					sum += tap[k] * line[i + k - 2];
				at[i * step] = sum;
			}
		}
	}
	free(line);
}

/* Sums over a block of l (red and blue), g (green) and d (the radial derivative of l, times the
 * distance from the middle, in half diagonals). */
struct block {
	double n, l, g, d, ll, lg, ld, gg, gd, dd;
};

static struct block sum_block(const struct plane *l, const struct plane *g, int x0, int y0)
{
	struct block b = {0};
	int w = l->width;
	double cx = (w - 1) / 2., cy = (l->height - 1) / 2., half = hypot(cx, cy);

	for (int y = y0; y < y0 + BLOCK; y++)
		for (int x = x0; x < x0 + BLOCK; x++) {
			const float *at = l->at + (size_t)y * (size_t)w + x;
			double gx = ((double)at[1] - (double)at[-1]) / 2;
			double gy = ((double)at[w] - (double)at[-w]) / 2;
			double lv = (double)*at,
			       gv = (double)g->at[(size_t)y * (size_t)w + (size_t)x];
			double dv = (gx * (x - cx) + gy * (y - cy)) / half;

			b.n++;
			b.l += lv, b.g += gv, b.d += dv;
			b.ll += lv * lv, b.lg += lv * gv, b.ld += lv * dv;
			b.gg += gv * gv, b.gd += gv * dv, b.dd += dv * dv;
		}
	return b;
}

/* g = a + m (l - displacement d): adds to the sums whose quotient is the displacement at the
 * corner, in pixels. */
static void add_block(const struct block *b, double *above, double *below)
{
	double ll = b->ll - b->l * b->l / b->n, lg = b->lg - b->l * b->g / b->n;
	double ld = b->ld - b->l * b->d / b->n, gg = b->gg - b->g * b->g / b->n;
	double gd = b->gd - b->g * b->d / b->n, dd = b->dd - b->d * b->d / b->n;

	if (!(ll > LEAST_VARIANCE * b->n) || !(lg > 0) || lg * lg < LEAST_R2 * ll * gg)
		return;
	double multiple = lg / ll;
	*above -= multiple * (gd - lg * ld / ll);
	*below += multiple * multiple * (dd - ld * ld / ll);
}

/* All blocks.  Returns the displacement at the corner, in pixels. */
static double sum_up(const struct plane *l, const struct plane *g, struct rl_lens *out)
{
	double cx = (l->width - 1) / 2., cy = (l->height - 1) / 2., half = hypot(cx, cy);
	double above = 0, below = 0;

	memset(out->bin, 0, sizeof(out->bin));
	for (int y = MARGIN; y + BLOCK + MARGIN <= l->height; y += BLOCK)
		for (int x = MARGIN; x + BLOCK + MARGIN <= l->width; x += BLOCK) {
			struct block b = sum_block(l, g, x, y);
			double up = 0, down = 0;
			double r = hypot(x + BLOCK / 2 - cx, y + BLOCK / 2 - cy) / half;
			int k = (int)(r * RL_LENS_BINS);

			add_block(&b, &up, &down);
			above += up;
			below += down;
			/* r up / down pixels, of the weight down / r^2. */
			out->bin[k].rest += r > 0 ? up * half / r : 0;
			out->bin[k].weight += r > 0 ? down * half * half / r / r : 0;
		}
	out->weight = below * half * half;
	return below > 0 ? above / below : 0;
}

struct rl_lens rl_lens_measure(const struct rl_image *im)
{
	struct rl_lens out = {0};
	size_t n = (size_t)im->height * (size_t)im->width;

	if (im->height < RL_LENS_LEAST || im->width < RL_LENS_LEAST)
		return out;
	struct plane l = plane_new(im->height, im->width), g = plane_new(im->height, im->width);
	struct plane back = plane_new(im->height, im->width);
	double half = hypot((im->width - 1) / 2., (im->height - 1) / 2.);
	for (size_t i = 0; i < n; i++)
		l.at[i] = ((float)im->data[3 * i] + (float)im->data[3 * i + 2]) / 2;
	take_green(im, &g);
	for (int i = 0; i < PASSES; i++) {
		smooth(&l);
		smooth(&g);
	}
	for (int round = 0; round <= ROUNDS; round++) {
		scaled(&g, 1 + out.shift, &back);
		double more = sum_up(&l, &back, &out) / half;
		if (round < ROUNDS) /* the last one is for the bins alone */
			out.shift = fmin(fmax(out.shift + more, -MOST_SHIFT), MOST_SHIFT);
	}
	free(l.at);
	free(g.at);
	free(back.at);
	return out;
}
