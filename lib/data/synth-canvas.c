#include "data/synth-canvas.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void rl_layer_init(struct rl_layer *l, int x0, int y0, int w, int h)
{
	*l = (struct rl_layer){.x0 = x0, .y0 = y0, .w = w < 1 ? 1 : w, .h = h < 1 ? 1 : h};
	l->rgba = rl_calloc((size_t)l->w * (size_t)l->h * 4, sizeof(float));
	l->cover = rl_malloc((size_t)(l->w + 2) * (size_t)l->h * sizeof(float));
}

void rl_layer_free(struct rl_layer *l)
{
	free(l->rgba);
	free(l->cover);
	*l = (struct rl_layer){0};
}

void rl_outline_point(struct rl_outline *o, float x, float y)
{
	if (o->n == RL_OUTLINE_POINTS)
		rl_die("outline: more than %d points", RL_OUTLINE_POINTS);
	o->at[o->n][0] = x;
	o->at[o->n++][1] = y;
}

void rl_outline_close(struct rl_outline *o)
{
	if (o->ncontour == RL_OUTLINE_CONTOURS)
		rl_die("outline: more than %d contours", RL_OUTLINE_CONTOURS);
	o->end[o->ncontour++] = o->n;
}

/*
 * The coverage of a pixel is the area to the right of all edges, summed with their directions.  So
 * an edge adds to each pixel it crosses the area right of it within the pixel, and its height to
 * all pixels further right: that second part is left to the running sum along the row.
 */
static void edge_in_row(float *row, int w, float xa, float xb, float dy)
{
	float left = fminf(xa, xb), right = fmaxf(xa, xb), width = right - left;
	int first = (int)floorf(left), last = (int)floorf(right);

	if (first >= w)
		return;
	if (last < 0) {
		row[0] += dy;
		return;
	}
	for (int i = first; i <= last && i < w; i++) {
		float l = fmaxf(left, (float)i), r = fminf(right, (float)(i + 1));
		float part = width > 0 ? dy * (r - l) / width : dy;

		if (i < 0) {
			row[0] += part;
			continue;
		}
		float inside = part * ((float)(i + 1) - (l + r) / 2);
		row[i] += inside;
		row[i + 1] += part - inside;
	}
}

static void edge(const struct rl_layer *l, float x0, float y0, float x1, float y1)
{
	float sign = 1;

	if (y0 > y1) {
		float tx = x0, ty = y0;

		x0 = x1, y0 = y1, x1 = tx, y1 = ty;
		sign = -1;
	}
	if (y0 == y1 || y1 <= 0 || y0 >= (float)l->h)
		return;
	float slope = (x1 - x0) / (y1 - y0);
	int first = y0 < 0 ? 0 : (int)y0;
	for (int y = first; y < l->h && (float)y < y1; y++) {
		float top = fmaxf(y0, (float)y), bottom = fminf(y1, (float)(y + 1));

		edge_in_row(l->cover + (size_t)y * (size_t)(l->w + 2), l->w,
			    x0 + slope * (top - y0), x0 + slope * (bottom - y0),
			    sign * (bottom - top));
	}
}

static int clamp(float v, int hi)
{
	return v <= 0 ? 0 : v >= (float)hi ? hi : (int)v;
}

static struct rl_span span_of(const struct rl_layer *l, const struct rl_outline *o)
{
	float x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;

	for (int i = 0; i < o->n; i++) {
		x0 = fminf(x0, o->at[i][0]), x1 = fmaxf(x1, o->at[i][0]);
		y0 = fminf(y0, o->at[i][1]), y1 = fmaxf(y1, o->at[i][1]);
	}
	return (struct rl_span){
		.x0 = clamp(x0 - (float)l->x0, l->w),
		.y0 = clamp(y0 - (float)l->y0, l->h),
		.x1 = clamp(ceilf(x1) - (float)l->x0, l->w),
		.y1 = clamp(ceilf(y1) - (float)l->y0, l->h),
	};
}

struct rl_span rl_layer_cover(struct rl_layer *l, const struct rl_outline *o)
{
	struct rl_span s = span_of(l, o);
	size_t stride = (size_t)(l->w + 2);

	if (s.x0 >= s.x1 || s.y0 >= s.y1)
		return (struct rl_span){0};
	memset(l->cover + (size_t)s.y0 * stride, 0, (size_t)(s.y1 - s.y0) * stride * sizeof(float));
	for (int c = 0, i = 0; c < o->ncontour; c++) {
		int previous = o->end[c] - 1;

		for (; i < o->end[c]; previous = i++)
			edge(l, o->at[previous][0] - (float)l->x0,
			     o->at[previous][1] - (float)l->y0, o->at[i][0] - (float)l->x0,
			     o->at[i][1] - (float)l->y0);
	}
	for (int y = s.y0; y < s.y1; y++) {
		float *row = l->cover + (size_t)y * stride, sum = 0;

		for (int x = 0; x < s.x1; x++) {
			sum += row[x];
			row[x] = rl_unit(fabsf(sum));
		}
	}
	return s;
}

void rl_layer_over(struct rl_layer *picture, const struct rl_layer *l)
{
	int x0 = l->x0 < 0 ? -l->x0 : 0;
	int x1 = l->x0 + l->w > picture->w ? picture->w - l->x0 : l->w;

	for (int y = 0; y < l->h; y++) {
		if (l->y0 + y < 0 || l->y0 + y >= picture->h)
			continue;
		for (int x = x0; x < x1; x++) {
			const float *top = l->rgba + 4 * ((size_t)y * (size_t)l->w + (size_t)x);
			float *under =
				picture->rgba + 4 * ((size_t)(l->y0 + y) * (size_t)picture->w +
						     (size_t)(l->x0 + x));

			for (int i = 0; i < 3; i++)
				under[i] = top[i] + under[i] * (1 - top[3]);
		}
	}
}
