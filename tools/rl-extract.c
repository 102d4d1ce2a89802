/* rl-extract: images in, features out. */
#include "base/err.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/progress.h"
#include "data/augmented.h"
#include "models/backbone.h"
#include "models/extractor.h"
#include "nn/precision.h"
#include "stream/stream.h"
#include "train/dense.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-extract",
	.synopsis = "--weights FILE | --random-init SEED [options] < images > features",
	.summary = "Run a frozen ResNet over images of one size, or over a grid of patches of "
		   "images of any\n"
		   "size, and write pooled features.",
	.example =
		"rl-list voc07 VOC2007 --set test | rl-decode --short-side 256 --size 224x224 |\n"
		"  rl-extract --weights run/weights.safetensors --layers feat4 > test.tar",
};

struct config {
	struct rl_backbone backbone;
	const char *layers, *precision, *scales;
	int64_t batch, threads, patch, stride, size;
	bool patches, quiet;
};

static void wanted_layers(const char *list, bool want[RL_NLAYERS])
{
	char *copy = rl_strdup(list), *save = NULL;

	memset(want, 0, RL_NLAYERS * sizeof(*want));
	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save))
		want[rl_parse_choice(t, rl_layer_names, "--layers")] = true;
	free(copy);
}

/* ---- batches ----------------------------------------------------------------------------------
 */

struct batch {
	struct rl_sample *sample;
	int64_t n;
	struct batch *spare; /* the next one that waits to be filled again */
};

/* The stream as a pool of one worker sees it: batches are read and written while it computes. */
struct stream {
	struct rl_reader *in;
	struct rl_writer *out;
	struct rl_extractor *e;
	struct rl_sample first; /* was looked at to plan the network */
	bool looked_at, ended;
	int64_t batch, threads, done;
	uint8_t *pixels;
	float (*lighting)[3]; /* NULL: the stream has none */
	float *row[RL_NLAYERS];
	struct batch *spare;
	struct rl_progress progress;
};

static void *read_batch(void *context)
{
	struct stream *t = context;
	struct batch *b = t->spare;

	if (b) {
		t->spare = b->spare;
	} else {
		b = rl_calloc(1, sizeof(*b));
		b->sample = rl_calloc((size_t)t->batch, sizeof(*b->sample));
	}
	b->n = 0;
	if (t->looked_at) {
		b->sample[b->n++] = t->first;
		t->looked_at = false;
	}
	while (b->n < t->batch && !t->ended) {
		t->ended = !rl_reader_next(t->in, &b->sample[b->n]);
		b->n += !t->ended;
	}
	return b->n ? b : NULL;
}

/* Replace `image` of the samples by the features. */
static void extract(void *context, void *job, int worker)
{
	const struct stream *t = context;
	const struct batch *b = job;
	struct rl_extractor *e = t->e;
	struct rl_sample *s = b->sample;
	size_t bytes = (size_t)(e->height * e->width * 3);

	(void)worker;
	omp_set_num_threads((int)t->threads); /* counts for the thread that says it */
	for (int64_t i = 0; i < b->n; i++) {
		const struct rl_tensor *image = rl_sample_get(&s[i], "image", RL_U1, 3);

		if (image->dim[0] != e->height || image->dim[1] != e->width || image->dim[2] != 3)
			rl_die("%s: image is %lldx%lld, the first was %lldx%lld", s[i].key,
			       (long long)image->dim[1], (long long)image->dim[0],
			       (long long)e->width, (long long)e->height);
		memcpy(t->pixels + (size_t)i * bytes, image->data, bytes);
		rl_sample_drop(&s[i], "image");
		if (t->lighting) {
			rl_lighting_of(&s[i], t->lighting[i]);
			rl_sample_drop(&s[i], "lighting");
		}
	}
	rl_extractor_run(e, t->pixels, (const float(*)[3])t->lighting, b->n, t->row);
	for (int layer = 0; layer < RL_NLAYERS; layer++) {
		if (!e->want[layer])
			continue;
		int64_t d = rl_extractor_dimension(e, layer);

		for (int64_t i = 0; i < b->n; i++)
			memcpy(rl_sample_make(&s[i], rl_layer_names[layer], RL_F4, 1, &d)->data,
			       t->row[layer] + i * d, (size_t)d * sizeof(float));
	}
}

static void write_batch(void *context, void *job)
{
	struct stream *t = context;
	struct batch *b = job;

	for (int64_t i = 0; i < b->n; i++)
		rl_writer_put(t->out, &b->sample[i]);
	rl_progress_show(&t->progress, t->done += b->n);
	b->spare = t->spare;
	t->spare = b;
}

/* Images of the size of the first. */
static void extract_images(struct rl_extractor *e, const struct config *c, struct rl_reader *in,
			   struct rl_sample first, json_t *head)
{
	struct stream t = {.in = in,
			   .e = e,
			   .first = first,
			   .looked_at = true,
			   .batch = c->batch,
			   .threads = c->threads,
			   .progress = rl_progress_start("images", 0, c->quiet)};

