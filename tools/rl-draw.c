/* rl-draw: images and what is known or predicted of them, to look at. */
#include "base/err.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/progress.h"
#include "data/decoded.h"
#include "data/found.h"
#include "data/lineup.h"
#include "data/patchwork.h"
#include "data/shown.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/sheet.h"
#include "stream/segmentation.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-draw",
	.synopsis = "[options] < images",
	.summary =
		"Draw boxes, classes, masks and labels on images: their own, or predictions; of\n"
		"classes of pixels both, side by side.  Of patches: how they lie to each other.",
	.example = "rl-list voc VOCdevkit --year 2007 --set test | head -n 30 | rl-decode |\n"
		   "  rl-draw --sheet truth.png",
};

enum { QUALITY = 92, LEAST_CELL = 160 };

struct config {
	const char *out, *sheet, *predictions, *rows;
	double min_score;
	int64_t count, tile, columns;
	bool png, quiet;
};

struct draw {
	struct config config;
	struct rl_reader *in;
	struct rl_found *found; /* NULL: what the samples say */
	const json_t *names, *map_names;
	bool patches; /* the stream has them in the place of images */
	struct rl_sheet *sheet;
	struct rl_lineup *lineup; /* NULL: all images, in their order */
	struct rl_resizer *resizer;
};

static void write_image(const char *path, const struct rl_image *im, bool png)
{
	struct rl_file *f = rl_file_create(path);

	if (png)
		rl_png_write(rl_file_stream(f), im);
	else
		rl_jpeg_write(rl_file_stream(f), im, QUALITY, RL_444);
	rl_file_commit(f);
}

/* DIR/KEY.jpg; a later epoch's has its number in the name, or it would take an earlier one's. */
static void write_file(const struct draw *d, struct rl_sample *s, const struct rl_image *im)
{
	uint32_t epoch = rl_sample_epoch(s);
	char *number = epoch ? rl_asprintf("-%u", epoch) : rl_strdup("");
	char *path = rl_asprintf("%s/%s%s.%s", d->config.out, s->key, number,
				 d->config.png ? "png" : "jpg");

	rl_mkdirs_to(path);
	write_image(path, im, d->config.png);
	free(path);
	free(number);
}

/* What there is to see of a sample. */
static void gather(const struct draw *d, struct rl_sample *s, const struct rl_image *im,
		   struct rl_shown *shown)
{
	struct rl_found_line line;

	if (!d->found) {
		rl_shown_sample(shown, s);
		return;
	}
	if (!rl_found_find(d->found, s->key, &line))
		rl_die("%s: no line for image %.200s", d->config.predictions, s->key);
	rl_shown_found(shown, &line, im->height, im->width, d->config.min_score);
	rl_found_line_free(&line);
}

static void draw(struct draw *d, struct rl_sample *s)
{
	struct rl_image im = rl_decoded_image(s), picture;
	struct rl_shown shown = {.names = d->names, .map_names = d->map_names};

	gather(d, s, &im, &shown);
	if (d->config.out) {
		picture = rl_shown_picture(&shown, &im, im.height, im.width, d->resizer);
		write_file(d, s, &picture);
		rl_image_free(&picture);
	}
	if (d->sheet) {
		int panels = rl_shown_panels(&shown);
		int side = ((int)d->config.tile - (panels - 1) * RL_SHOWN_GAP) / panels;
		int height, width;

		rl_fit_pixels(im.height, im.width, side, side, &height, &width);
		picture = rl_shown_picture(&shown, &im, height, width, d->resizer);
		rl_sheet_add(d->sheet, picture, s->key);
	}
	rl_shown_free(&shown);
}

/* On a sheet as many cells of an image's patches as are still large enough. */
static void draw_patches(struct draw *d, struct rl_sample *s)
{
	struct rl_image own, picture;

	if (d->config.out) {
		own = rl_patchwork(s, SIZE_MAX);
		write_file(d, s, &own);
		rl_image_free(&own);
	}
	if (d->sheet) {
		int tile = (int)d->config.tile, height, width;
		size_t across = tile < LEAST_CELL ? 1 : (size_t)(tile / LEAST_CELL);

		own = rl_patchwork(s, across * across);
		rl_fit_pixels(own.height, own.width, tile, tile, &height, &width);
		picture = rl_resize(d->resizer, &own, height, width);
		rl_image_free(&own);
		rl_sheet_add(d->sheet, picture, s->key);
	}
}

static void draw_all(struct draw *d)
{
	struct rl_progress progress = rl_progress_start("images", d->config.count, d->config.quiet);
	struct rl_sample s = {0};
	int64_t n = 0;

	while (!(d->config.count && n == d->config.count) && rl_reader_next(d->in, &s)) {
		if (d->lineup)
			rl_lineup_show(d->lineup, &s, (int)d->config.tile, d->resizer);
		else if (d->patches)
			draw_patches(d, &s);
		else
			draw(d, &s);
		rl_progress_show(&progress, ++n);
	}
	if (n == d->config.count)
		rl_reader_drain(d->in);
	rl_progress_end(&progress, n);
	rl_sample_free(&s);
}

