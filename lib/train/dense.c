#include "train/dense.h"

#include "base/err.h"
#include "base/pool.h"
#include "base/progress.h"
#include "data/augmented.h"
#include "data/decoded.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* An image on its way. */
struct item {
	struct rl_sample sample;
	struct rl_image image; /* the sample's */
	int64_t patches, cut;
	float *row[RL_NLAYERS]; /* the sample's fields, [patches,D] */
	float lighting[3];
	struct item *spare; /* the next one that waits to be used again */
};

/* Some of an image's patches in a batch. */
struct part {
	struct item *item;
	int64_t first, n; /* of the item */
};

struct batch {
	uint8_t *pixels; /* [batch,size,size,3] */
	float (*lighting)[3];
	int64_t n;
	struct part *part;
	struct item **whole; /* all of whose patches are in this batch or earlier ones */
	size_t nparts, nwhole;
	struct batch *spare;
};

struct stream {
	const struct rl_dense *d;
	struct rl_reader *in;
	struct rl_writer *out;
	struct rl_cutter *cutter;
	int64_t dimension[RL_NLAYERS];
	struct item *open; /* the image that is being cut */
	struct item *spare_item;
	struct batch *spare_batch;
	float *row[RL_NLAYERS]; /* of a batch */
	int64_t done;
	struct rl_progress progress;
};

/* ---- images to batches ------------------------------------------------------------------------
 */

static void make_fields(const struct stream *t, struct item *e)
{
	const struct rl_grid *g = &t->d->grid;
	struct rl_sample *s = &e->sample;
	int height = e->image.height, width = e->image.width;
	int64_t n = e->patches = (int64_t)rl_grid_places(g, height, width, NULL);
	int32_t *size = rl_sample_make(s, "size", RL_I4, 1, (int64_t[]){2})->data;

	size[0] = height, size[1] = width;
	rl_grid_places(g, height, width,
		       rl_sample_make(s, "places", RL_F4, 2, (int64_t[]){n, 4})->data);
	for (int layer = 0; layer < RL_NLAYERS; layer++)
		if (t->d->extractor->want[layer])
			e->row[layer] = rl_sample_make(s, rl_layer_names[layer], RL_F4, 2,
						       (int64_t[]){n, t->dimension[layer]})
						->data;
}

/* The next image, ready to be cut; false at the end. */
static bool open_image(struct stream *t)
{
	struct item *e = t->spare_item ? t->spare_item : rl_calloc(1, sizeof(*e));
	char why[RL_WHY];

	t->spare_item = e->spare;
	if (!rl_reader_next(t->in, &e->sample)) {
		e->spare = t->spare_item;
		t->spare_item = e;
		return false;
	}
	e->image = rl_decoded_image(&e->sample);
	e->cut = 0;
	if (!rl_cutter_begin(t->cutter, &e->image, why))
		rl_die("%.200s: %s at one of --scales", e->sample.key, why);
	if (t->d->lighting)
		rl_lighting_of(&e->sample, e->lighting);
	make_fields(t, e);
	t->open = e;
	return true;
}

static struct batch *new_batch(const struct rl_dense *d)
{
	struct batch *b = rl_calloc(1, sizeof(*b));
	size_t n = (size_t)d->batch, side = (size_t)d->grid.size;

	b->pixels = rl_aligned(n * side * side * 3);
	b->part = rl_calloc(n, sizeof(*b->part));
	b->whole = rl_calloc(n, sizeof(*b->whole));
	if (d->lighting)
		b->lighting = rl_calloc(n, sizeof(*b->lighting));
	return b;
}

static void cut(struct stream *t, struct batch *b)
{
	struct item *e = t->open;
	size_t bytes = (size_t)t->d->grid.size * (size_t)t->d->grid.size * 3;
	int64_t left = e->patches - e->cut, room = t->d->batch - b->n;
	struct part p = {.item = e, .first = e->cut, .n = left < room ? left : room};

	for (int64_t i = 0; i < p.n; i++, b->n++) {
		rl_cutter_next(t->cutter, b->pixels + (size_t)b->n * bytes);
		if (b->lighting)
			memcpy(b->lighting[b->n], e->lighting, sizeof(e->lighting));
	}
	if (p.n)
		b->part[b->nparts++] = p;
	e->cut += p.n;
	if (e->cut == e->patches) {
		b->whole[b->nwhole++] = e;
		t->open = NULL;
	}
}

