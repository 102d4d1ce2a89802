/* rl-segment: train a fully convolutional network, and label pixels with it. */
#include "base/err.h"
#include "base/file.h"
#include "base/progress.h"
#include "data/decoded.h"
#include "eval/setup.h"
#include "image/palette.h"
#include "image/png.h"
#include "image/resize.h"
#include "models/backbone.h"
#include "models/segmenter.h"
#include "train/scenes.h"
#include "train/segmenting.h"
#include "train/trained.h"
#include "train/training.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-segment",
	.synopsis = "train | predict [options] < images",
	.summary = "Train FCN by MMSelfSup's recipes; find the class of each pixel.",
	.example = "rl-list voc12aug VOCdevkit --set trainaug |\n"
		   "  rl-decode --epochs 31 --shuffle --augment "
		   "'ratio-resize=2048x512,0.5,2 class-crop=512 flip photometric' |\n"
		   "  rl-segment train --weights w.safetensors --iterations 20000 --out run\n"
		   "rl-list voc12aug VOCdevkit --set val | rl-decode |\n"
		   "  rl-segment predict --weights run/weights.safetensors | rl-miou",
};

static const char *const models[] = {"fcn", NULL};

/* ---- train ------------------------------------------------------------------------------------
 */

/* MMSelfSup's on VOC12+Aug. */
static const struct rl_recipe recipe = {.optimizer = "sgd",
					.precision = "auto",
					.batch = 4,
					.accumulate = 4,
					.log_every = 50,
					.checkpoint_every = 500,
					.keep = 3,
					.lr = 0.01,
					.lr_batch = 16,
					.momentum = 0.9,
					.weight_decay = 5e-4,
					.power = 0.9,
					.min_lr = 1e-4};

/* What is said of the network, in its weights: for predicting, and for whoever evaluates that. */
struct facts {
	const char *size;
	bool align_corners, sync_bn;
};

static json_t *setup(const struct rl_recipe *r, const struct rl_loop *l, const struct facts *f,
		     const json_t *classes, const json_t *head, json_t *entry)
{
	json_t *predictor = json_pack("[O]", entry), *training = rl_recipe_facts(r, l, f->sync_bn);
	json_t *o = rl_setup(l->of_all, 0, (int64_t)json_array_size(classes),
			     json_object_get(head, "history"), predictor);

	json_object_set_new(training, "model", json_string(models[0]));
	json_object_set_new(training, "iterations", json_integer(rl_loop_steps(l)));
	json_object_set_new(training, "size", json_string(f->size));
	json_object_set_new(training, "align_corners", json_boolean(f->align_corners));
	json_object_set_new(o, "training", training);
	json_decref(predictor);
	return o;
}

static int train(int argc, char **argv)
{
	struct rl_recipe r = recipe;
	struct rl_backbone backbone = {.random_init = -1};
	struct facts f = {.size = "512x512"};
	int64_t height, width;
	const struct rl_opt opts[] = {
		RL_RESUME_OPTIONS(&r.resume),
		RL_BACKBONE_OPTIONS(&backbone),
		RL_OPT_STR("size", &f.size, "WxH", "images are padded to this"),
		RL_OPT_FLAG("align-corners", &f.align_corners,
			    "of the logits with those of the image, as on Cityscapes"),
		RL_RECIPE_LEARNING_BY_POWER(&r),
		RL_OPT_INT(
			"iterations", &r.iterations, 1, INT64_MAX, "N",
			"end after N steps, in mid-epoch if need be; unless said, with the stream"),
		RL_OPT_FLAG("sync-bn", &f.sync_bn,
			    "batch statistics are those of all ranks together"),
		RL_RECIPE_RUNNING(&r),
		RL_OPT_END};
	static const char *const files[] = {"weights", NULL};

	/* arguments */
	r.threads = omp_get_max_threads();
	if (rl_options(argc - 1, argv + 1, &tool, opts) < argc - 1)
		rl_die_usage("no more operands: images come from standard input");
	rl_recipe_interpret(&r);
	rl_parse_pair(f.size, 'x', 32, 8192, "--size", &width, &height);
	rl_backbone_open(&backbone);

	/* prepare */
	struct rl_training t = rl_training_begin(&r, &tool, argc, argv);
	struct rl_loop *loop = &t.loop;
	const json_t *classes = rl_segmenting_classes(t.head, "stdin");
	rl_backbone_history(&backbone, t.entry, r.bf16);
	const struct rl_net_config net = {.seed = rl_backbone_seed(&backbone, r.seed),
					  .comm = loop->comm,
					  .sync_bn = f.sync_bn,
					  .bf16 = r.bf16};
	const struct rl_fcn fcn =
		rl_fcn_r50_d8(&backbone.resnet, (int)json_array_size(classes), f.align_corners);
	loop->task = rl_segmenting_task(rl_segmenting_new(loop->params, &fcn, r.batch, height,
							  width, &net, (uint64_t)r.seed));
	rl_backbone_load(&backbone, loop->params, rl_fcn_heads);
	rl_params_group(loop->params, "", 1, r.weight_decay);
	json_object_set_new(loop->metadata, "model", json_string(models[0]));
	json_object_set_new(loop->metadata, "align_corners",
			    json_string(f.align_corners ? "true" : "false"));
	rl_training_note(&t, "classes", classes);
	rl_training_note(&t, "setup", setup(&r, loop, &f, classes, t.head, t.entry));

	/* train */
	rl_training_run(&t, &r, opts, files);
	if (t.first)
		rl_training_save(&t, "");
	rl_training_end(&t);
	return RL_EXIT_OK;
}