	if (rl_lighting_declared(head, "stdin"))
		t.lighting = rl_calloc((size_t)c->batch, sizeof(*t.lighting));
	json_object_set_new(head, "kind", json_string("features"));
	rl_head_drop_field(head, "image");
	rl_head_drop_field(head, "lighting");
	for (int layer = 0; layer < RL_NLAYERS; layer++) {
		if (!e->want[layer])
			continue;
		int64_t d = rl_extractor_dimension(e, layer);

		rl_head_field(head, rl_layer_names[layer], RL_F4, 1, &d, NULL);
		t.row[layer] = rl_aligned((size_t)(c->batch * d) * sizeof(float));
	}
	t.pixels = rl_aligned((size_t)(c->batch * e->height * e->width * 3));
	t.out = rl_writer_new(1, "stdout", head);
	rl_pool_run(1, &(struct rl_pool_calls){read_batch, extract, write_batch, &t});
	rl_progress_end(&t.progress, t.done);
	rl_writer_close(t.out, rl_reader_skipped(in));
}

/* Patches of images of any size. */
static void extract_patches(struct rl_extractor *e, const struct config *c,
			    const struct rl_grid *grid, struct rl_reader *in, json_t *head,
			    json_t *entry)
{
	struct rl_dense d = {.extractor = e,
			     .grid = *grid,
			     .batch = c->batch,
			     .threads = c->threads,
			     .lighting = rl_lighting_declared(head, "stdin"),
			     .quiet = c->quiet};
	json_t *scales = json_array();

	for (size_t k = 0; k < grid->nscale; k++)
		json_array_append_new(scales, json_real(grid->scale[k]));
	json_object_set_new(entry, "patches",
			    json_pack("{s:i, s:i, s:i, s:o}", "patch", grid->patch, "stride",
				      grid->stride, "size", grid->size, "scales", scales));
	rl_dense_head(&d, head);
	struct rl_writer *out = rl_writer_new(1, "stdout", head);
	rl_dense_stream(&d, in, out);
	rl_writer_close(out, rl_reader_skipped(in));
}

/* What is said of patches, checked. */
static struct rl_grid grid_of(struct config *c)
{
	struct rl_grid g = {0};

	if (!c->patches && (c->patch || c->stride || c->size || c->scales))
		rl_die_usage("--patch, --stride, --scales and --size are for --patches");
	if (!c->patches)
		return g;
	g.patch = c->patch ? (int)c->patch : 96;
	g.stride = c->stride ? (int)c->stride : (g.patch + 1) / 2;
	g.size = c->size ? (int)c->size : g.patch;
	g.scale = rl_parse_reals(c->scales ? c->scales : "1", 0.01, 100, "--scales", &g.nscale);
	for (size_t i = 0; i < g.nscale; i++)
		for (size_t k = 0; k < i; k++)
			if (g.scale[k] == g.scale[i])
				rl_die_usage("--scales: %g: twice", g.scale[i]);
	return g;
}

int main(int argc, char **argv)
{
	struct config c = {.backbone.random_init = -1,
			   .precision = "auto",
			   .batch = 32,
			   .threads = omp_get_max_threads()};
	const struct rl_opt opts[] = {
		RL_BACKBONE_OPTIONS(&c.backbone),
		RL_OPT_STR("layers", &c.layers, "LIST",
			   "of feat1..feat5, avgpool; all if not given, of patches avgpool"),
		RL_OPT_FLAG("patches", &c.patches, "of a dense grid of patches of each image"),
		RL_OPT_INT("patch", &c.patch, 8, 4096, "N", "pixels a side; 96 if not given"),
		RL_OPT_INT("stride", &c.stride, 1, 4096, "N",
			   "pixels from one to the next; half a patch if not given"),
		RL_OPT_STR("scales", &c.scales, "S,...",
			   "by which images are resized first; 1 if not given"),
		RL_OPT_INT("size", &c.size, 8, 4096, "N",
			   "pixels of what the network sees of a patch; as it is if not given"),
		RL_OPT_INT("batch", &c.batch, 1, 4096, "N", "images or patches at once"),
		RL_OPT_STR("precision", &c.precision, "NAME", RL_PRECISION_HELP),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "threads of the kernels"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END};
	struct rl_extractor e = {0};

	/* arguments */
	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand: images come from standard input",
			     argv[argc - 1]);
	rl_backbone_open(&c.backbone);
	struct rl_grid grid = grid_of(&c);
	wanted_layers(c.layers    ? c.layers
		      : c.patches ? "avgpool"
				  : "feat1,feat2,feat3,feat4,feat5,avgpool",
		      e.want);
	e.bf16 = rl_precision_bf16(c.precision);
	omp_set_num_threads((int)c.threads);

	/* prepare: the grid or the first image tells the size, the weights the network */
	struct rl_reader *in = rl_reader_open("-");
	struct rl_sample sample = {0};
	json_t *head = json_deep_copy(rl_reader_head(in));
	json_t *entry = rl_head_history(head, &tool, argc, argv);

	if (c.patches) {
		e.height = e.width = grid.size;
	} else {
		if (!rl_reader_next(in, &sample))
			rl_die("stdin: no images");
		const struct rl_tensor *first = rl_sample_get(&sample, "image", RL_U1, 3);
		e.height = first->dim[0], e.width = first->dim[1];
	}
	e.backbone = c.backbone.resnet;
	e.params = rl_params_new();
	e.seed = rl_backbone_seed(&c.backbone, 0);
	rl_extractor_plan(&e, c.batch);
	rl_backbone_load(&c.backbone, e.params, NULL);
	rl_backbone_history(&c.backbone, entry, e.bf16);

	/* stream */
	if (c.patches)
		extract_patches(&e, &c, &grid, in, head, entry);
	else
		extract_images(&e, &c, in, sample, head);
	return RL_EXIT_OK;
}
