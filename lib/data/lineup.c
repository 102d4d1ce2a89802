#include "data/lineup.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/json.h"
#include "data/decoded.h"
#include "data/text.h"
#include "image/crop.h"
#include "image/paint.h"
#include "image/palette.h"
#include "stream/box.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum mark { WHOLE, CUT_OUT, FRAMED };

struct cell {
	char *key, *caption;
	enum mark mark;
	double box[4];
	int64_t grid[2];         /* that the box counts in; 0, 0: it counts pixels */
	struct rl_image picture; /* no data: not shown yet */
	size_t next;             /* the next cell of this key; SIZE_MAX: none */
};

struct rl_lineup {
	struct rl_text text;
	struct cell *cell; /* [rows,room]; no key: blank */
	size_t rows, room, columns;
	int64_t grid[2];   /* of the line that is being read */
	struct rl_dict at; /* of each key the last cell, which leads to the others */
};

/* ---- lines ------------------------------------------------------------------------------------
 */

static struct cell *new_cell(struct rl_lineup *l, size_t column, const char *key, char *caption)
{
	struct cell *c = &l->cell[(l->rows - 1) * l->room + column];

	*c = (struct cell){.key = rl_strdup(key),
			   .caption = caption,
			   .grid = {l->grid[0], l->grid[1]},
			   .next = SIZE_MAX};
	if (l->columns < column + 1)
		l->columns = column + 1;
	return c;
}

static void mark(struct cell *c, enum mark how, const json_t *box, const char *where)
{
	if (!box)
		return;
	rl_box_parse(box, c->box, "\"box\" or place", where);
	rl_box_check_corners(c->box, where);
	c->mark = how;
}

static void take_neighbour(struct rl_lineup *l, size_t column, const json_t *n)
{
	const char *key = json_string_value(json_array_get(n, 0));
	const json_t *similarity = json_array_get(n, 1);

	if (!key || !json_is_number(similarity))
		rl_die("%s: neighbours[%zu] is not a key and a similarity", l->text.where,
		       column - 1);
	mark(new_cell(l, column, key, rl_asprintf("%s %.2f", key, json_number_value(similarity))),
	     CUT_OUT, json_array_get(n, 2), l->text.where);
}

static void take_image(struct rl_lineup *l, size_t column, const json_t *image)
{
	const char *key = rl_json_str(image, "key", l->text.where);
	double e = rl_json_real(image, "e", l->text.where);

	mark(new_cell(l, column, key, rl_asprintf("%s e %.2f", key, e)), FRAMED,
	     rl_json_get(image, "box", l->text.where), l->text.where);
}

static void take_line(struct rl_lineup *l, const json_t *o)
{
	const char *where = l->text.where, *key = rl_json_str(o, "key", where);
	const json_t *neighbours = json_object_get(o, "neighbours");
	const json_t *all = neighbours ? neighbours : json_object_get(o, "images"), *item;
	const json_t *grid = json_object_get(o, "grid");
	size_t i;

	if (!json_is_array(all))
		rl_die("%s: neither \"neighbours\" nor \"images\" is there, an array", where);
	memset(l->grid, 0, sizeof(l->grid));
	if (grid)
		rl_grid_parse(grid, l->grid, where);
	mark(new_cell(l, 0, key, rl_strdup(key)), neighbours ? CUT_OUT : FRAMED,
	     json_object_get(o, neighbours ? "place" : "box"), where);
	json_array_foreach(all, i, item)
	{
		if (i + 1 == l->room)
			break;
		if (neighbours)
			take_neighbour(l, i + 1, item);
		else
			take_image(l, i + 1, item);
	}
}

/* Cells do not move any more. */
static void chain(struct rl_lineup *l)
{
	for (size_t i = l->rows * l->room; i-- > 0;) {
		struct cell *c = &l->cell[i];

		if (!c->key)
			continue;
		size_t other = rl_dict_add(&l->at, c->key, strlen(c->key), i);
		if (other == RL_DICT_NONE)
			continue;
		c->next = l->cell[other].next;
		l->cell[other].next = i;
	}
}

struct rl_lineup *rl_lineup_read(const char *path, int columns)
{
	struct rl_lineup *l = rl_calloc(1, sizeof(*l));
	const char *line;
	size_t size;