/* ---- predict ----------------------------------------------------------------------------------
 */

struct predictor {
	struct rl_segmenter *segmenter;
	struct rl_resnet resnet;
	json_t *classes;
	int64_t short_side, long_side;
	struct rl_windows windows;
	struct rl_resizer *resizer;
	const char *out; /* NULL: to the stream */
	float *pixels;
};

static void load_predictor(struct predictor *p, const char *path, bool bf16)
{
	static const char *const no_yes[] = {"false", "true", NULL};
	const struct rl_trained t = rl_trained_open(path, models, "rl-segment train");
	const bool aligned =
		rl_parse_choice(rl_json_str(t.file->metadata, "align_corners", path), no_yes, path);
	struct rl_params *params = rl_params_new();

	if (json_array_size(t.classes) > RL_NO_CLASS)
		rl_die("%s: more than %d classes", path, RL_NO_CLASS);
	p->resnet = rl_backbone_recognise(t.file, path);
	p->classes = t.classes;
	const struct rl_fcn fcn =
		rl_fcn_r50_d8(&p->resnet, (int)json_array_size(t.classes), aligned);
	p->segmenter = rl_segmenter_new(params, &fcn, &(struct rl_net_config){.bf16 = bf16});
	rl_weights_load(params, t.file, NULL);
	rl_st_close(t.file);
	p->resizer = rl_resizer_new();
}

static json_t *view_of(const struct predictor *p)
{
	char windows[64] = "";

	if (p->windows.crop)
		snprintf(windows, sizeof(windows), " windows=%lld,%lld", (long long)p->windows.crop,
			 (long long)p->windows.stride);
	return json_sprintf("multi-resize=%lld:%lld%s", (long long)p->short_side,
			    (long long)p->long_side, windows);
}

/* The stream as it was, with one field more. */
static json_t *head_of(const struct predictor *p, struct rl_reader *in, int argc, char **argv,
		       const char *weights, bool bf16)
{
	json_t *head = json_deep_copy(rl_reader_head(in));

	if (!rl_head_has_field(head, "image"))
		rl_die("stdin: head: no field image");
	if (rl_head_has_field(head, "prediction"))
		rl_die("stdin: head: has a field prediction already");
	rl_head_field(head, "prediction", RL_U1, 2, (int64_t[]){-1, -2},
		      (const char *[]){"H", "W"});
	rl_head_set_names(head, "prediction", json_incref(p->classes));
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	rl_history_input(entry, weights);
	json_object_set_new(entry, "network", rl_network_facts(&p->resnet, bf16));
	json_object_set_new(entry, "view", view_of(p));
	return head;
}

static void predict_image(struct predictor *p, const struct rl_image *given, uint8_t *map)
{
	int h, w;

	rl_fit_pixels(given->height, given->width, (int)p->short_side, (int)p->long_side, &h, &w);
	struct rl_image im = rl_resize(p->resizer, given, h, w);

	p->pixels = rl_realloc(p->pixels, 3 * (size_t)h * (size_t)w, sizeof(float));
	rl_scene_pixels(im.data, h, w, h, w, p->pixels);
	rl_image_free(&im);
	rl_segmenter_label(p->segmenter, p->pixels, h, w, &p->windows, given->height, given->width,
			   map);
}

