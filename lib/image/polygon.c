#include "image/polygon.h"

#include "base/err.h"
#include "image/image.h"

#include <math.h>
#include <stdlib.h>

enum { FINE = 5, MIDDLE = 2 };

struct outline {
	int height, width;
	uint32_t *turn; /* pixels, counted down the columns, from which on sides are changed */
	size_t n;
};

/* Between two neighbours on the fine grid the outline passes from x to x + 1, at y or just below.
 */
static void pass(struct outline *o, int x, int y)
{
	int column = (x - MIDDLE) / FINE, row = y <= MIDDLE ? 0 : (y - MIDDLE + FINE - 1) / FINE;

	if (x < MIDDLE || x % FINE != MIDDLE || column >= o->width)
		return;
	o->turn = rl_grown(o->turn, o->n, sizeof(*o->turn));
	o->turn[o->n++] = (uint32_t)column * (uint32_t)o->height +
			  (uint32_t)(row < o->height ? row : o->height);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* From the end that is left or, of a steep edge, above, so that an edge and its reverse round
 * alike. */
static void walk_edge(struct outline *o, const int from[2], const int to[2])
{
	int wide = abs(to[0] - from[0]), high = abs(to[1] - from[1]);
	int along = wide >= high ? 0 : 1, across = 1 - along, steps = along ? high : wide;
	const int *a = from[along] <= to[along] ? from : to, *b = a == from ? to : from;
	double slope = (double)(b[across] - a[across]) / steps;
	int p[2] = {a[0], a[1]}, last[2];

	for (int t = 1; t <= steps; t++) {
		last[0] = p[0], last[1] = p[1];
		p[along] = a[along] + t;
		p[across] = (int)(a[across] + slope * t + 0.5);
		if (p[0] != last[0])
			pass(o, least(p[0], last[0]), least(p[1], last[1]));
	}
}

static int by_number(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return (a > b) - (a < b);
}

/* Two turns at one place are none. */
static struct rl_rle runs_between(const struct outline *o)
{
	struct rl_rle r = {.run = rl_malloc((o->n + 1) * sizeof(*r.run))};
	uint32_t end = (uint32_t)o->height * (uint32_t)o->width, at = 0;

	for (size_t i = 0; i < o->n && o->turn[i] < end; i++) {
		if (i + 1 < o->n && o->turn[i + 1] == o->turn[i]) {
			i++;
			continue;
		}
		r.run[r.count++] = o->turn[i] - at;
		at = o->turn[i];
	}
	r.run[r.count++] = end - at;
	r.run = rl_realloc(r.run, r.count, sizeof(*r.run));
	return r;
}

bool rl_polygon_rle(const double *corner, size_t n, int height, int width, struct rl_rle *out)
{
	struct outline o = {.height = height, .width = width};
	int(*p)[2] = rl_malloc((n + 1) * sizeof(*p));

	for (size_t i = 0; i < 2 * n; i++) {
		if (!(fabs(corner[i]) <= RL_MAX_SIDE)) {
			free(p);
			return false;
		}
		p[i / 2][i % 2] = (int)(FINE * corner[i] + 0.5);
	}
	for (size_t i = 0; i < n; i++)
		walk_edge(&o, p[i], p[i + 1 < n ? i + 1 : 0]);
	if (o.n)
		qsort(o.turn, o.n, sizeof(*o.turn), by_number);
	*out = runs_between(&o);
	free(o.turn);
	free(p);
	return true;
}
