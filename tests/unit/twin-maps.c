/* Twins of the ops on maps that detection and segmentation add. */
#include "twin.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void twin_bias(double *y, const double *x, const double *bias, struct nchw s, bool relu)
{
	for (int64_t i = 0; i < twin_count(s); i++) {
		y[i] = x[i] + bias[i / (s.h * s.w) % s.c];
		if (relu && y[i] < 0)
			y[i] = 0;
	}
}

void twin_bias_backward(double *dx, double *db, const double *dy, const double *y, struct nchw s,
			bool relu)
{
	memset(db, 0, (size_t)s.c * sizeof(*db));
	for (int64_t i = 0; i < twin_count(s); i++) {
		double d = relu && !(y[i] > 0) ? 0 : dy[i];

		if (dx)
			dx[i] = d;
		db[i / (s.h * s.w) % s.c] += d;
	}
}

/* ---- transposed convolution ---- */

/* Calls each (index of x, of w, of y) that multiply and add. */
struct term {
	int64_t x, w, y;
};

static struct term deconv_term(struct nchw in, int64_t out, int64_t i)
{
	int64_t k = i % 4, o = i / 4 % out, pixel = i / 4 / out % (in.h * in.w);
	int64_t c = i / 4 / out / (in.h * in.w) % in.c, image = i / 4 / out / (in.h * in.w) / in.c;
	int64_t y = 2 * (pixel / in.w) + k / 2, x = 2 * (pixel % in.w) + k % 2;

	return (struct term){(image * in.c + c) * in.h * in.w + pixel, (c * out + o) * 4 + k,
			     ((image * out + o) * 2 * in.h + y) * 2 * in.w + x};
}

void twin_deconv(double *y, const double *x, const double *w, struct nchw in, int64_t out)
{
	memset(y, 0, (size_t)(in.n * out * 4 * in.h * in.w) * sizeof(*y));
	for (int64_t i = 0; i < twin_count(in) * out * 4; i++) {
		struct term t = deconv_term(in, out, i);

		y[t.y] += x[t.x] * w[t.w];
	}
}

void twin_deconv_backward(double *dx, double *dw, const double *dy, const double *x,
			  const double *w, struct nchw in, int64_t out)
{
	memset(dw, 0, (size_t)(in.c * out * 4) * sizeof(*dw));
	if (dx)
		memset(dx, 0, (size_t)twin_count(in) * sizeof(*dx));
	for (int64_t i = 0; i < twin_count(in) * out * 4; i++) {
		struct term t = deconv_term(in, out, i);

		dw[t.w] += dy[t.y] * x[t.x];
		if (dx)
			dx[t.x] += dy[t.y] * w[t.w];
	}
}

/* ---- bilinear samples ---- */

/* The four pixels of a h x w map around (y, x) that lies within it, and their weights. */
struct corners {
	int64_t at[4];
	double weight[4];
};

static struct corners corners_of(double y, double x, int64_t h, int64_t w)
{
	int64_t y0 = (int64_t)fmin(floor(y), (double)(h - 1)),
		x0 = (int64_t)fmin(floor(x), (double)(w - 1));
	int64_t y1 = y0 + 1 < h ? y0 + 1 : y0, x1 = x0 + 1 < w ? x0 + 1 : x0;
	double fy = y1 > y0 ? y - (double)y0 : 0, fx = x1 > x0 ? x - (double)x0 : 0;