/* Images without patches count, too, or a batch might hold any number of them. */
static void *next_batch(void *context)
{
	struct stream *t = context;
	struct batch *b = t->spare_batch;

	if (b)
		t->spare_batch = b->spare;
	else
		b = new_batch(t->d);
	b->n = 0;
	b->nparts = b->nwhole = 0;
	while (b->n < t->d->batch && b->nwhole < (size_t)t->d->batch && (t->open || open_image(t)))
		cut(t, b);
	return b->nparts || b->nwhole ? b : NULL;
}

/* ---- batches to features ----------------------------------------------------------------------
 */

static void extract(void *context, void *job, int worker)
{
	const struct stream *t = context;
	const struct batch *b = job;
	int64_t at = 0;

	(void)worker;
	omp_set_num_threads((int)t->d->threads); /* counts for the thread that says it */
	if (b->n)
		rl_extractor_run(t->d->extractor, b->pixels, (const float(*)[3])b->lighting, b->n,
				 t->row);
	for (size_t k = 0; k < b->nparts; at += b->part[k++].n) {
		const struct part *p = &b->part[k];

		for (int layer = 0; layer < RL_NLAYERS; layer++) {
			int64_t d = t->dimension[layer];

			if (d)
				memcpy(p->item->row[layer] + p->first * d, t->row[layer] + at * d,
				       (size_t)(p->n * d) * sizeof(float));
		}
	}
}

static void write_images(void *context, void *job)
{
	struct stream *t = context;
	struct batch *b = job;

	for (size_t i = 0; i < b->nwhole; i++) {
		struct item *e = b->whole[i];

		rl_sample_drop(&e->sample, "image");
		rl_sample_drop(&e->sample, "lighting");
		rl_writer_put(t->out, &e->sample);
		e->spare = t->spare_item;
		t->spare_item = e;
	}
	rl_progress_show(&t->progress, t->done += (int64_t)b->nwhole);
	b->spare = t->spare_batch;
	t->spare_batch = b;
}

/* ---- the stream -------------------------------------------------------------------------------
 */

void rl_dense_head(const struct rl_dense *d, json_t *head)
{
	json_object_set_new(head, "kind", json_string(RL_PATCHFEATURES));
	rl_head_drop_field(head, "image");
	rl_head_drop_field(head, "lighting");
	rl_head_field(head, "size", RL_I4, 1, (int64_t[]){2}, NULL);
	rl_head_field(head, "places", RL_F4, 2, (int64_t[]){-1, 4}, (const char *[]){"M"});
	for (int layer = 0; layer < RL_NLAYERS; layer++)
		if (d->extractor->want[layer])
			rl_head_field(head, rl_layer_names[layer], RL_F4, 2,
				      (int64_t[]){-1, rl_extractor_dimension(d->extractor, layer)},
				      (const char *[]){"M"});
}

static void free_spares(struct stream *t)
{
	for (struct item *e; (e = t->spare_item);) {
		t->spare_item = e->spare;
		rl_sample_free(&e->sample);
		free(e);
	}
	for (struct batch *b; (b = t->spare_batch);) {
		t->spare_batch = b->spare;
		free(b->pixels);
		free(b->lighting);
		free(b->part);
		free(b->whole);
		free(b);
	}
}

void rl_dense_stream(const struct rl_dense *d, struct rl_reader *in, struct rl_writer *out)
{
	struct stream t = {.d = d, .in = in, .out = out, .cutter = rl_cutter_new(&d->grid)};

	for (int layer = 0; layer < RL_NLAYERS; layer++)
		if (d->extractor->want[layer]) {
			t.dimension[layer] = rl_extractor_dimension(d->extractor, layer);
			t.row[layer] =
				rl_aligned((size_t)(d->batch * t.dimension[layer]) * sizeof(float));
		}
	t.progress = rl_progress_start("images", 0, d->quiet);
	rl_pool_run(1, &(struct rl_pool_calls){next_batch, extract, write_images, &t});
	rl_progress_end(&t.progress, t.done);
	free_spares(&t);
	for (int layer = 0; layer < RL_NLAYERS; layer++)
		free(t.row[layer]);
	rl_cutter_free(t.cutter);
}
