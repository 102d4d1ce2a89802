#include "data/patchwork.h"

#include "base/err.h"
#include "data/pairs.h"
#include "image/paint.h"
#include "image/patches.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIDDLE = RL_PATCHES / 2, NONE = -1 };

struct cell {
	int64_t patch[RL_PATCHES]; /* row by row, or NONE */
};

struct patchwork {
	char *where; /* "sample KEY" */
	const struct rl_tensor *patches;
	int64_t n;
	int side, gap; /* pixels of a patch, and between two */
	struct cell *cell;
	size_t cells;
};

/* ---- cells ------------------------------------------------------------------------------------
 */

static struct cell *new_cell(struct patchwork *w)
{
	w->cell = rl_grown(w->cell, w->cells, sizeof(*w->cell));
	struct cell *c = &w->cell[w->cells++];

	for (int i = 0; i < RL_PATCHES; i++)
		c->patch[i] = NONE;
	return c;
}

static void take_patches(struct patchwork *w, struct rl_sample *s)
{
	const struct rl_field *f = rl_sample_find(s, "patches");
	const struct rl_tensor *t =
		rl_sample_get(s, "patches", f && f->tensor.type == RL_F4 ? RL_F4 : RL_U1, 4);
	char why[RL_WHY];

	if (t->dim[1] != t->dim[2] || t->dim[3] != 3)
		rl_die("%s: patches are not RGB squares", w->where);
	if (!rl_image_fits(t->dim[1], t->dim[2], RL_MAX_PIXELS, why))
		rl_die("%s: patches: %s", w->where, why);
	w->patches = t;
	w->n = t->dim[0];
	w->side = (int)t->dim[1];
	w->gap = 1 + w->side / 8;
}

static void take_nine(struct patchwork *w)
{
	if (w->n != RL_PATCHES)
		rl_die("%s: %lld patches, not %d, and no pairs of them", w->where, (long long)w->n,
		       RL_PATCHES);
	struct cell *c = new_cell(w);

	for (int i = 0; i < RL_PATCHES; i++)
		c->patch[i] = i;
}

static void take_pairs(struct patchwork *w, const struct rl_tensor *pairs)
{
	struct cell *c = NULL;

	if (pairs->dim[1] != 3 || !pairs->dim[0])
		rl_die("%s: pairs are not rows of first, second and label", w->where);
	for (int64_t i = 0; i < pairs->dim[0]; i++) {
		const int32_t *p = (const int32_t *)pairs->data + 3 * i;

		rl_pair_check(p, i, w->n, w->where);
		const int place = p[2] < MIDDLE ? p[2] : p[2] + 1; /* labels leave out the middle */

		if (!c || c->patch[MIDDLE] != p[0] || c->patch[place] != NONE)
			c = new_cell(w);
		c->patch[MIDDLE] = p[0];
		c->patch[place] = p[1];
	}
}

/* ---- pixels -----------------------------------------------------------------------------------
 */

static void to_levels(const float *x, size_t n, uint8_t *out, const char *where, int64_t patch)
{
	double least = x[0], most = x[0];

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			rl_die("%s: patch %lld is not of finite numbers", where, (long long)patch);
		least = fmin(least, x[i]);
		most = fmax(most, x[i]);
	}
	for (size_t i = 0; i < n; i++)
		out[i] = most > least ? (uint8_t)lrint(255 * (x[i] - least) / (most - least)) : 128;
}

static void paint_patch(const struct patchwork *w, int64_t patch, int left, int top,
			struct rl_image *to)
{
	const size_t n = 3 * (size_t)w->side * (size_t)w->side, first = (size_t)patch * n;
	struct rl_image im = rl_image_new(w->side, w->side);

	if (w->patches->type == RL_F4)
		to_levels((const float *)w->patches->data + first, n, im.data, w->where, patch);
	else
		memcpy(im.data, (const uint8_t *)w->patches->data + first, n);
	rl_paint_image(to, left, top, &im);
	rl_image_free(&im);
}

static int cell_side(const struct patchwork *w)
{
	return RL_PATCH_GRID * (w->side + w->gap) - w->gap;
}

static void paint_cell(const struct patchwork *w, const struct cell *c, int left, int top,
		       struct rl_image *to)
{
	static const uint8_t ground[3] = {225, 225, 225};
	const int pitch = w->side + w->gap, whole = cell_side(w);

	rl_paint_fill(to, (struct rl_rect){left, top, left + whole, top + whole}, ground,
		      RL_OPAQUE);
	for (int i = 0; i < RL_PATCHES; i++)
		if (c->patch[i] != NONE)
			paint_patch(w, c->patch[i], left + i % RL_PATCH_GRID * pitch,
				    top + i / RL_PATCH_GRID * pitch, to);
}

/* In about as many rows as columns. */
static struct rl_image paint(const struct patchwork *w, size_t shown)
{
	const size_t columns = (size_t)ceil(sqrt((double)shown));
	const size_t rows = (shown + columns - 1) / columns;
	const int between = 2 * w->gap, pitch = cell_side(w) + between;
	const int64_t height = (int64_t)rows * pitch - between;
	const int64_t width = (int64_t)columns * pitch - between;
	char why[RL_WHY];

	if (!rl_image_fits(height, width, RL_MAX_PIXELS, why))
		rl_die("%s: its patches: %s", w->where, why);
	struct rl_image to = rl_image_new((int)height, (int)width);
	memset(to.data, 255, 3 * (size_t)height * (size_t)width);
	for (size_t i = 0; i < shown; i++)
		paint_cell(w, &w->cell[(2 * i + 1) * w->cells / (2 * shown)],
			   (int)(i % columns) * pitch, (int)(i / columns) * pitch, &to);
	return to;
}

struct rl_image rl_patchwork(struct rl_sample *s, size_t most)
{
	struct patchwork w = {.where = rl_asprintf("sample %.200s", s->key)};

	take_patches(&w, s);
	if (rl_sample_find(s, "pairs"))
		take_pairs(&w, rl_sample_get(s, "pairs", RL_I4, 2));
	else
		take_nine(&w);
	struct rl_image im = paint(&w, w.cells < most ? w.cells : most);
	free(w.cell);
	free(w.where);
	return im;
}
