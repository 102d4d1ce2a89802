/* rl-detect: train a detector, and predict with it. */
#include "base/err.h"
#include "base/file.h"
#include "base/progress.h"
#include "data/decoded.h"
#include "eval/setup.h"
#include "image/resize.h"
#include "image/rle.h"
#include "models/backbone.h"
#include "train/detecting.h"
#include "train/scenes.h"
#include "train/trained.h"
#include "train/training.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-detect",
	.synopsis = "train | predict [options] < images",
	.summary =
		"Train Faster R-CNN or Mask R-CNN by MMSelfSup's recipes; find objects in images.",
	.example = "rl-list coco coco --set train2017 --for-training |\n"
		   "  rl-decode --epochs 12 --shuffle --group 2 --augment "
		   "'multi-resize=640,672,704,736,768,800:1333 flip' |\n"
		   "  rl-detect train --model mask-rcnn-fpn --weights w.safetensors --out run\n"
		   "ls *.jpg | rl-decode | rl-detect predict --weights run/weights.safetensors",
};

static const char *const models[] = {"faster-rcnn-c4", "mask-rcnn-fpn", NULL};
enum model { FASTER_RCNN_C4, MASK_RCNN_FPN };

static struct rl_detector_config config_of(enum model model, const struct rl_resnet *resnet,
					   int classes)
{
	return model == MASK_RCNN_FPN ? rl_mask_rcnn_fpn(resnet, classes)
				      : rl_faster_rcnn_c4(resnet, classes);
}

/* ---- train ------------------------------------------------------------------------------------
 */

/* MMSelfSup's schedules, in iterations of 16 images: 24,000 on VOC07+12, 12 epochs of COCO. */
static const struct {
	double iterations, warmup;
	const char *steps;
} schedules[] = {
	[FASTER_RCNN_C4] = {24000, 100, "18000,22000"},
	[MASK_RCNN_FPN] = {87960, 1000, "58640,80630"},
};

static const struct rl_recipe recipe = {.optimizer = "sgd",
					.precision = "auto",
					.batch = 2,
					.accumulate = 8,
					.log_every = 50,
					.checkpoint_every = 500,
					.keep = 3,
					.lr = 0.02,
					.lr_batch = 16,
					.momentum = 0.9,
					.weight_decay = 1e-4,
					.warmup = -1,
					.warmup_ratio = 0.001,
					.gamma = 0.1};

/* What the recipe's model says where no option does. */
static void fill_schedule(struct rl_recipe *r, enum model model)
{
	if (!r->epochs)
		r->epochs = schedules[model].iterations;
	if (r->warmup < 0)
		r->warmup = schedules[model].warmup;
	if (!r->steps)
		r->steps = schedules[model].steps;
}

/* For whoever evaluates it: of what the detector is made. */
static json_t *setup(const char *model, const struct rl_recipe *r, const struct rl_loop *l,
		     const json_t *classes, const json_t *head, json_t *entry, bool sync_bn,
		     int64_t regions)
{
	json_t *predictor = json_pack("[O]", entry), *training = rl_recipe_facts(r, l, sync_bn);
	json_t *o = rl_setup(l->of_all, 0, (int64_t)json_array_size(classes),
			     json_object_get(head, "history"), predictor);

	json_object_set_new(training, "model", json_string(model));
	json_object_set_new(training, "iterations", json_integer(rl_loop_steps(l)));
	json_object_set_new(training, "regions", json_integer(regions));
	json_object_set_new(o, "training", training);
	json_decref(predictor);
	return o;
}

