#include "image/view.h"

#include "base/err.h"
#include "image/crop.h"
#include "image/orient.h"

#include <math.h>
#include <stdlib.h>

static void replace(struct rl_image *im, struct rl_image with)
{
	rl_image_free(im);
	*im = with;
}

void rl_view_image(const struct rl_view *v, struct rl_resizer *r, struct rl_image *im)
{
	enum { MIRRORED = 2 }; /* of EXIF's orientations */

	if (v->height != im->height || v->width != im->width) {
		struct rl_image part = rl_image_new(v->height, v->width);

		rl_crop(im, v->top, v->left, v->height, v->width, part.data);
		replace(im, part);
	}
	if (v->to_height != v->height || v->to_width != v->width)
		replace(im, rl_resize(r, im, v->to_height, v->to_width));
	if (v->mirror)
		rl_orient(im, MIRRORED);
}

/* The input pixel for each output pixel.  The places are added up, because Pillow does so. */
static int *nearest(int first, int from, int to)
{
	int *source = rl_malloc((size_t)to * sizeof(*source));
	double step = (double)from / to, place = 0.5 * step;

	for (int i = 0; i < to; i++, place += step)
		source[i] = first + (place < from ? (int)place : from - 1);
	return source;
}

uint8_t *rl_view_plane(const struct rl_view *v, const uint8_t *plane, int width)
{
	uint8_t *to = rl_aligned((size_t)v->to_height * (size_t)v->to_width), *out = to;
	int *row = nearest(v->top, v->height, v->to_height);
	int *column = nearest(v->left, v->width, v->to_width);

	for (int y = 0; y < v->to_height; y++) {
		const uint8_t *in = plane + (size_t)row[y] * (size_t)width;

		for (int x = 0; x < v->to_width; x++)
			*out++ = in[column[v->mirror ? v->to_width - 1 - x : x]];
	}
	free(row);
	free(column);
	return to;
}

void rl_view_point(const struct rl_view *v, double *x, double *y)
{
	*x = (*x - v->left) * v->to_width / v->width;
	*y = (*y - v->top) * v->to_height / v->height;
	if (v->mirror)
		*x = v->to_width - *x;
}

static double within(double x, double most)
{
	return fmin(fmax(x, 0), most);
}

bool rl_view_box(const struct rl_view *v, float box[4])
{
	double x1 = box[0], y1 = box[1], x2 = box[2], y2 = box[3];

	rl_view_point(v, &x1, &y1);
	rl_view_point(v, &x2, &y2);
	box[0] = (float)within(v->mirror ? x2 : x1, v->to_width);
	box[1] = (float)within(y1, v->to_height);
	box[2] = (float)within(v->mirror ? x1 : x2, v->to_width);
	box[3] = (float)within(y2, v->to_height);
	return box[2] > box[0] && box[3] > box[1];
}