	l->columns = (size_t)columns;
	l->room = columns ? l->columns : RL_LINEUP_COLUMNS;
	l->text = rl_text_read(path);
	while ((line = rl_text_line(&l->text, &size))) {
		json_t *o = rl_json_parse(line, size, l->text.where);

		l->cell = rl_realloc(l->cell, ++l->rows, l->room * sizeof(*l->cell));
		memset(l->cell + (l->rows - 1) * l->room, 0, l->room * sizeof(*l->cell));
		take_line(l, o);
		json_decref(o);
	}
	if (!l->rows)
		rl_die("%s: no rows", l->text.path);
	chain(l);
	return l;
}

int rl_lineup_columns(const struct rl_lineup *l)
{
	return (int)l->columns;
}

/* ---- pictures ---------------------------------------------------------------------------------
 */

static int clamp(double x, int most)
{
	return (int)lrint(fmin(fmax(x, 0), most));
}

static void to_pixels(struct cell *c, const struct rl_image *im)
{
	const int side[2] = {im->width, im->height};

	for (int k = 0; k < 4; k++)
		if (c->grid[k % 2])
			c->box[k] *= (double)side[k % 2] / (double)c->grid[k % 2];
}

/* What of the image is seen: x1 y1 x2 y2, at least a pixel. */
static void region(const struct cell *c, const struct rl_image *im, int r[4])
{
	double more[2] = {(c->box[2] - c->box[0]) / 2, (c->box[3] - c->box[1]) / 2};
	int side[2] = {im->width, im->height};

	for (int k = 0; k < 2; k++) {
		r[k] = c->mark == CUT_OUT ? clamp(c->box[k] - more[k], side[k] - 1) : 0;
		r[k + 2] = c->mark == CUT_OUT ? clamp(c->box[k + 2] + more[k], side[k]) : side[k];
		if (r[k + 2] <= r[k])
			r[k + 2] = r[k] + 1;
	}
}

static struct rl_image draw(struct cell *c, const struct rl_image *im, int tile,
			    struct rl_resizer *resizer)
{
	int r[4];
	int height, width;
	uint8_t rgb[3];

	to_pixels(c, im);
	region(c, im, r);
	struct rl_image part = rl_image_new(r[3] - r[1], r[2] - r[0]);
	rl_crop(im, r[1], r[0], part.height, part.width, part.data);
	rl_fit_pixels(part.height, part.width, tile, tile, &height, &width);
	struct rl_image to = rl_resize(resizer, &part, height, width);
	double across = (double)width / part.width, down = (double)height / part.height;
	rl_palette_bright(0, rgb);
	if (c->mark != WHOLE)
		rl_paint_frame(&to,
			       (struct rl_rect){(int)lrint((c->box[0] - r[0]) * across),
						(int)lrint((c->box[1] - r[1]) * down),
						(int)lrint((c->box[2] - r[0]) * across),
						(int)lrint((c->box[3] - r[1]) * down)},
			       2 + tile / 150, false, rgb);
	rl_image_free(&part);
	return to;
}

void rl_lineup_show(struct rl_lineup *l, struct rl_sample *s, int tile, struct rl_resizer *r)
{
	struct rl_image im = rl_decoded_image(s);

	for (size_t i = rl_dict_find(&l->at, s->key, strlen(s->key)); i != SIZE_MAX;
	     i = l->cell[i].next)
		if (!l->cell[i].picture.data)
			l->cell[i].picture = draw(&l->cell[i], &im, tile, r);
}

void rl_lineup_add(struct rl_lineup *l, struct rl_sheet *sheet)
{
	for (size_t i = 0; i < l->rows * l->columns; i++) {
		struct cell *c = &l->cell[i / l->columns * l->room + i % l->columns];

		if (!c->key) {
			struct rl_image blank = rl_image_new(1, 1);

			memset(blank.data, 255, 3);
			rl_sheet_add(sheet, blank, "");
			continue;
		}
		if (!c->picture.data)
			rl_die("%s: image %.200s is not in the stream", l->text.path, c->key);
		rl_sheet_add(sheet, c->picture, c->caption);
		c->picture.data = NULL;
	}
}

void rl_lineup_free(struct rl_lineup *l)
{
	for (size_t i = 0; i < l->rows * l->room; i++) {
		free(l->cell[i].key);
		free(l->cell[i].caption);
		rl_image_free(&l->cell[i].picture);
	}
	free(l->cell);
	rl_dict_free(&l->at);
	rl_text_free(&l->text);
	free(l);
}
