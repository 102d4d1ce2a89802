#include "twin.h"

#include <math.h>
#include <string.h>

int64_t twin_count(struct nchw s)
{
	return s.n * s.c * s.h * s.w;
}

struct nchw twin_slide(struct nchw s, int64_t c, int kernel, int stride, int pad, int dilation)
{
	int64_t reach = (int64_t)dilation * (kernel - 1) + 1;

	return (struct nchw){s.n, c, (s.h + 2 * pad - reach) / stride + 1,
			     (s.w + 2 * pad - reach) / stride + 1};
}

static void clear(double *x, int64_t n)
{
	memset(x, 0, (size_t)n * sizeof(*x));
}

/* ---- convolution ------------------------------------------------------------------------------
 */

enum { KERNEL = 7 }; /* the largest */

/* One tap of a kernel over one plane: output pixel (h, v) meets input pixel (h * stride + row,
 * v * stride + column), where that is no padding. */
struct tap {
	int64_t row, column, stride, in_width, out_width;
	int64_t first_h, end_h, first_v, end_v;
};

static void limit(int64_t *first, int64_t *end, int64_t shift, int64_t in, int64_t out,
		  int64_t stride)
{
	for (*first = 0; *first < out && *first * stride + shift < 0;)
		++*first;
	for (*end = out; *end > *first && (*end - 1) * stride + shift >= in;)
		--*end;
}

struct taps {
	int n;
	struct tap tap[KERNEL * KERNEL]; /* in the order of the weights */
};

static struct taps taps_of(struct nchw in, struct nchw out, struct rl_conv c)
{
	struct taps all = {.n = c.kernel * c.kernel};

	for (int k = 0; k < all.n; k++) {
		struct tap *t = &all.tap[k];

		*t = (struct tap){.row = k / c.kernel * c.dilation - c.pad,
				  .column = k % c.kernel * c.dilation - c.pad,
				  .stride = c.stride,
				  .in_width = in.w,
				  .out_width = out.w};
		limit(&t->first_h, &t->end_h, t->row, in.h, out.h, c.stride);
		limit(&t->first_v, &t->end_v, t->column, in.w, out.w, c.stride);
	}
	return all;
}

static int64_t met(const struct tap *t, int64_t h, int64_t v)
{
	return (h * t->stride + t->row) * t->in_width + v * t->stride + t->column;
}

static void tap_forward(double *y, const double *x, double w, const struct tap *t)
{
	for (int64_t h = t->first_h; h < t->end_h; h++)
		for (int64_t v = t->first_v; v < t->end_v; v++)
			y[h * t->out_width + v] += w * x[met(t, h, v)];
}

static void tap_backward_data(double *dx, const double *dy, double w, const struct tap *t)
{
	for (int64_t h = t->first_h; h < t->end_h; h++)
		for (int64_t v = t->first_v; v < t->end_v; v++)
			dx[met(t, h, v)] += w * dy[h * t->out_width + v];
}

static double tap_backward_weight(const double *dy, const double *x, const struct tap *t)
{
	double sum = 0;

	for (int64_t h = t->first_h; h < t->end_h; h++)
		for (int64_t v = t->first_v; v < t->end_v; v++)
			sum += dy[h * t->out_width + v] * x[met(t, h, v)];
	return sum;
}

void twin_conv(double *y, const double *x, const double *w, struct nchw in, struct rl_conv c)
{
	struct nchw out = twin_slide(in, c.out, c.kernel, c.stride, c.pad, c.dilation);
	const struct taps t = taps_of(in, out, c);

	clear(y, twin_count(out));
#pragma omp parallel for collapse(2)
	for (int64_t n = 0; n < out.n; n++)
		for (int64_t o = 0; o < out.c; o++)
			for (int64_t i = 0; i < in.c; i++)
				for (int k = 0; k < t.n; k++)
					tap_forward(y + (n * out.c + o) * out.h * out.w,
						    x + (n * in.c + i) * in.h * in.w,
						    w[(o * in.c + i) * t.n + k], &t.tap[k]);
}