static void write_sheet(const struct draw *d)
{
	int columns = (int)d->config.columns;
	struct rl_image im;
	char why[RL_WHY];

	if (d->lineup) {
		rl_lineup_add(d->lineup, d->sheet);
		columns = rl_lineup_columns(d->lineup);
	}
	if (!rl_sheet_image(d->sheet, columns, &im, why))
		rl_die("%s: %s", d->config.sheet, why);
	write_image(d->config.sheet, &im, true);
	rl_image_free(&im);
}

static const json_t *map_names(const json_t *head)
{
	const json_t *truth = rl_head_names(head, "segmentation", "stdin");
	const json_t *prediction = rl_head_names(head, "prediction", "stdin");

	if (truth && prediction && !json_equal(truth, prediction))
		rl_die("stdin: head: the fields segmentation and prediction have other names");
	const json_t *names = truth ? truth : prediction;
	if (json_array_size(names) > RL_NO_CLASS)
		rl_die("stdin: head: more than %d classes of pixels", RL_NO_CLASS);
	return names;
}

int main(int argc, char **argv)
{
	struct draw d = {.config = {.min_score = -1}};
	struct config *c = &d.config;
	const struct rl_opt opts[] = {
		RL_OPT_STR("out", &c->out, "DIR", "write each image, as DIR/KEY.jpg"),
		RL_OPT_FLAG("png", &c->png, "as DIR/KEY.png"),
		RL_OPT_STR("sheet", &c->sheet, "FILE", "write all in rows, as one PNG file"),
		RL_OPT_INT("tile", &c->tile, 16, 4096, "N",
			   "pixels of the sheet's squares; 320 if not given, of rows 160"),
		RL_OPT_INT("columns", &c->columns, 1, 1000, "N",
			   "of the sheet; about as many as rows if not given, of --rows as many "
			   "as its lines have, up to 11"),
		RL_OPT_STR("rows", &c->rows, "FILE",
			   "of the sheet: a line's neighbours or finds in each"),
		RL_OPT_STR("predictions", &c->predictions, "FILE",
			   "draw these, not what the stream knows"),
		RL_OPT_REAL("min-score", &c->min_score, 0, 1, "S",
			    "of predictions; 0.5 if not given"),
		RL_OPT_INT("count", &c->count, 1, INT32_MAX, "N",
			   "the first N images; all if not given"),
		RL_OPT_FLAG("quiet", &c->quiet, "no progress on stderr"),
		RL_OPT_END,
	};

	if (rl_options(argc, argv, &tool, opts) != argc)
		rl_die_usage("the images come on standard input");
	if (!c->out && !c->sheet)
		rl_die_usage("neither --out nor --sheet");
	if (c->png && !c->out)
		rl_die_usage("--png is for --out");
	if ((c->columns || c->tile) && !c->sheet)
		rl_die_usage("--tile and --columns are for --sheet");
	if (c->min_score >= 0 && !c->predictions)
		rl_die_usage("--min-score is for --predictions");
	if (c->rows && (!c->sheet || c->out || c->predictions || c->count))
		rl_die_usage("--rows is for --sheet, without --out, --predictions and --count");
	if (!c->tile)
		c->tile = c->rows ? 160 : 320;
	if (c->min_score < 0)
		c->min_score = 0.5;

	d.in = rl_reader_new(STDIN_FILENO, "stdin");
	if (c->predictions)
		d.found = rl_found_read(c->predictions);
	const json_t *head = rl_reader_head(d.in);
	d.patches = rl_head_has_field(head, "patches") && !rl_head_has_field(head, "image");
	if (d.patches && (c->rows || c->predictions))
		rl_die("stdin: patches, not images, which --rows and --predictions are of");
	d.names = rl_head_names(head, "classes", "stdin");
	d.map_names = map_names(head);
	if (!d.names && d.found)
		d.names = rl_found_names(d.found);
	d.resizer = rl_resizer_new();
	if (c->sheet)
		d.sheet = rl_sheet_new((int)c->tile);
	if (c->rows)
		d.lineup = rl_lineup_read(c->rows, (int)c->columns);

	draw_all(&d);

	if (d.sheet) {
		write_sheet(&d);
		rl_sheet_free(d.sheet);
	}
	if (d.lineup)
		rl_lineup_free(d.lineup);
	if (d.found)
		rl_found_free(d.found);
	rl_resizer_free(d.resizer);
	rl_reader_close(d.in);
	return RL_EXIT_OK;
}
