#include "models/box.h"

#include <math.h>

float rl_box_iou(const struct rl_box *a, const struct rl_box *b)
{
	float w = fminf(a->x2, b->x2) - fmaxf(a->x1, b->x1);
	float h = fminf(a->y2, b->y2) - fmaxf(a->y1, b->y1);
	float common = w > 0 && h > 0 ? w * h : 0;
	float area_a = (a->x2 - a->x1) * (a->y2 - a->y1);
	float area_b = (b->x2 - b->x1) * (b->y2 - b->y1);

	return common / (area_a + area_b - common);
}

static float within(float x, double limit)
{
	return fminf(fmaxf(x, 0), (float)limit);
}

struct rl_box rl_box_clip(struct rl_box b, double width, double height)
{
	return (struct rl_box){within(b.x1, width), within(b.y1, height), within(b.x2, width),
			       within(b.y2, height)};
}

struct extent {
	double x, y, w, h; /* centre and size */
};

static struct extent extent(const struct rl_box *b)
{
	double w = (double)b->x2 - b->x1, h = (double)b->y2 - b->y1;

	return (struct extent){b->x1 + w / 2, b->y1 + h / 2, w, h};
}

void rl_box_encode(const struct rl_box *from, const struct rl_box *to, const double std[4],
		   float delta[4])
{
	struct extent f = extent(from), t = extent(to);

	delta[0] = (float)((t.x - f.x) / f.w / std[0]);
	delta[1] = (float)((t.y - f.y) / f.h / std[1]);
	delta[2] = (float)(log(t.w / f.w) / std[2]);
	delta[3] = (float)(log(t.h / f.h) / std[3]);
}

struct rl_box rl_box_decode(const struct rl_box *from, const float delta[4], const double std[4])
{
	const double most = log(1000.0 / 16);
	struct extent f = extent(from);
	double x = f.x + delta[0] * std[0] * f.w, y = f.y + delta[1] * std[1] * f.h;
	double w = f.w * exp(fmax(fmin(delta[2] * std[2], most), -most));
	double h = f.h * exp(fmax(fmin(delta[3] * std[3], most), -most));

	return (struct rl_box){(float)(x - w / 2), (float)(y - h / 2), (float)(x + w / 2),
			       (float)(y + h / 2)};
}

/* ---- anchors ----------------------------------------------------------------------------------
 */

int rl_anchors_a_cell(const struct rl_anchors *a)
{
	return a->sizes * a->ratios;
}

static struct rl_box anchor(const struct rl_anchors *a, int k, double x, double y)
{
	double size = a->size[a->size_major ? k / a->ratios : k % a->sizes];
	double ratio = a->ratio[a->size_major ? k % a->ratios : k / a->sizes];
	double w = size / sqrt(ratio), h = w * ratio;

	return (struct rl_box){(float)(x - w / 2), (float)(y - h / 2), (float)(x + w / 2),
			       (float)(y + h / 2)};
}

void rl_anchors_fill(const struct rl_anchors *a, int64_t height, int64_t width, struct rl_box *out)
{
	for (int64_t cell = 0; cell < height * width; cell++)
		for (int k = 0; k < rl_anchors_a_cell(a); k++)
			*out++ = anchor(a, k, (double)(cell % width) * a->stride,
					(double)(cell / width) * a->stride);
}
