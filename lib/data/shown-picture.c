/* Everything that is shown of an image, painted: areas below, then frames, then what they are. */
#include "data/shown.h"

#include "base/err.h"
#include "image/paint.h"
#include "image/palette.h"
#include "image/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MASK_OPACITY = 110, CLASS_OPACITY = 150, LABEL_OPACITY = 220 };

struct painting {
	const struct rl_shown *shown;
	const struct rl_image *from;
	struct rl_image *to;
	int line, letter; /* thickness, and pixels of a pixel of the font */
	const struct rl_shown_object **order;
};

static double area(const struct rl_shown_object *o)
{
	return (o->box[2] - o->box[0]) * (o->box[3] - o->box[1]);
}

/* Large ones first, so that small ones stay visible; of the same size the least certain first. */
static int by_area(const void *a, const void *b)
{
	const struct rl_shown_object *x = *(const struct rl_shown_object *const *)a;
	const struct rl_shown_object *y = *(const struct rl_shown_object *const *)b;
	double ax = area(x), ay = area(y);

	if (ax != ay)
		return ax < ay ? 1 : -1;
	return (x->score > y->score) - (x->score < y->score);
}

static int scaled(double x, int from, int to)
{
	return (int)lrint(fmax(-1e6, fmin(1e6, x * to / from)));
}

static struct rl_rect rect_of(const struct painting *p, const struct rl_shown_object *o)
{
	return (struct rl_rect){scaled(o->box[0], p->from->width, p->to->width),
				scaled(o->box[1], p->from->height, p->to->height),
				scaled(o->box[2], p->from->width, p->to->width),
				scaled(o->box[3], p->from->height, p->to->height)};
}

/* A plane of the image's size to the picture's; new memory. */
static uint8_t *resized(const struct painting *p, const uint8_t *plane)
{
	struct rl_view v = {.height = p->from->height,
			    .width = p->from->width,
			    .to_height = p->to->height,
			    .to_width = p->to->width};

	return rl_view_plane(&v, plane, p->from->width);
}

static void paint_classes(const struct painting *p)
{
	uint8_t palette[256 * 3], *plane = resized(p, p->shown->classes);

	rl_palette_voc(palette);
	rl_paint_classes(p->to, plane, palette, CLASS_OPACITY);
	free(plane);
}

static void paint_mask(const struct painting *p, const struct rl_shown_object *o)
{
	uint8_t rgb[3], *mask, *plane;

	mask = rl_malloc((size_t)p->from->height * (size_t)p->from->width);
	if (!rl_rle_decode(&o->mask, p->from->height, p->from->width, mask))
		rl_die("a mask of another size than its image");
	plane = resized(p, mask);
	rl_palette_bright(o->class, rgb);
	rl_paint_mask(p->to, plane, rgb, MASK_OPACITY);
	free(plane);
	free(mask);
}

static void paint_frame(const struct painting *p, const struct rl_shown_object *o)
{
	uint8_t rgb[3];

	rl_palette_bright(o->class, rgb);
	rl_paint_frame(p->to, rect_of(p, o), p->line, o->ignore, rgb);
}

static char *label_of(const struct rl_shown *s, const struct rl_shown_object *o)
{
	const char *name = json_string_value(json_array_get(s->names, o->class));
	char *class = name ? rl_strdup(name) : rl_asprintf("%zu", o->class), *label;

	if (o->score < 0)
		return class;
	label = rl_asprintf("%s %.2f", class, o->score);
	free(class);
	return label;
}

/* On top of its frame; inside where there is no room above, and never beyond the picture. */
static void paint_label(const struct painting *p, const struct rl_shown_object *o)
{
	struct rl_rect box = rect_of(p, o);
	char *label = label_of(p->shown, o);
	int margin = p->letter, width = rl_paint_text_width(label, p->letter) + 2 * margin;
	int height = rl_paint_text_height(p->letter) + margin;
	int left = box.left, top = box.top - height;
	uint8_t rgb[3], ink[3] = {0};

	if (left + width > p->to->width)
		left = p->to->width - width;
	left = left < 0 ? 0 : left;
	top = top < 0 ? (box.top < 0 ? 0 : box.top) : top;
	rl_palette_bright(o->class, rgb);
	if (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] < 128000)
		memset(ink, 255, sizeof(ink));
	rl_paint_fill(p->to, (struct rl_rect){left, top, left + width, top + height}, rgb,
		      LABEL_OPACITY);
	rl_paint_text(p->to, left + margin, top + margin, p->letter, label, ink);
	free(label);
}

struct rl_image rl_shown_picture(const struct rl_shown *s, const struct rl_image *im, int height,
				 int width, struct rl_resizer *r)
{
	struct rl_image to = rl_resize(r, im, height, width);
	int shorter = height < width ? height : width;
	struct painting p = {s,
			     im,
			     &to,
			     1 + (shorter + 100) / 250,
			     1 + shorter / 350,
			     rl_calloc(s->n + 1, sizeof(*p.order))};

	for (size_t i = 0; i < s->n; i++)
		p.order[i] = &s->objects[i];
	qsort(p.order, s->n, sizeof(*p.order), by_area);
	if (s->classes)
		paint_classes(&p);
	for (size_t i = 0; i < s->n; i++)
		if (p.order[i]->mask.count)
			paint_mask(&p, p.order[i]);
	for (size_t i = 0; i < s->n; i++)
		paint_frame(&p, p.order[i]);
	for (size_t i = 0; i < s->n; i++)
		paint_label(&p, p.order[i]);
	free(p.order);
	return to;
}