static void conv_backward_data(double *dx, const double *dy, const double *w, struct nchw in,
			       struct nchw out, const struct taps *t)
{
	clear(dx, twin_count(in));
#pragma omp parallel for collapse(2)
	for (int64_t n = 0; n < in.n; n++)
		for (int64_t i = 0; i < in.c; i++)
			for (int64_t o = 0; o < out.c; o++)
				for (int k = 0; k < t->n; k++)
					tap_backward_data(dx + (n * in.c + i) * in.h * in.w,
							  dy + (n * out.c + o) * out.h * out.w,
							  w[(o * in.c + i) * t->n + k], &t->tap[k]);
}

static void conv_backward_weight(double *dw, const double *dy, const double *x, struct nchw in,
				 struct nchw out, const struct taps *t)
{
	clear(dw, out.c * in.c * t->n);
#pragma omp parallel for collapse(2)
	for (int64_t o = 0; o < out.c; o++)
		for (int64_t i = 0; i < in.c; i++)
			for (int k = 0; k < t->n; k++)
				for (int64_t n = 0; n < in.n; n++)
					dw[(o * in.c + i) * t->n + k] += tap_backward_weight(
						dy + (n * out.c + o) * out.h * out.w,
						x + (n * in.c + i) * in.h * in.w, &t->tap[k]);
}

void twin_conv_backward(double *dx, double *dw, const double *dy, const double *x, const double *w,
			struct nchw in, struct rl_conv c)
{
	struct nchw out = twin_slide(in, c.out, c.kernel, c.stride, c.pad, c.dilation);
	const struct taps t = taps_of(in, out, c);

	if (dx)
		conv_backward_data(dx, dy, w, in, out, &t);
	if (dw)
		conv_backward_weight(dw, dy, x, in, out, &t);
}

/* ---- normalisation ----------------------------------------------------------------------------
 */

/* Element (n, area) of channel c, counted by k = n * area + position. */
static int64_t of_channel(int64_t c, int64_t k, struct nchw s)
{
	int64_t area = s.h * s.w;

	return (k / area * s.c + c) * area + k % area;
}

static double square(double x)
{
	return x * x;
}

void twin_bnorm(double *y, double *mean, double *var, double *running_mean, double *running_var,
		const double *x, const double *weight, const double *bias, struct nchw s,
		struct rl_bnorm b)
{
	int64_t count = s.n * s.h * s.w;
	double copied = (double)count * b.copies;

	for (int64_t c = 0; c < s.c; c++) {
		double sum = 0, squares = 0;

		for (int64_t k = 0; k < count; k++)
			sum += x[of_channel(c, k, s)];
		mean[c] = b.running ? running_mean[c] : sum / (double)count;
		for (int64_t k = 0; k < count; k++)
			squares += square(x[of_channel(c, k, s)] - mean[c]);
		var[c] = b.running ? running_var[c] : squares / (double)count;
		for (int64_t k = 0; k < count; k++) {
			int64_t i = of_channel(c, k, s);

			y[i] = weight[c] * (x[i] - mean[c]) / sqrt(var[c] + b.eps) + bias[c];
			if (b.relu && y[i] < 0)
				y[i] = 0;
		}
		if (b.running)
			continue;
		running_mean[c] += b.momentum * (mean[c] - running_mean[c]);
		running_var[c] += b.momentum * (var[c] * copied / (copied - 1) - running_var[c]);
	}
}

void twin_bnorm_backward(double *dx, double *dweight, double *dbias, const double *dy,
			 const double *x, const double *y, const double *mean, const double *var,
			 const double *weight, struct nchw s, struct rl_bnorm b)
{
	int64_t count = s.n * s.h * s.w;

	for (int64_t c = 0; c < s.c; c++) {
		double scale = 1 / sqrt(var[c] + b.eps), sum = 0, dot = 0;

		for (int64_t k = 0; k < count; k++) {
			int64_t i = of_channel(c, k, s);
			double d = b.relu && y[i] <= 0 ? 0 : dy[i];

			sum += d;
			dot += d * (x[i] - mean[c]) * scale;
		}
		dweight[c] = dot;
		dbias[c] = sum;
		for (int64_t k = 0; k < count && dx; k++) {
			int64_t i = of_channel(c, k, s);
			double d = b.relu && y[i] <= 0 ? 0 : dy[i];

			/* The statistics of the batch depend on x, too. */
			if (!b.running)
				d -= (sum + (x[i] - mean[c]) * scale * dot) / (double)count;
			dx[i] = weight[c] * scale * d;
		}
	}
}