static int train(int argc, char **argv)
{
	struct rl_recipe r = recipe;
	struct rl_backbone backbone = {.random_init = -1};
	const char *name = "";
	int64_t regions = 512;
	bool sync_bn = false;
	const struct rl_opt opts[] = {
		RL_RESUME_OPTIONS(&r.resume),
		RL_OPT_STR("model", &name, "NAME", "faster-rcnn-c4 or mask-rcnn-fpn"),
		RL_BACKBONE_OPTIONS(&backbone),
		RL_RECIPE_LEARNING(&r),
		RL_OPT_INT(
			"iterations", &r.iterations, 1, INT64_MAX, "N",
			"end after N steps, in mid-epoch if need be; unless said, with the stream"),
		RL_OPT_INT("regions", &regions, 1, 1 << 20, "N",
			   "proposals of an image that the heads learn from"),
		RL_OPT_FLAG("sync-bn", &sync_bn,
			    "batch statistics are those of all ranks together"),
		RL_RECIPE_RUNNING(&r),
		RL_OPT_END};
	static const char *const files[] = {"weights", NULL};

	/* arguments */
	r.threads = omp_get_max_threads();
	if (rl_options(argc - 1, argv + 1, &tool, opts) < argc - 1)
		rl_die_usage("no more operands: images come from standard input");
	rl_recipe_interpret(&r);
	const enum model model = rl_parse_choice(name, models, "--model");
	fill_schedule(&r, model);
	rl_backbone_open(&backbone);

	/* prepare */
	struct rl_training t = rl_training_begin(&r, &tool, argc, argv);
	struct rl_loop *loop = &t.loop;
	const json_t *classes = rl_scenes_classes(t.head, model == MASK_RCNN_FPN, "stdin");
	rl_backbone_history(&backbone, t.entry, r.bf16);
	const struct rl_net_config net = {.seed = rl_backbone_seed(&backbone, r.seed),
					  .comm = loop->comm,
					  .sync_bn = sync_bn,
					  .bf16 = r.bf16};
	backbone.resnet.running = false;
	struct rl_detector_config config =
		config_of(model, &backbone.resnet, (int)json_array_size(classes));
	config.rcnn.sample = (size_t)regions;
	loop->task = rl_detecting_task(
		rl_detecting_new(loop->params, &config, r.batch, &net, (uint64_t)r.seed));
	rl_backbone_load(&backbone, loop->params, rl_detector_heads);
	rl_params_group(loop->params, "", 1, r.weight_decay);
	json_object_set_new(loop->metadata, "model", json_string(name));
	rl_training_note(&t, "classes", classes);
	rl_training_note(&t, "setup",
			 setup(name, &r, loop, classes, t.head, t.entry, sync_bn, regions));

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
	struct rl_detector *detector;
	struct rl_detector_config config;
	json_t *classes, *by; /* by: what its lines say of it, see data/found.h */
	int64_t short_side, long_side;
	struct rl_resizer *resizer;
	float *pixels, *soft;
	struct rl_rcnn_detection *found;
};

static void load_predictor(struct predictor *p, const char *path, double score, bool bf16)
{
	const struct rl_trained t = rl_trained_open(path, models, "rl-detect train");
	struct rl_params *params = rl_params_new();
	struct rl_resnet resnet = rl_backbone_recognise(t.file, path);

	p->classes = t.classes;
	p->config = config_of((enum model)t.model, &resnet, (int)json_array_size(p->classes));
	p->config.rcnn.score = score;
	p->detector = rl_detector_new(params, &p->config, &(struct rl_net_config){.bf16 = bf16});
	rl_weights_load(params, t.file, NULL);
	rl_st_close(t.file);
	p->resizer = rl_resizer_new();
	p->found = rl_malloc(p->config.rcnn.most * sizeof(*p->found));
	p->soft = rl_malloc(p->config.rcnn.most * RL_MASK * RL_MASK * sizeof(*p->soft));
}

static json_t *told_of(const struct predictor *p, const char *path, double score, bool bf16)
{
	char sha256[65];

	rl_file_sha256(path, sha256);
	return json_pack("{s:s, s:o, s:f, s:s}", "weights", sha256, "view",
			 json_sprintf("multi-resize=%lld:%lld", (long long)p->short_side,
				      (long long)p->long_side),
			 "score", score, "precision", rl_precision_name(bf16));
}

