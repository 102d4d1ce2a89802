/* Everything that is shown of an image, painted: areas below, then frames, then what they are; and
 * what the colours of areas stand for. */
#include "data/shown.h"

#include "base/err.h"
#include "image/legend.h"
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

static int letter_size(int height, int width)
{
	return 1 + (height < width ? height : width) / 350;
}

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

static bool has_background(const json_t *names)
{
	const char *first = json_string_value(json_array_get(names, 0));

	return !first || !strcmp(first, "background");
}

/* Black, the first one, is background's; without a background the second one is the first class's.
 */
static void colours_of(const json_t *names, uint8_t palette[256 * 3])
{
	rl_palette_voc(palette);
	if (!has_background(names))
		memmove(palette, palette + 3, 255 * 3);
}

static void paint_classes(const struct painting *p, const uint8_t *classes)
{
	uint8_t palette[256 * 3], *plane = resized(p, classes);

	colours_of(p->shown->map_names, palette);
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

/* The image with the objects and the classes of its pixels, or NULL. */
static struct rl_image panel(const struct rl_shown *s, const uint8_t *classes,
			     const struct rl_image *im, int height, int width, struct rl_resizer *r)
{
	struct rl_image to = rl_resize(r, im, height, width);
	int shorter = height < width ? height : width;
	struct painting p = {s,
			     im,
			     &to,
			     1 + (shorter + 100) / 250,
			     letter_size(height, width),
			     rl_calloc(s->n + 1, sizeof(*p.order))};

	for (size_t i = 0; i < s->n; i++)
		p.order[i] = &s->objects[i];
	qsort(p.order, s->n, sizeof(*p.order), by_area);
	if (classes)
		paint_classes(&p, classes);
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

/* The maps' classes, each once; all[256] and how many. */
static size_t entries_of(const struct rl_shown *s, size_t pixels, struct rl_legend_entry *all)
{
	uint8_t palette[256 * 3];
	bool there[256] = {0};
	size_t n = 0;

	for (size_t i = 0; i < pixels; i++) {
		if (s->truth)
			there[s->truth[i]] = true;
		if (s->prediction)
			there[s->prediction[i]] = true;
	}
	colours_of(s->map_names, palette);
	for (size_t k = has_background(s->map_names); k < json_array_size(s->map_names); k++)
		if (there[k]) {
			all[n].name = json_string_value(json_array_get(s->map_names, k));
			memcpy(all[n++].rgb, palette + 3 * k, 3);
		}
	return n;
}

int rl_shown_panels(const struct rl_shown *s)
{
	return s->truth && s->prediction ? 2 : 1;
}

struct rl_image rl_shown_picture(const struct rl_shown *s, const struct rl_image *im, int height,
				 int width, struct rl_resizer *r)
{
	struct rl_legend_entry all[256];
	size_t n = entries_of(s, (size_t)im->height * (size_t)im->width, all);
	int panels = rl_shown_panels(s), letter = letter_size(height, width);
	int across = panels * width + (panels - 1) * RL_SHOWN_GAP;
	struct rl_image first = panel(s, s->truth ? s->truth : s->prediction, im, height, width, r);

	if (panels == 1 && !n)
		return first;
	struct rl_image to =
		rl_image_new(height + rl_legend_height(across, letter, all, n), across);
	memset(to.data, 255, 3 * (size_t)to.height * (size_t)to.width);
	rl_paint_image(&to, 0, 0, &first);
	rl_image_free(&first);
	if (panels == 2) {
		struct rl_image second = panel(s, s->prediction, im, height, width, r);

		rl_paint_image(&to, width + RL_SHOWN_GAP, 0, &second);
		rl_image_free(&second);
	}
	rl_legend_paint(&to, height, letter, all, n);
	return to;
}
