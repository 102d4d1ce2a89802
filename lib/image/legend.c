#include "image/legend.h"

#include "image/paint.h"

enum { MARGIN = 3, BETWEEN = 8 }; /* in pixels of the font */

/* Where the next entry goes. */
struct pen {
	int left, top, scale, width;
};

static int line_height(int scale)
{
	return rl_paint_text_height(scale) + MARGIN * scale;
}

/* Move to where the entry has room; its swatch is as wide as a line of text is high. */
static void place(struct pen *p, const struct rl_legend_entry *e, int *swatch, int *after)
{
	int text = rl_paint_text_width(e->name, p->scale);

	*swatch = rl_paint_text_height(p->scale);
	*after = *swatch + MARGIN * p->scale + text;
	if (p->left > MARGIN * p->scale && p->left + *after > p->width) {
		p->left = MARGIN * p->scale;
		p->top += line_height(p->scale);
	}
}

static int flow(struct rl_image *im, struct pen p, const struct rl_legend_entry *all, size_t n)
{
	static const uint8_t ink[3] = {0};
	int first = p.top, swatch, after;

	p.left = MARGIN * p.scale;
	p.top += MARGIN * p.scale;
	for (size_t i = 0; i < n; i++, p.left += after + BETWEEN * p.scale) {
		place(&p, &all[i], &swatch, &after);
		if (!im)
			continue;
		rl_paint_fill(
			im,
			(struct rl_rect){p.left, p.top, p.left + swatch, p.top + swatch - p.scale},
			all[i].rgb, RL_OPAQUE);
		rl_paint_text(im, p.left + swatch + MARGIN * p.scale, p.top, p.scale, all[i].name,
			      ink);
	}
	return n ? p.top + line_height(p.scale) - first : 0;
}

void rl_legend_paint(struct rl_image *im, int top, int scale, const struct rl_legend_entry *all,
		     size_t n)
{
	flow(im, (struct pen){.top = top, .scale = scale, .width = im->width}, all, n);
}

int rl_legend_height(int width, int scale, const struct rl_legend_entry *all, size_t n)
{
	return flow(NULL, (struct pen){.scale = scale, .width = width}, all, n);
}