/* ---- element by element -----------------------------------------------------------------------
 */

void twin_relu(double *y, const double *x, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		y[i] = x[i] > 0 ? x[i] : 0;
}

void twin_relu_backward(double *dx, const double *dy, const double *y, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		dx[i] = y[i] > 0 ? dy[i] : 0;
}

void twin_add_relu(double *y, const double *a, const double *b, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		y[i] = a[i] + b[i] > 0 ? a[i] + b[i] : 0;
}

void twin_add_relu_backward(double *da, double *db, const double *dy, const double *y, int64_t n)
{
	if (da)
		twin_relu_backward(da, dy, y, n);
	if (db)
		twin_relu_backward(db, dy, y, n);
}

void twin_dropout(double *y, const double *x, const bool *keep, double p, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		y[i] = keep[i] ? x[i] / (1 - p) : 0;
}

void twin_dropout_backward(double *dx, const double *dy, const bool *keep, double p, int64_t n)
{
	twin_dropout(dx, dy, keep, p, n);
}

/* ---- pooling ----------------------------------------------------------------------------------
 */

struct span {
	int64_t first_h, end_h, first_w, end_w;
};

/* The pixels of the input under output pixel (h, w). */
static struct span under(int64_t h, int64_t w, struct nchw in, struct rl_pool c)
{
	int64_t top = h * c.stride - c.pad, left = w * c.stride - c.pad;
	int64_t bottom = top + c.kernel, right = left + c.kernel;

	return (struct span){top < 0 ? 0 : top, bottom > in.h ? in.h : bottom, left < 0 ? 0 : left,
			     right > in.w ? in.w : right};
}

static int64_t first_maximum(const double *x, struct span s, int64_t width)
{
	int64_t best = s.first_h * width + s.first_w;

	for (int64_t h = s.first_h; h < s.end_h; h++)
		for (int64_t w = s.first_w; w < s.end_w; w++)
			if (x[h * width + w] > x[best])
				best = h * width + w;
	return best;
}

void twin_maxpool(double *y, const double *x, struct nchw in, struct rl_pool c)
{
	struct nchw out = twin_slide(in, in.c, c.kernel, c.stride, c.pad, 1);

	for (int64_t p = 0; p < in.n * in.c; p++, x += in.h * in.w)
		for (int64_t h = 0; h < out.h; h++)
			for (int64_t w = 0; w < out.w; w++)
				*y++ = x[first_maximum(x, under(h, w, in, c), in.w)];
}

void twin_maxpool_backward(double *dx, const double *dy, const double *x, struct nchw in,
			   struct rl_pool c)
{
	struct nchw out = twin_slide(in, in.c, c.kernel, c.stride, c.pad, 1);

	clear(dx, twin_count(in));
	for (int64_t p = 0; p < in.n * in.c; p++, x += in.h * in.w, dx += in.h * in.w)
		for (int64_t h = 0; h < out.h; h++)
			for (int64_t w = 0; w < out.w; w++)
				dx[first_maximum(x, under(h, w, in, c), in.w)] += *dy++;
}

void twin_avgpool(double *y, const double *x, struct nchw in, struct rl_pool c)
{
	struct nchw out = twin_slide(in, in.c, c.kernel, c.stride, c.pad, 1);

	clear(y, twin_count(out));
	for (int64_t p = 0; p < in.n * in.c; p++, x += in.h * in.w)
		for (int64_t o = 0; o < out.h * out.w; o++, y++) {
			struct span s = under(o / out.w, o % out.w, in, c);

			for (int64_t h = s.first_h; h < s.end_h; h++)
				for (int64_t w = s.first_w; w < s.end_w; w++)
					*y += x[h * in.w + w] / (c.kernel * c.kernel);
		}
}

