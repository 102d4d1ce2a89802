#include "image/sheet.h"

#include "base/err.h"
#include "image/paint.h"

#include <stdlib.h>
#include <string.h>

enum { GAP = 6, SCALE = 1 };

struct rl_sheet {
	int tile;
	size_t n;
	int64_t pixels;
	struct picture {
		struct rl_image image;
		char *caption;
	} * all;
};

struct rl_sheet *rl_sheet_new(int tile)
{
	struct rl_sheet *s = rl_calloc(1, sizeof(*s));

	s->tile = tile;
	return s;
}

void rl_sheet_add(struct rl_sheet *s, struct rl_image im, const char *caption)
{
	s->pixels += (int64_t)im.height * im.width;
	if (s->pixels > RL_MAX_PIXELS)
		rl_die("the sheet: more than %d pixels after %zu images", RL_MAX_PIXELS, s->n);
	s->all = rl_grown(s->all, s->n, sizeof(*s->all));
	s->all[s->n++] = (struct picture){im, rl_strdup(caption)};
}

/* The pictures of one row of the sheet, and their height. */
static int row(const struct rl_sheet *s, size_t first, int columns, size_t *end)
{
	int height = 0;

	*end = first + (size_t)columns < s->n ? first + (size_t)columns : s->n;
	for (size_t i = first; i < *end; i++)
		if (s->all[i].image.height > height)
			height = s->all[i].image.height;
	return height;
}

/* In a cell of the tile's width and the row's height. */
static void place(const struct rl_sheet *s, const struct picture *p, int left, int top, int height,
		  struct rl_image *out)
{
	static const uint8_t black[3] = {0};
	const char *caption = p->caption;

	rl_paint_image(out, left + (s->tile - p->image.width) / 2,
		       top + (height - p->image.height) / 2, &p->image);
	while (rl_paint_text_width(caption, SCALE) > s->tile)
		caption++;
	int width = rl_paint_text_width(caption, SCALE);
	rl_paint_text(out, left + (s->tile - width) / 2, top + height + GAP / 2, SCALE, caption,
		      black);
}

static int square(size_t n)
{
	int columns = 1;

	while ((size_t)columns * (size_t)columns < n)
		columns++;
	return columns;
}

bool rl_sheet_image(const struct rl_sheet *s, int columns, struct rl_image *out, char why[RL_WHY])
{
	int below = GAP + rl_paint_text_height(SCALE), step = s->tile + GAP, top = GAP;
	int64_t height = GAP, width;
	size_t end;

	if (!columns)
		columns = square(s->n);
	width = GAP + (int64_t)columns * step;
	for (size_t i = 0; i < s->n; i = end)
		height += row(s, i, columns, &end) + below;
	if (!rl_image_fits(height, width, RL_MAX_PIXELS, why))
		return false;
	*out = rl_image_new((int)height, (int)width);
	memset(out->data, 255, 3 * (size_t)height * (size_t)width);
	for (size_t first = 0; first < s->n; first = end) {
		int high = row(s, first, columns, &end);

		for (size_t i = first; i < end; i++)
			place(s, &s->all[i], GAP + (int)(i - first) * step, top, high, out);
		top += high + below;
	}
	return true;
}

void rl_sheet_free(struct rl_sheet *s)
{
	for (size_t i = 0; i < s->n; i++) {
		rl_image_free(&s->all[i].image);
		free(s->all[i].caption);
	}
	free(s->all);
	free(s);
}
