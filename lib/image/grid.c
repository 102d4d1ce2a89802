#include "image/grid.h"

#include "base/err.h"
#include "image/crop.h"

#include <math.h>
#include <stdlib.h>

/* One axis of the grid at a scale, in pixels of what is cut from. */
struct steps {
	int64_t side; /* of the whole image */
	int n;
	double first, step;
};

static struct steps steps_of(const struct rl_grid *g, int side, double scale)
{
	double to = (double)g->size / g->patch;
	struct steps s = {.side = llrint(side * scale * to), .step = g->stride * to};

	if (s.side < 1)
		s.side = 1;
	if (s.side >= g->size)
		s.n = (int)((double)(s.side - g->size) / s.step + 1e-9) + 1;
	s.first = ((double)(s.side - g->size) - (s.n - 1) * s.step) / 2;
	return s;
}

/* Rounded alike everywhere: squares that share an edge in the plan share it in pixels. */
static int step_at(const struct steps *s, int i)
{
	int at = (int)floor(s->first + i * s->step + 0.5);

	return at < 0 ? 0 : at;
}

size_t rl_grid_places(const struct rl_grid *g, int height, int width, float (*place)[4])
{
	size_t n = 0;

	for (size_t k = 0; k < g->nscale; k++) {
		struct steps y = steps_of(g, height, g->scale[k]);
		struct steps x = steps_of(g, width, g->scale[k]);
		double down = (double)height / (double)y.side;
		double across = (double)width / (double)x.side;

		for (int i = 0; i < y.n; i++)
			for (int j = 0; j < x.n; j++, n++) {
				if (!place)
					continue;
				place[n][0] = (float)(step_at(&x, j) * across);
				place[n][1] = (float)(step_at(&y, i) * down);
				place[n][2] = (float)((step_at(&x, j) + g->size) * across);
				place[n][3] = (float)((step_at(&y, i) + g->size) * down);
			}
	}
	return n;
}

struct rl_cutter {
	const struct rl_grid *grid;
	struct rl_resizer *resizer;
	const struct rl_image *image;
	struct rl_image scaled;
	size_t scale; /* the next one, when all of `scaled` is cut */
	struct steps x, y;
	int row, column;
};

struct rl_cutter *rl_cutter_new(const struct rl_grid *g)
{
	struct rl_cutter *c = rl_calloc(1, sizeof(*c));

	c->grid = g;
	c->resizer = rl_resizer_new();
	return c;
}

bool rl_cutter_begin(struct rl_cutter *c, const struct rl_image *im, char why[RL_WHY])
{
	const struct rl_grid *g = c->grid;

	for (size_t k = 0; k < g->nscale; k++)
		if (!rl_image_fits(steps_of(g, im->height, g->scale[k]).side,
				   steps_of(g, im->width, g->scale[k]).side, RL_MAX_PIXELS, why))
			return false;
	rl_image_free(&c->scaled);
	c->image = im;
	c->scale = 0;
	c->x.n = c->y.n = c->row = c->column = 0;
	return true;
}

static void next_scale(struct rl_cutter *c)
{
	double scale = c->grid->scale[c->scale++];

	c->x = steps_of(c->grid, c->image->width, scale);
	c->y = steps_of(c->grid, c->image->height, scale);
	c->row = c->column = 0;
	rl_image_free(&c->scaled);
	if (c->x.n && c->y.n)
		c->scaled = rl_resize(c->resizer, c->image, (int)c->y.side, (int)c->x.side);
}

void rl_cutter_next(struct rl_cutter *c, uint8_t *out)
{
	while (c->row == c->y.n || !c->x.n)
		next_scale(c);
	rl_crop(&c->scaled, step_at(&c->y, c->row), step_at(&c->x, c->column), c->grid->size,
		c->grid->size, out);
	if (++c->column == c->x.n) {
		c->column = 0;
		c->row++;
	}
}

void rl_cutter_free(struct rl_cutter *c)
{
	rl_image_free(&c->scaled);
	rl_resizer_free(c->resizer);
	free(c);
}
