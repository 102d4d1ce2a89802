/* The operations that move pixels. */
#include "image/operation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct rl_view whole(const struct rl_drawing *d)
{
	return (struct rl_view){.height = d->height,
				.width = d->width,
				.to_height = d->height,
				.to_width = d->width};
}

static bool resize_to(struct rl_drawing *d, int64_t height, int64_t width)
{
	struct rl_view v = whole(d);

	if (!rl_image_fits(height, width, RL_MAX_PIXELS, d->why))
		return false;
	v.to_height = (int)height, v.to_width = (int)width;
	rl_draw_view(d, v);
	return true;
}

bool rl_draw_resize(const struct rl_values *v, struct rl_drawing *d)
{
	int64_t height, width;

	rl_short_side(d->height, d->width, v->height, &height, &width);
	return resize_to(d, height, width);
}

bool rl_draw_multi_resize(const struct rl_values *v, struct rl_drawing *d)
{
	int64_t height, width;

	rl_fit(d->height, d->width, v->side[rl_draw_int(d, v->nside - 1)], v->longest, &height,
	       &width);
	return resize_to(d, height, width);
}

/* The base's sides are taken times one number, each rounded down. */
bool rl_draw_ratio_resize(const struct rl_values *v, struct rl_drawing *d)
{
	double ratio = rl_draw_real(d, v->real[0], v->real[1]);
	int a = (int)(v->width * ratio), b = (int)(v->height * ratio);
	int64_t height, width;

	rl_fit(d->height, d->width, a < b ? a : b, a < b ? b : a, &height, &width);
	return resize_to(d, height, width);
}

bool rl_draw_squash(const struct rl_values *v, struct rl_drawing *d)
{
	return resize_to(d, v->height, v->width);
}

static bool room_for(const struct rl_values *v, struct rl_drawing *d)
{
	if (v->height <= d->height && v->width <= d->width)
		return true;
	snprintf(d->why, RL_WHY, "%d x %d pixels, too small for a crop of %d x %d", d->width,
		 d->height, v->width, v->height);
	return false;
}

static void crop_at(const struct rl_values *v, struct rl_drawing *d, int top, int left)
{
	rl_draw_view(d,
		     (struct rl_view){top, left, v->height, v->width, v->height, v->width, false});
}

bool rl_draw_center_crop(const struct rl_values *v, struct rl_drawing *d)
{
	if (!room_for(v, d))
		return false;
	/* Half of an odd spare goes to the even side, as Python rounds. */
	crop_at(v, d, (int)lrint((d->height - v->height) / 2.0),
		(int)lrint((d->width - v->width) / 2.0));
	return true;
}

bool rl_draw_random_crop(const struct rl_values *v, struct rl_drawing *d)
{
	if (!room_for(v, d))
		return false;
	int top = rl_draw_int(d, d->height - v->height);
	crop_at(v, d, top, rl_draw_int(d, d->width - v->width));
	return true;
}

/* Is there more than one class in it, and is the largest less than a share of what has one? */
static bool is_varied(const uint8_t *classes, int width, const struct rl_view *crop, double share)
{
	enum { NONE = 255 };
	size_t count[NONE + 1] = {0}, most = 0, all = 0;

	for (int y = crop->top; y < crop->top + crop->height; y++) {
		const uint8_t *row = classes + (size_t)y * (size_t)width + crop->left;

		for (int x = 0; x < crop->width; x++)
			count[row[x]]++;
	}
	for (int i = 0; i < NONE; i++) {
		all += count[i];
		most = count[i] > most ? count[i] : most;
	}
	return most < all && (double)most / (double)all < share;
}

static void place_crop(struct rl_drawing *d, struct rl_view *crop)
{
	crop->top = rl_draw_int(d, d->height - crop->height);
	crop->left = rl_draw_int(d, d->width - crop->width);
}

/* mmsegmentation's: a place is tried ten times, and the one drawn after the last is taken as it is.
 */
bool rl_draw_class_crop(const struct rl_values *v, struct rl_drawing *d)
{
	struct rl_view crop = {.height = v->height < d->height ? v->height : d->height,
			       .width = v->width < d->width ? v->width : d->width};

	if (!d->classes) {
		snprintf(d->why, RL_WHY, "no classes of pixels, which class-crop looks at");
		return false;
	}
	uint8_t *classes = rl_steps_plane(d->steps, d->classes, d->from_height, d->from_width);
	crop.to_height = crop.height, crop.to_width = crop.width;
	place_crop(d, &crop);
	for (int i = 0; i < 10 && !is_varied(classes, d->width, &crop, v->real[0]); i++)
		place_crop(d, &crop);
	free(classes);
	rl_draw_view(d, crop);
	return true;
}

/* Ten tries: a share of the area and an aspect, uniform in its logarithm. */
static bool try_crop(const struct rl_values *v, struct rl_drawing *d, struct rl_view *crop)
{
	for (int i = 0; i < 10; i++) {
		double area =
			d->height * (double)d->width * rl_draw_real(d, v->real[0], v->real[1]);
		double ratio = exp(rl_draw_real(d, log(v->real[2]), log(v->real[3])));
		double width = rint(sqrt(area * ratio)), height = rint(sqrt(area / ratio));

		if (width < 1 || width > d->width || height < 1 || height > d->height)
			continue;
		crop->height = (int)height, crop->width = (int)width;
		place_crop(d, crop);
		return true;
	}
	return false;
}

/* As much of the image as has an aspect within the limits, from its centre. */
static void central_crop(const struct rl_values *v, const struct rl_drawing *d,
			 struct rl_view *crop)
{
	double aspect = (double)d->width / d->height;

	crop->height = d->height, crop->width = d->width;
	if (aspect < v->real[2])
		crop->height = (int)fmax(1, rint(d->width / v->real[2]));
	else if (aspect > v->real[3])
		crop->width = (int)fmax(1, rint(d->height * v->real[3]));
	crop->top = (d->height - crop->height) / 2;
	crop->left = (d->width - crop->width) / 2;
}

bool rl_draw_random_resized_crop(const struct rl_values *v, struct rl_drawing *d)
{
	struct rl_view crop = {.to_height = v->height, .to_width = v->width};

	if (!rl_image_fits(v->height, v->width, RL_MAX_PIXELS, d->why))
		return false;
	if (!try_crop(v, d, &crop))
		central_crop(v, d, &crop);
	rl_draw_view(d, crop);
	return true;
}

bool rl_draw_flip(const struct rl_values *v, struct rl_drawing *d)
{
	if (rl_draw_real(d, 0, 1) < v->real[0]) {
		struct rl_view mirror = whole(d);

		mirror.mirror = true;
		rl_draw_view(d, mirror);
	}
	return true;
}
