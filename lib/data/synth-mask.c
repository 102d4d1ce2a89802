/*
 * An object's mask as COCO writes masks.  A polygon here follows the cracks between pixels, so its
 * corners are whole numbers and it covers whole pixels, exactly those of the mask.
 */
#include "data/synth.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

/* The mask within its box, with a ring of background around. */
struct grid {
	int w, h; /* ring included */
	int x, y; /* of the ring's corner, in the picture */
	uint8_t *cell;
	int *stack;
};

/* Cells of the mask not yet in a polygon, cells of the piece at hand, background seen from the
 * outside. */
enum { EMPTY, TODO, PIECE, OUTSIDE };

static uint8_t *at(const struct grid *g, int x, int y)
{
	return g->cell + (size_t)y * (size_t)g->w + (size_t)x;
}

static struct grid grid_of(const struct rl_synth_scene *s, int object)
{
	const int *box = s->objects[object].box;
	struct grid g = {.w = box[2] - box[0] + 2, .h = box[3] - box[1] + 2};
	size_t n = (size_t)g.w * (size_t)g.h;

	g.x = box[0] - 1;
	g.y = box[1] - 1;
	g.cell = rl_calloc(n, 1);
	g.stack = rl_malloc(n * sizeof(*g.stack));
	for (int y = 1; y < g.h - 1; y++)
		for (int x = 1; x < g.w - 1; x++)
			if (s->ids[(size_t)(g.y + y) * (size_t)s->image.width +
				   (size_t)(g.x + x)] == object + 1)
				*at(&g, x, y) = TODO;
	return g;
}

/* Turn the cells `from` that hang together with (x, y) into `to`, going no further right than
 * `limit`.  The mask hangs together by sides, the background by corners too. */
static void flood(struct grid *g, int x, int y, uint8_t from, uint8_t to, int limit)
{
	int n = 0, step = from == EMPTY ? 1 : 2;
	static const int around[8][2] = {{1, 0},  {1, 1},   {0, 1},  {-1, 1},
					 {-1, 0}, {-1, -1}, {0, -1}, {1, -1}};

	*at(g, x, y) = to;
	g->stack[n++] = y * g->w + x;
	while (n) {
		int here = g->stack[--n];

		for (int k = 0; k < 8; k += step) {
			int nx = here % g->w + around[k][0], ny = here / g->w + around[k][1];

			if (nx < 0 || ny < 0 || nx > limit || ny >= g->h || *at(g, nx, ny) != from)
				continue;
			*at(g, nx, ny) = to;
			g->stack[n++] = ny * g->w + nx;
		}
	}
}

static void replace(struct grid *g, uint8_t from, uint8_t to)
{
	for (int i = 0; i < g->w * g->h; i++)
		if (g->cell[i] == from)
			g->cell[i] = to;
}

static bool leftmost(const struct grid *g, uint8_t what, int *x, int *y)
{
	for (*x = 0; *x < g->w; ++*x)
		for (*y = 0; *y < g->h; ++*y)
			if (*at(g, *x, *y) == what)
				return true;
	return false;
}

/* The column of the piece's leftmost hole, or the grid's width. */
static int hole_column(struct grid *g)
{
	int x, y;
	uint8_t *copy = rl_malloc((size_t)g->w * (size_t)g->h);

	memcpy(copy, g->cell, (size_t)g->w * (size_t)g->h);
	replace(g, TODO, EMPTY); /* other pieces are background to this one */
	flood(g, 0, 0, EMPTY, OUTSIDE, g->w - 1);
	bool hole = leftmost(g, EMPTY, &x, &y);
	memcpy(g->cell, copy, (size_t)g->w * (size_t)g->h);
	free(copy);
	return hole ? x : g->w;
}

/* Walk the cracks clockwise with the piece on the right hand, from the upper left corner of its
 * leftmost cell. */
static json_t *trace(const struct grid *g, int x0, int y0)
{
	static const int ahead[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
	/* The cells right and left of the next crack, from the corner one stands on. */
	static const int right_of[4][2] = {{0, 0}, {-1, 0}, {-1, -1}, {0, -1}};
	static const int left_of[4][2] = {{0, -1}, {0, 0}, {-1, 0}, {-1, -1}};
	json_t *polygon = json_array();
	int x = x0, y = y0, d = 0, turn = 1;

	do {
		if (turn) {
			json_array_append_new(polygon, json_integer(g->x + x));
			json_array_append_new(polygon, json_integer(g->y + y));
		}
		x += ahead[d][0];
		y += ahead[d][1];
		if (*at(g, x + right_of[d][0], y + right_of[d][1]) != PIECE)
			turn = 1;
		else if (*at(g, x + left_of[d][0], y + left_of[d][1]) == PIECE)
			turn = 3;
		else
			turn = 0;
		d = (d + turn) % 4;
	} while (x != x0 || y != y0 || d != 0);
	return polygon;
}

json_t *rl_synth_polygons(const struct rl_synth_scene *s, int object)
{
	struct grid g = grid_of(s, object);
	json_t *polygons = json_array();
	int x, y;

	while (leftmost(&g, TODO, &x, &y)) {
		flood(&g, x, y, TODO, PIECE, g.w - 1);
		int cut = hole_column(&g);

		/* Cut down through the leftmost hole: what lies left of the cut has none. */
		if (cut < g.w) {
			replace(&g, PIECE, TODO);
			flood(&g, x, y, TODO, PIECE, cut);
		}
		json_array_append_new(polygons, trace(&g, x, y));
		replace(&g, PIECE, OUTSIDE);
		replace(&g, OUTSIDE, EMPTY);
	}
	free(g.cell);
	free(g.stack);
	return polygons;
}

json_t *rl_synth_rle(const struct rl_synth_scene *s, int object)
{
	json_t *counts = json_array();
	json_int_t run = 0;
	bool inside = false;

	for (int x = 0; x < s->image.width; x++)
		for (int y = 0; y < s->image.height; y++) {
			size_t i = (size_t)y * (size_t)s->image.width + (size_t)x;

			if ((s->ids[i] == object + 1) != inside) {
				json_array_append_new(counts, json_integer(run));
				run = 0;
				inside = !inside;
			}
			run++;
		}
	json_array_append_new(counts, json_integer(run));
	return json_pack("{s[ii] so}", "size", s->image.height, s->image.width, "counts", counts);
}
