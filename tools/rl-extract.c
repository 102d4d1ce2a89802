/* rl-extract: images in, features out. */
#include "base/err.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/progress.h"
#include "data/augmented.h"
#include "models/backbone.h"
#include "models/features.h"
#include "nn/precision.h"
#include "stream/stream.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-extract",
	.synopsis = "--weights FILE | --random-init SEED [options] < images > features",
	.summary = "Run a frozen ResNet over images of one size and write pooled features.",
	.example =
		"rl-list voc07 VOC2007 --set test | rl-decode --short-side 256 --size 224x224 |\n"
		"  rl-extract --weights run/weights.safetensors --layers feat4 > test.tar",
};

struct config {
	struct rl_backbone backbone;
	const char *layers, *precision;
	int64_t batch, threads;
	bool quiet;
};

static void wanted_layers(const char *list, bool want[RL_NLAYERS])
{
	char *copy = rl_strdup(list), *save = NULL;

	memset(want, 0, RL_NLAYERS * sizeof(*want));
	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save))
		want[rl_parse_choice(t, rl_layer_names, "--layers")] = true;
	free(copy);
}

struct extractor {
	struct rl_params *params;
	struct rl_resnet backbone;
	bool want[RL_NLAYERS];
	int64_t height, width;
	uint64_t seed; /* of an untrained network */
	bool bf16;

	struct rl_net *net; /* planned for `images` */
	int64_t images;
	rl_val x, out[RL_NLAYERS];
};

static void plan(struct extractor *e, int64_t images)
{
	if (e->net && e->images == images)
		return;
	if (e->net)
		rl_net_free(e->net);
	e->images = images;
	e->net = rl_net_new(e->params, &(struct rl_net_config){.seed = e->seed, .bf16 = e->bf16});
	e->x = rl_features(e->net, &e->backbone, images, e->height, e->width, e->want, e->out,
			   "stdin");
	rl_net_plan(e->net);
}

static int64_t dimension(const struct extractor *e, int layer)
{
	int64_t dim[4], d = 1;
	int ndim = rl_net_shape(e->net, e->out[layer], dim);

	for (int i = 1; i < ndim; i++)
		d *= dim[i];
	return d;
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
	struct extractor *e;
	struct rl_sample first; /* was looked at to plan the network */
	bool looked_at, ended;
	int64_t batch, threads, done;
	uint8_t *pixels;
	float (*lighting)[3]; /* NULL: the stream has none */
	int64_t *index;
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
	struct extractor *e = t->e;
	struct rl_sample *s = b->sample;
	uint8_t *pixels = t->pixels;
	int64_t *index = t->index, n = b->n;
	size_t bytes = (size_t)(e->height * e->width * 3);

	(void)worker;
	omp_set_num_threads((int)t->threads); /* counts for the thread that says it */
	plan(e, n);
	for (int64_t i = 0; i < n; i++) {
		const struct rl_tensor *image = rl_sample_get(&s[i], "image", RL_U1, 3);

		if (image->dim[0] != e->height || image->dim[1] != e->width || image->dim[2] != 3)
			rl_die("%s: image is %lldx%lld, the first was %lldx%lld", s[i].key,
			       (long long)image->dim[1], (long long)image->dim[0],
			       (long long)e->width, (long long)e->height);
		memcpy(pixels + (size_t)i * bytes, image->data, bytes);
		index[i] = i;
		rl_sample_drop(&s[i], "image");
		if (t->lighting) {
			rl_lighting_of(&s[i], t->lighting[i]);
			rl_sample_drop(&s[i], "lighting");
		}
	}
	rl_net_feed_images(e->net, e->x, pixels, (const float(*)[3])t->lighting, index);
	rl_net_forward(e->net);
	for (int layer = 0; layer < RL_NLAYERS; layer++) {
		if (!e->want[layer])
			continue;
		int64_t d = dimension(e, layer);
		float *all = rl_aligned((size_t)(n * d) * sizeof(*all));

		rl_net_read(e->net, e->out[layer], all);
		for (int64_t i = 0; i < n; i++)
			memcpy(rl_sample_make(&s[i], rl_layer_names[layer], RL_F4, 1, &d)->data,
			       all + i * d, (size_t)d * sizeof(*all));
		free(all);
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

int main(int argc, char **argv)
{
	struct config c = {.backbone.random_init = -1,
			   .layers = "feat1,feat2,feat3,feat4,feat5,avgpool",
			   .precision = "auto",
			   .batch = 32,
			   .threads = omp_get_max_threads()};
	const struct rl_opt opts[] = {
		RL_BACKBONE_OPTIONS(&c.backbone),
		RL_OPT_STR("layers", &c.layers, "LIST", "of feat1..feat5, avgpool"),
		RL_OPT_INT("batch", &c.batch, 1, 4096, "N", "images at once"),
		RL_OPT_STR("precision", &c.precision, "NAME", RL_PRECISION_HELP),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "threads of the kernels"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END};
	struct extractor e = {0};

	/* arguments */
	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand: images come from standard input",
			     argv[argc - 1]);
	rl_backbone_open(&c.backbone);
	wanted_layers(c.layers, e.want);
	e.bf16 = rl_precision_bf16(c.precision);
	omp_set_num_threads((int)c.threads);

	/* prepare: the first image tells the size, the weights the network */
	struct rl_reader *in = rl_reader_open("-");
	struct rl_sample sample = {0};
	json_t *head = json_deep_copy(rl_reader_head(in));
	json_t *entry = rl_head_history(head, &tool, argc, argv);

	if (!rl_reader_next(in, &sample))
		rl_die("stdin: no images");
	const struct rl_tensor *first = rl_sample_get(&sample, "image", RL_U1, 3);
	e.height = first->dim[0], e.width = first->dim[1];
	e.backbone = c.backbone.resnet;
	e.params = rl_params_new();
	e.seed = rl_backbone_seed(&c.backbone, 0);
	plan(&e, c.batch);
	rl_backbone_load(&c.backbone, e.params, NULL);
	rl_backbone_history(&c.backbone, entry, e.bf16);
	const bool lighting = rl_lighting_declared(head, "stdin");
	json_object_set_new(head, "kind", json_string("features"));
	rl_head_drop_field(head, "image");
	rl_head_drop_field(head, "lighting");
	for (int layer = 0; layer < RL_NLAYERS; layer++)
		if (e.want[layer])
			rl_head_field(head, rl_layer_names[layer], RL_F4, 1,
				      (int64_t[]){dimension(&e, layer)}, NULL);

	/* stream */
	struct stream stream = {
		.in = in,
		.out = rl_writer_new(1, "stdout", head),
		.e = &e,
		.first = sample,
		.looked_at = true,
		.batch = c.batch,
		.threads = c.threads,
		.pixels = rl_aligned((size_t)(c.batch * e.height * e.width * 3)),
		.index = rl_malloc((size_t)c.batch * sizeof(*stream.index)),
		.lighting = lighting ? rl_calloc((size_t)c.batch, sizeof(*stream.lighting)) : NULL,
		.progress = rl_progress_start("images", 0, c.quiet)};
	rl_pool_run(1, &(struct rl_pool_calls){read_batch, extract, write_batch, &stream});
	rl_progress_end(&stream.progress, stream.done);
	rl_writer_close(stream.out, rl_reader_skipped(in));
	return RL_EXIT_OK;
}
