#include "image/resize.h"

#include "base/err.h"
#include "image/axis.h"
#include "image/narrow.h"
#include "image/plain.h"
#include "image/wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows that go through the horizontal pass at a time: enough that the weights of a few pixels serve
 * many, few enough to stay in the first-level cache. */
enum { GROUP = 8 };

/* An axis made ready for one of the passes. */
struct pass {
	struct rl_axis axis;
	struct rl_narrow *narrow; /* the first of these that is there does it */
	struct rl_wide *wide;
	struct rl_plain *plain; /* a vertical pass is plain without it */
};

/* Photos of one collection have few sizes: so many passes of each direction are kept. */
enum { KEPT = 8 };

struct rl_resizer {
	struct pass across[KEPT], down[KEPT];
	int next_across, next_down; /* to be replaced next */
	const struct pass *h, *v;   /* of this image */

	int taken; /* rows of the input */
	int made;  /* rows of the output */
	uint8_t *out;

	/* Rows that are as wide as the output and wait for the vertical pass: row y of the image is
	 * at y % nwaiting. */
	uint8_t *waiting;
	size_t pitch, nwaiting, room;
	const uint8_t **window; /* those of one output row */
	size_t nwindow;
};

struct rl_resizer *rl_resizer_new(void)
{
	return rl_calloc(1, sizeof(struct rl_resizer));
}

static void drop(struct pass *p)
{
	rl_narrow_free(p->narrow);
	rl_wide_free(p->wide);
	rl_plain_free(p->plain);
	rl_axis_free(&p->axis);
}

void rl_resizer_free(struct rl_resizer *r)
{
	for (int i = 0; i < KEPT; i++) {
		drop(&r->across[i]);
		drop(&r->down[i]);
	}
	free(r->waiting);
	free(r->window);
	free(r);
}

static const struct pass *plan(struct pass kept[KEPT], int *next, int from, int to, bool horizontal)
{
	for (int i = 0; i < KEPT; i++)
		if (kept[i].axis.from == from && kept[i].axis.to == to)
			return &kept[i];
	struct pass *p = &kept[*next];

	*next = (*next + 1) % KEPT;
	drop(p);
	*p = (struct pass){.axis = rl_axis_plan(from, to)};
	p->narrow = rl_narrow_new(&p->axis, horizontal);
	if (!p->narrow)
		p->wide = rl_wide_new(&p->axis, horizontal);
	if (!p->narrow && !p->wide && horizontal)
		p->plain = rl_plain_new(&p->axis);
	return p;
}

void rl_resizer_begin(struct rl_resizer *r, int height, int width, int to_height, int to_width,
		      uint8_t *out)
{
	r->h = plan(r->across, &r->next_across, width, to_width, true);
	r->v = plan(r->down, &r->next_down, height, to_height, false);
	r->taken = r->made = 0;
	r->out = out;
	r->pitch = (3 * (size_t)to_width + RL_PASS_SLACK + 63) / 64 * 64;
	r->nwaiting = ((size_t)r->v->axis.taps + 2 * GROUP - 1) / GROUP * GROUP;
	if (r->nwaiting * r->pitch > r->room) {
		r->room = r->nwaiting * r->pitch;
		free(r->waiting);
		r->waiting = rl_aligned(r->room);
	}
	if ((size_t)r->v->axis.taps > r->nwindow) {
		r->nwindow = (size_t)r->v->axis.taps;
		r->window = rl_realloc(r->window, r->nwindow, sizeof(*r->window));
	}
}

static uint8_t *waiting_row(const struct rl_resizer *r, int y)
{
	return r->waiting + (size_t)y % r->nwaiting * r->pitch;
}

/* The horizontal pass.  Like the vertical one it leaves an axis alone that does not change. */
static void take(struct rl_resizer *r, const uint8_t *rows, int count)
{
	const struct rl_axis *a = &r->h->axis;
	size_t pitch = 3 * (size_t)a->from;
	uint8_t *to = waiting_row(r, r->taken);

	r->taken += count;
	if (a->from == a->to)
		for (; count; count--, rows += pitch, to += r->pitch)
			memcpy(to, rows, pitch);
	else if (r->h->narrow)
		rl_narrow_across(r->h->narrow, rows, pitch, count, to, r->pitch);
	else if (r->h->wide)
		rl_wide_across(r->h->wide, rows, pitch, count, to, r->pitch);
	else
		for (; count; count--, rows += pitch, to += r->pitch)
			rl_plain_across(r->h->plain, rows, to);
}

static void make_row(struct rl_resizer *r)
{
	const struct rl_axis *a = &r->v->axis;
	size_t size = 3 * (size_t)r->h->axis.to;
	uint8_t *to = r->out + (size_t)r->made * size;

	for (int k = 0; k < a->taps; k++)
		r->window[k] = waiting_row(r, a->first[r->made] + k);
	if (a->from == a->to)
		memcpy(to, waiting_row(r, r->made), size);
	else if (r->v->narrow && size >= RL_PASS_STEP)
		rl_narrow_down(r->v->narrow, r->made, r->window, size, to);
	else if (r->v->wide && size >= RL_PASS_STEP)
		rl_wide_down(r->v->wide, r->made, r->window, size, to);
	else
		rl_plain_down(a, r->made, r->window, size, to);
	r->made++;
}

/* How many rows at once: no group goes around the end of those that wait. */
static int group(const struct rl_resizer *r, int count)
{
	int straight = (int)(r->nwaiting - (size_t)r->taken % r->nwaiting);

	count = count < GROUP ? count : GROUP;
	return count < straight ? count : straight;
}

void rl_resizer_rows(struct rl_resizer *r, const uint8_t *rows, int count)
{
	const struct rl_axis *v = &r->v->axis;

	while (count) {
		int n = group(r, count);

		take(r, rows, n);
		rows += (size_t)n * 3 * (size_t)r->h->axis.from;
		count -= n;
		while (r->made < v->to && v->first[r->made] + v->taps <= r->taken)
			make_row(r);
	}
}

struct rl_image rl_resize(struct rl_resizer *r, const struct rl_image *im, int height, int width)
{
	struct rl_image to = rl_image_new(height, width);

	rl_resizer_begin(r, im->height, im->width, height, width, to.data);
	rl_resizer_rows(r, im->data, im->height);
	return to;
}

void rl_short_side(int64_t height, int64_t width, int n, int64_t *to_height, int64_t *to_width)
{
	bool tall = width <= height;
	int64_t longer = tall ? n * height / width : n * width / height;

	*to_height = tall ? longer : n;
	*to_width = tall ? n : longer;
}

void rl_fit(int64_t height, int64_t width, int n, int longest, int64_t *to_height,
	    int64_t *to_width)
{
	double shorter_side = (double)(height < width ? height : width);
	double longer_side = (double)(height < width ? width : height);
	double f = fmin(longest / longer_side, n / shorter_side);

	*to_height = (int64_t)((double)height * f + 0.5);
	*to_width = (int64_t)((double)width * f + 0.5);
}

void rl_fit_pixels(int height, int width, int n, int longest, int *to_height, int *to_width)
{
	int64_t h, w;

	rl_fit(height, width, n, longest, &h, &w);
	*to_height = h < 1 ? 1 : (int)h;
	*to_width = w < 1 ? 1 : (int)w;
}