static json_t *mask_of(const float *soft, const struct rl_box *b, int64_t height, int64_t width)
{
	uint8_t *mask = rl_malloc((size_t)(height * width));

	rl_mask_paste(soft, b, height, width, mask);
	struct rl_rle runs = rl_rle_encode(mask, (int)height, (int)width);
	char *text = rl_rle_text(&runs);
	json_t *o = json_pack("{s:[I,I], s:s}", "size", (json_int_t)height, (json_int_t)width,
			      "counts", text);

	free(mask);
	free(runs.run);
	free(text);
	return o;
}

static json_t *predict_image(struct predictor *p, struct rl_sample *s)
{
	const struct rl_image given = rl_decoded_image(s);
	int h, w;
	json_t *detections = json_array();

	rl_fit_pixels(given.height, given.width, (int)p->short_side, (int)p->long_side, &h, &w);
	struct rl_image im = rl_resize(p->resizer, &given, h, w);
	int64_t height = rl_scenes_side(h), width = rl_scenes_side(w);
	double by_x = (double)given.width / (double)w, by_y = (double)given.height / (double)h;

	p->pixels = rl_realloc(p->pixels, (size_t)(3 * height * width), sizeof(float));
	rl_scene_pixels(im.data, h, w, height, width, p->pixels);
	rl_image_free(&im);
	size_t n = rl_detector_detect(p->detector, p->pixels, height, width, (double)h, (double)w,
				      p->found, p->soft);
	for (size_t i = 0; i < n; i++) {
		const struct rl_rcnn_detection *f = &p->found[i];
		const struct rl_box b = {(float)(f->box.x1 * by_x), (float)(f->box.y1 * by_y),
					 (float)(f->box.x2 * by_x), (float)(f->box.y2 * by_y)};
		json_t *d = json_pack("{s:O, s:f, s:[f,f,f,f]}", "class",
				      json_array_get(p->classes, (size_t)f->class), "score",
				      (double)f->score, "box", (double)b.x1, (double)b.y1,
				      (double)b.x2, (double)b.y2);

		if (p->config.fpn)
			json_object_set_new(d, "mask",
					    mask_of(p->soft + i * RL_MASK * RL_MASK, &b,
						    given.height, given.width));
		json_array_append_new(detections, d);
	}
	return json_pack("{s:s, s:i, s:i, s:O, s:o}", "key", s->key, "height", given.height,
			 "width", given.width, "by", p->by, "detections", detections);
}

static int predict(int argc, char **argv)
{
	struct predictor p = {.short_side = 800, .long_side = 1333};
	const char *weights = NULL, *precision = "auto";
	int64_t threads = omp_get_max_threads(), done = 0;
	double score = 0.05;
	bool quiet = false;
	const struct rl_opt opts[] = {
		RL_OPT_STR("weights", &weights, "FILE", "weights.safetensors of rl-detect train"),
		RL_OPT_REAL("score", &score, 0, 1, "P", "detections of a higher score only"),
		RL_OPT_INT("short-side", &p.short_side, 32, 4096, "N",
			   "images are resized until the shorter side is this"),
		RL_OPT_INT("long-side", &p.long_side, 32, 8192, "N",
			   "or the longer side this, whichever comes first"),
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
	omp_set_num_threads((int)threads);

	/* prepare */
	const bool bf16 = rl_precision_bf16(precision);
	load_predictor(&p, weights, score, bf16);
	p.by = told_of(&p, weights, score, bf16);
	struct rl_reader *in = rl_reader_open("-");
	struct rl_progress progress = rl_progress_start("images", 0, quiet);

	/* a line an image */
	while (rl_reader_next(in, &sample)) {
		rl_json_print(predict_image(&p, &sample));
		rl_progress_show(&progress, ++done);
	}
	if (!done)
		rl_die("stdin: no images");
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