static void write_png(const struct predictor *p, const char *key, const struct rl_image *im,
		      const uint8_t *map)
{
	char *path = rl_asprintf("%s/%s.png", p->out, key);
	uint8_t palette[256 * 3];

	rl_palette_voc(palette);
	rl_mkdirs_to(path);
	struct rl_file *f = rl_file_create(path);
	rl_png_write_palette(rl_file_stream(f), map, im->height, im->width, palette, 256);
	rl_file_commit(f);
	free(path);
}

static void check_windows(struct rl_windows *w)
{
	if (w->stride && !w->crop)
		rl_die_usage("--stride is for --crop");
	if (w->crop && !w->stride)
		w->stride = w->crop;
	if (w->stride > w->crop)
		rl_die_usage("--stride: larger than --crop, pixels between windows would be lost");
}

static int predict(int argc, char **argv)
{
	struct predictor p = {.short_side = 512, .long_side = 2048};
	const char *weights = NULL, *precision = "auto";
	int64_t threads = omp_get_max_threads(), done = 0;
	bool quiet = false;
	const struct rl_opt opts[] = {
		RL_OPT_STR("weights", &weights, "FILE", "weights.safetensors of rl-segment train"),
		RL_OPT_INT("short-side", &p.short_side, 32, 8192, "N",
			   "images are resized until the shorter side is this"),
		RL_OPT_INT("long-side", &p.long_side, 32, 8192, "N",
			   "or the longer side this, whichever comes first"),
		RL_OPT_INT("crop", &p.windows.crop, 32, 8192, "N",
			   "in windows of N x N; as a whole if not given"),
		RL_OPT_INT("stride", &p.windows.stride, 1, 8192, "N",
			   "at every N pixels; as large as they are if not given"),
		RL_OPT_STR("out", &p.out, "DIR", "palette PNGs, DIR/KEY.png, instead of a stream"),
		RL_OPT_STR("precision", &precision, "NAME", RL_PRECISION_HELP),
		RL_OPT_INT("threads", &threads, 1, 1024, "N", "threads of the kernels"),
		RL_OPT_FLAG("quiet", &quiet, "no progress on stderr"),
		RL_OPT_END};
	struct rl_sample sample = {0};

	/* arguments */
	if (rl_options(argc - 1, argv + 1, &tool, opts) < argc - 1)
		rl_die_usage("no more operands: images come from standard input");
	if (!weights)
		rl_die_usage("--weights is missing");
	check_windows(&p.windows);
	omp_set_num_threads((int)threads);

	/* prepare */
	const bool bf16 = rl_precision_bf16(precision);
	load_predictor(&p, weights, bf16);
	struct rl_reader *in = rl_reader_open("-");
	json_t *head = head_of(&p, in, argc, argv, weights, bf16);
	struct rl_writer *out = p.out ? NULL : rl_writer_new(STDOUT_FILENO, "stdout", head);
	struct rl_progress progress = rl_progress_start("images", 0, quiet);

	/* a map an image */
	while (rl_reader_next(in, &sample)) {
		const struct rl_image im = rl_decoded_image(&sample);
		struct rl_tensor *map = rl_sample_make(&sample, "prediction", RL_U1, 2,
						       (int64_t[]){im.height, im.width});

		predict_image(&p, &im, map->data);
		if (p.out)
			write_png(&p, sample.key, &im, map->data);
		else
			rl_writer_put(out, &sample);
		rl_progress_show(&progress, ++done);
	}
	if (!done)
		rl_die("stdin: no images");
	if (out)
		rl_writer_close(out, rl_reader_skipped(in));
	rl_progress_end(&progress, done);
	rl_sample_free(&sample);
	return RL_EXIT_OK;
}

/* ---- commands ---------------------------------------------------------------------------------
 */

int main(int argc, char **argv)
{
	static const struct rl_command commands[] = {
		{"train", train}, {"predict", predict}, {NULL, NULL}};

	return rl_run_command(argc, argv, &tool, commands);
}