	return (struct corners){{y0 * w + x0, y0 * w + x1, y1 * w + x0, y1 * w + x1},
				{(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx}};
}

static double source(int64_t o, int64_t in, int64_t out, enum rl_interpolation how)
{
	switch (how) {
	case RL_NEAREST: return (double)(o * in / out);
	case RL_BILINEAR_CORNERS: return out == 1 ? 0 : (double)(o * (in - 1)) / (double)(out - 1);
	default: return fmax(((double)o + 0.5) * (double)in / (double)out - 0.5, 0);
	}
}

/* Forward where dx is NULL, backward where y is. */
static void resize(double *y, const double *x, double *dx, const double *dy, struct nchw in,
		   int64_t height, int64_t width, enum rl_interpolation how)
{
	for (int64_t i = 0; i < in.n * in.c * height * width; i++) {
		int64_t plane = i / (height * width) * in.h * in.w;
		struct corners c = corners_of(source(i / width % height, in.h, height, how),
					      source(i % width, in.w, width, how), in.h, in.w);

		for (int k = 0; k < 4 && y; k++)
			y[i] = (k ? y[i] : 0) + c.weight[k] * x[plane + c.at[k]];
		for (int k = 0; k < 4 && dx; k++)
			dx[plane + c.at[k]] += c.weight[k] * dy[i];
	}
}

void twin_interpolate(double *y, const double *x, struct nchw in, int64_t height, int64_t width,
		      enum rl_interpolation how)
{
	resize(y, x, NULL, NULL, in, height, width, how);
}

void twin_interpolate_backward(double *dx, const double *dy, struct nchw in, int64_t height,
			       int64_t width, enum rl_interpolation how)
{
	memset(dx, 0, (size_t)twin_count(in) * sizeof(*dx));
	resize(NULL, NULL, dx, dy, in, height, width, how);
}

/* One bin of one channel of a region. */
static void roi_bin(double *y, const double *x, double *dx, double dy, struct nchw in,
		    const struct rl_roi *r, int by, int bx, const struct rl_roi_align *how)
{
	double scale = how->scale[r->level], shift = how->aligned ? 0.5 : 0;
	double x1 = r->box[0] * scale - shift, y1 = r->box[1] * scale - shift;
	double w = r->box[2] * scale - shift - x1, h = r->box[3] * scale - shift - y1;

	if (!how->aligned) {
		w = fmax(w, 1);
		h = fmax(h, 1);
	}
	double bw = w / how->bins, bh = h / how->bins;
	int nx = how->sampling ? how->sampling : (int)ceil(bw);
	int ny = how->sampling ? how->sampling : (int)ceil(bh);

	for (int i = 0; i < ny * nx; i++) {
		double sy = y1 + by * bh + (i / nx + 0.5) * bh / ny;
		double sx = x1 + bx * bw + (i % nx + 0.5) * bw / nx;

		if (sy < -1 || sy > (double)in.h || sx < -1 || sx > (double)in.w)
			continue;
		struct corners c = corners_of(fmax(sy, 0), fmax(sx, 0), in.h, in.w);
		for (int k = 0; k < 4; k++) {
			if (y)
				*y += c.weight[k] * x[c.at[k]] / (ny * nx);
			if (dx)
				dx[c.at[k]] += c.weight[k] * dy / (ny * nx);
		}
	}
}

static void roi_align(double *y, const double *const *x, double *const *dx, const double *dy,
		      const struct nchw *in, const struct rl_roi *region, int64_t regions,
		      const struct rl_roi_align *how)
{
	int bins = how->bins * how->bins;

	for (int64_t i = 0; i < regions * in[0].c * bins; i++) {
		int64_t r = i / bins / in[0].c, c = i / bins % in[0].c;
		const struct nchw s = in[region[r].level];
		int64_t plane = (region[r].image * s.c + c) * s.h * s.w;
		int level = region[r].level, bin = (int)(i % bins);

		if (y)
			y[i] = 0;
		if (!y && !dx[level])
			continue;
		roi_bin(y ? &y[i] : NULL, y ? x[level] + plane : NULL, y ? NULL : dx[level] + plane,
			y ? 0 : dy[i], s, &region[r], bin / how->bins, bin % how->bins, how);
	}
}

void twin_roi_align(double *y, const double *const *x, const struct nchw *in,
		    const struct rl_roi *region, int64_t regions, const struct rl_roi_align *how)
{
	roi_align(y, x, NULL, NULL, in, region, regions, how);
}

void twin_roi_align_backward(double *const *dx, const double *dy, const struct nchw *in,
			     const struct rl_roi *region, int64_t regions,
			     const struct rl_roi_align *how)
{
	for (int i = 0; i < how->levels; i++)
		if (dx[i])
			memset(dx[i], 0, (size_t)twin_count(in[i]) * sizeof(double));
	roi_align(NULL, NULL, dx, dy, in, region, regions, how);
}

/* ---- channels behind others ---- */

static void split(double *a, double *b, double *whole, struct nchw s, int64_t channels, bool join)
{
	int64_t area = s.h * s.w;

	for (int64_t i = 0; i < s.n * (s.c + channels) * area; i++) {
		int64_t c = i / area % (s.c + channels), image = i / area / (s.c + channels);
		double *part = c < s.c ? a : b;
		int64_t at =
			c < s.c ? (image * s.c + c) * area : (image * channels + c - s.c) * area;

		if (join)
			whole[i] = part[at + i % area];
		else if (part)
			part[at + i % area] = whole[i];
	}
}

void twin_concat(double *y, const double *a, const double *b, struct nchw s, int64_t channels)
{
	split((double *)a, (double *)b, y, s, channels, true);
}

void twin_concat_backward(double *da, double *db, const double *dy, struct nchw s, int64_t channels)
{
	split(da, db, (double *)dy, s, channels, false);
}

/* ---- cross-entropy of pixels ---- */

/* The loss, and the gradient of the enlarged logits where wanted. */
static double pixel_ce(const double *z, double *dz, const uint8_t *map, int64_t n, int64_t k,
		       int64_t area, const struct rl_pixel_ce *how)
{
	double loss = 0, by = how->weight / (double)(n * area);

	for (int64_t i = 0; i < n * area; i++) {
		const double *of = z + i / area * k * area + i % area;
		double sum = 0;

		if (map[i] == how->none)
			continue;
		for (int64_t c = 0; c < k; c++)
			sum += exp(of[c * area]);
		loss += by * (log(sum) - of[map[i] * area]);
		for (int64_t c = 0; c < k && dz; c++)
			dz[i / area * k * area + i % area + c * area] =
				by * (exp(of[c * area]) / sum - (c == map[i]));
	}
	return loss;
}

static double *enlarged(const double *x, struct nchw s, const struct rl_pixel_ce *c)
{
	double *z = rl_calloc((size_t)(s.n * s.c * c->height * c->width), sizeof(*z));

	if (x)
		twin_interpolate(z, x, s, c->height, c->width, c->how);
	return z;
}

double twin_pixel_ce(const double *x, const uint8_t *map, struct nchw s,
		     const struct rl_pixel_ce *c)
{
	double *z = enlarged(x, s, c);
	double loss = pixel_ce(z, NULL, map, s.n, s.c, c->height * c->width, c);

	free(z);
	return loss;
}

void twin_pixel_ce_backward(double *dx, const double *x, const uint8_t *map, struct nchw s,
			    const struct rl_pixel_ce *c)
{
	double *z = enlarged(x, s, c), *dz = enlarged(NULL, s, c);

	pixel_ce(z, dz, map, s.n, s.c, c->height * c->width, c);
	twin_interpolate_backward(dx, dz, s, c->height, c->width, c->how);
	free(z);
	free(dz);
}