void twin_avgpool_backward(double *dx, const double *dy, struct nchw in, struct rl_pool c)
{
	struct nchw out = twin_slide(in, in.c, c.kernel, c.stride, c.pad, 1);

	clear(dx, twin_count(in));
	for (int64_t p = 0; p < in.n * in.c; p++, dx += in.h * in.w)
		for (int64_t o = 0; o < out.h * out.w; o++, dy++) {
			struct span s = under(o / out.w, o % out.w, in, c);

			for (int64_t h = s.first_h; h < s.end_h; h++)
				for (int64_t w = s.first_w; w < s.end_w; w++)
					dx[h * in.w + w] += *dy / (c.kernel * c.kernel);
		}
}

void twin_global_avgpool(double *y, const double *x, struct nchw in)
{
	int64_t area = in.h * in.w;

	clear(y, in.n * in.c);
	for (int64_t i = 0; i < twin_count(in); i++)
		y[i / area] += x[i] / (double)area;
}

void twin_global_avgpool_backward(double *dx, const double *dy, struct nchw in)
{
	int64_t area = in.h * in.w;

	for (int64_t i = 0; i < twin_count(in); i++)
		dx[i] = dy[i / area] / (double)area;
}

/* ---- rows of features -------------------------------------------------------------------------
 */

void twin_linear(double *y, const double *x, const double *w, const double *b, int64_t n,
		 int64_t in, int64_t out)
{
	for (int64_t r = 0; r < n; r++)
		for (int64_t o = 0; o < out; o++) {
			double sum = b[o];

			for (int64_t i = 0; i < in; i++)
				sum += x[r * in + i] * w[o * in + i];
			y[r * out + o] = sum;
		}
}

void twin_linear_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
			  const double *w, int64_t n, int64_t in, int64_t out)
{
	if (dx)
		clear(dx, n * in);
	clear(dw, out * in);
	clear(db, out);
	for (int64_t r = 0; r < n; r++)
		for (int64_t o = 0; o < out; o++) {
			double d = dy[r * out + o];

			db[o] += d;
			for (int64_t i = 0; i < in; i++)
				dw[o * in + i] += d * x[r * in + i];
			for (int64_t i = 0; i < in && dx; i++)
				dx[r * in + i] += d * w[o * in + i];
		}
}

void twin_concat_repeat(double *y, const double *a, const double *b, int64_t na, int64_t ca,
			int64_t nb, int64_t cb)
{
	for (int64_t r = 0; r < na; r++) {
		for (int64_t i = 0; i < ca; i++)
			*y++ = a[r * ca + i];
		for (int64_t i = 0; i < cb; i++)
			*y++ = b[r / (na / nb) * cb + i];
	}
}

void twin_concat_repeat_backward(double *da, double *db, const double *dy, int64_t na, int64_t ca,
				 int64_t nb, int64_t cb)
{
	if (db)
		clear(db, nb * cb);
	for (int64_t r = 0; r < na; r++, dy += ca + cb) {
		for (int64_t i = 0; i < ca && da; i++)
			da[r * ca + i] = dy[i];
		for (int64_t i = 0; i < cb && db; i++)
			db[r / (na / nb) * cb + i] += dy[ca + i];
	}
}

static double log_sum(const double *x, int64_t k)
{
	double top = x[0], sum = 0;

	for (int64_t c = 1; c < k; c++)
		top = fmax(top, x[c]);
	for (int64_t c = 0; c < k; c++)
		sum += exp(x[c] - top);
	return top + log(sum);
}

double twin_softmax_ce(const double *x, const int32_t *label, int64_t n, int64_t k)
{
	double loss = 0;

	for (int64_t r = 0; r < n; r++)
		loss += (log_sum(x + r * k, k) - x[r * k + label[r]]) / (double)n;
	return loss;
}

void twin_softmax_ce_backward(double *dx, const double *x, const int32_t *label, int64_t n,
			      int64_t k)
{
	for (int64_t i = 0; i < n * k; i++)
		dx[i] = (exp(x[i] - log_sum(x + i / k * k, k)) - (i % k == label[i / k])) /
			(double)n;
}
