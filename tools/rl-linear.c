/* rl-linear: linear classifiers on frozen features. */
#include "base/err.h"
#include "base/utf8.h"
#include "eval/layer.h"
#include "eval/pair.h"
#include "eval/probe.h"
#include "eval/setup.h"
#include "train/probing.h"
#include "train/training.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-linear",
	.synopsis = "train | test | exact [options]",
	.summary = "Fit linear classifiers to frozen features.  Commands, each with its --help:\n"
		   "  train  by SGD, on augmented images\n"
		   "  test   what train made, on other images\n"
		   "  exact  to the optimum, on feature streams",
	.example = "rl-list imagenet DIR --set train |\n"
		   "  rl-decode --epochs 90 --shuffle --augment \\\n"
		   "    'random-resized-crop=224 flip color-jitter=0.4,0.4,0.4 lighting=0.1' |\n"
		   "  rl-linear train --weights run/weights.safetensors --out probe",
};

static void add_metric(json_t *metrics, const char *layer, int k, double percent)
{
	char *name = rl_asprintf("%s top-%d", layer, k);

	json_object_set_new(metrics, name, json_real(percent));
	free(name);
}

/* ---- exact ------------------------------------------------------------------------------------
 */

struct exact {
	const char *train, *test, *layers, *decays, *name;
	int64_t classes, seed, threads;
	bool quiet;
	double *decay;
	size_t ndecay;
	struct rl_progress progress;
	int64_t nclass; /* of the streams read last */
	json_t *train_provenance, *test_provenance;
};

static void check_decays(const struct exact *e)
{
	for (size_t i = 1; i < e->ndecay; i++)
		if (e->decay[i] >= e->decay[i - 1])
			rl_die_usage("--weight-decay: %s: must descend", e->decays);
}

static json_t *chosen_layers(const struct exact *e)
{
	struct rl_reader *in = rl_reader_open(e->train);
	json_t *layers = rl_layers_chosen(rl_reader_head(in), e->layers, e->train);

	rl_reader_close(in);
	return layers;
}

/* Both streams' rows of one layer. */
static struct rl_probe read_layer(struct exact *e, const char *layer)
{
	struct rl_pair a = rl_pair_read(e->train, e->test, layer);

	if (e->classes && a.nclass > e->classes)
		rl_die("%s: %lld classes, but --classes %lld", a.most, (long long)a.nclass,
		       (long long)e->classes);
	struct rl_probe p = {
		.nclass = (size_t)(e->classes ? e->classes : a.nclass),
		.d = a.train.d,
		.train = a.train.x,
		.test = a.test.x,
		.train_label = a.train.label,
		.test_label = a.test.label,
		.ntrain = a.train.n,
		.ntest = a.test.n,
		.seed = (uint64_t)e->seed,
	};
	rl_probe_need_classes(&p, a.train_path);
	e->nclass = (int64_t)p.nclass;
	a.train.x = a.test.x = NULL; /* the probe's now */
	a.train.label = a.test.label = NULL;
	json_decref(e->train_provenance);
	json_decref(e->test_provenance);
	e->train_provenance = json_incref(a.train_provenance);
	e->test_provenance = json_incref(a.test_provenance);
	rl_pair_free(&a);
	return p;
}

static json_t *fit_json(const struct rl_softmax_fit *f)
{
	return json_pack("{s:f, s:f, s:i, s:i, s:b}", "loss", f->loss, "gradient", f->gradient,
			 "steps", f->steps, "products", f->products, "converged", f->converged);
}

static json_t *point_json(const struct rl_probe_point *t)
{
	json_t *o = json_pack("{s:f, s:f, s:f, s:o}", "weight_decay", t->weight_decay, "top1",
			      100 * t->top1, "top5", 100 * t->top5, "fit", fit_json(&t->whole));

	if (!isnan(t->held_out)) {
		json_object_set_new(o, "held_out_top1", json_real(100 * t->held_out));
		json_object_set_new(o, "held_out_fit", fit_json(&t->part));
	}
	return o;
}

static json_t *run_layer(struct exact *e, const char *layer)
{
	struct rl_probe p = read_layer(e, layer);
	struct rl_probe_point *point = rl_calloc(e->ndecay, sizeof(*point));
	json_t *grid = json_array();

	e->progress =
		rl_progress_start(layer, e->ndecay > 1 ? 2 * (int64_t)e->ndecay : 1, e->quiet);
	for (size_t i = 0; i < e->ndecay; i++)
		point[i].weight_decay = e->decay[i];
	rl_probe_standardise(&p);
	size_t best = rl_probe_run(&p, point, e->ndecay, &e->progress);
	rl_progress_end(&e->progress, e->progress.total);
	for (size_t i = 0; i < e->ndecay; i++) {
		json_array_append_new(grid, point_json(&point[i]));
		if (!point[i].whole.converged)
			rl_warn("%s: weight decay %g: stopped at a gradient of %.1e", layer,
				e->decay[i], point[i].whole.gradient);
	}
	if (e->ndecay > 1 && (best == 0 || best == e->ndecay - 1))
		rl_warn("%s: weight decay %g was best, the %s of the list: one beyond may be "
			"better",
			layer, e->decay[best], best ? "weakest" : "strongest");
	json_t *result = point_json(&point[best]);
	json_object_set_new(result, "features", json_integer((json_int_t)p.d));
	json_object_set_new(result, "classes", json_integer((json_int_t)p.nclass));
	json_object_set_new(result, "grid", grid);
	free(point);
	free(p.train);
	free(p.test);
	free(p.train_label);
	free(p.test_label);
	return result;
}

static json_t *exact_protocol(const struct exact *e)
{
	json_t *decays = json_array();

	for (size_t i = 0; i < e->ndecay; i++)
		json_array_append_new(decays, json_real(e->decay[i]));
	return json_pack(
		"{s:s, s:s, s:s, s:f, s:o, s:s, s:s}", "features",
		"standardised: less the training mean, over the training standard deviation, each "
		"feature for itself",
		"objective",
		"mean softmax cross-entropy + weight_decay / 2 |W|^2, bias not decayed, to the "
		"optimum",
		"solver",
		"truncated Newton; converged when the gradient's norm over that at W = 0 is at "
		"most the tolerance",
		"tolerance", RL_SOFTMAX_TOLERANCE, "weight_decays", decays, "selection",
		e->ndecay > 1 ? "weight decay with the best top-1 on every tenth training row of "
				"each class, drawn from the seed and held out; then fitted to all"
			      : "none: one weight decay",
		"metrics", "top-1 and top-5 accuracy of each layer, percent");
}

static int exact(int argc, char **argv)
{
	struct exact e = {.decays = "1,0.1,0.01,0.001,0.0001,0.00001",
			  .name = "",
			  .threads = omp_get_max_threads()};
	const struct rl_opt opts[] = {
		RL_OPT_STR("train", &e.train, "A", "feature stream to fit on, a file"),
		RL_OPT_STR("test", &e.test, "B", "feature stream to score on, a file"),
		RL_OPT_STR("layers", &e.layers, "a,b,...", "which layers; all of A if not given"),
		RL_OPT_STR("weight-decay", &e.decays, "x,y,...", "to choose from, descending"),
		RL_OPT_INT("classes", &e.classes, 1, INT32_MAX, "N",
			   "how many there are; what the streams say if not given"),
		RL_OPT_INT("seed", &e.seed, 0, INT64_MAX, "S", "of the rows that are held out"),
		RL_OPT_STR("name", &e.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_INT("threads", &e.threads, 1, 1024, "N", "of the matrix products"),
		RL_OPT_FLAG("quiet", &e.quiet, "no progress on stderr"),
		RL_OPT_END};
	const char *layer;
	json_t *metrics = json_object(), *layers = json_object(), *name;
	size_t i;

	if (rl_options(argc - 1, argv + 1, &tool, opts) < argc - 1)
		rl_die_usage("no more operands: the streams are named by --train and --test");
	if (!e.train || !e.test)
		rl_die_usage("--train and --test are needed");
	if (!strcmp(e.train, "-") || !strcmp(e.test, "-"))
		rl_die_usage("the streams are files: they are read once for each layer");
	e.decay = rl_parse_reals(e.decays, 1e-12, 1e12, "--weight-decay", &e.ndecay);
	check_decays(&e);
	omp_set_num_threads((int)e.threads);

	json_t *chosen = chosen_layers(&e);
	json_array_foreach(chosen, i, name)
	{
		layer = json_string_value(name);
		json_t *result = run_layer(&e, layer);

		add_metric(metrics, layer, 1, json_real_value(json_object_get(result, "top1")));
		add_metric(metrics, layer, 5, json_real_value(json_object_get(result, "top5")));
		json_object_set_new(layers, layer, result);
	}

	char *row = rl_utf8_clean(e.name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);
	rl_json_print(json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:I, s:O}}", "benchmark",
		"linear-exact", "name", row, "metrics", metrics, "layers", layers, "setup",
		rl_setup_of_streams(e.train_provenance, e.test_provenance, e.nclass), "protocol",
		exact_protocol(&e), "provenance", "train", e.train_provenance, "test",
		e.test_provenance, "seed", (json_int_t)e.seed, "command", entry));
	json_decref(self);
	json_decref(chosen);
	free(row);
	free(e.decay);
	return RL_EXIT_OK;
}

/* ---- train and test ---------------------------------------------------------------------------
 */

struct sgd {
	struct rl_recipe recipe;
	struct rl_backbone backbone;
	const char *heads, *probe, *name;
	int64_t classes;
};

/* MMSelfSup's multi-head recipe for ImageNet; no batch statistics but the heads' own. */
static const struct sgd sgd_defaults = {.recipe = {.optimizer = "nesterov",
						   .precision = "auto",
						   .steps = "30,60",
						   .batch = 256,
						   .accumulate = 1,
						   .log_every = 50,
						   .checkpoint_every = 1000,
						   .keep = 3,
						   .lr = 0.01,
						   .lr_batch = 256,
						   .momentum = 0.9,
						   .weight_decay = 1e-4,
						   .epochs = 90,
						   .warmup_ratio = 0.1,
						   .gamma = 0.1},
					.backbone.random_init = -1,
					.heads = "multi",
					.name = ""};

static int head_count(const char *heads)
{
	static const char *const kinds[] = {"multi", "avgpool", NULL};

	return rl_parse_choice(heads, kinds, "--heads") ? 1 : RL_NFEATURES;
}

/* By what a probe knows its backbone again. */
static json_t *backbone_id(const struct sgd *c, const json_t *entry)
{
	const json_t *input = json_array_get(json_object_get(entry, "inputs"), 0);

	if (c->backbone.weights)
		return json_sprintf("sha256 %s",
				    json_string_value(json_object_get(input, "sha256")));
	return json_sprintf("random_init %lld, resnet%d, width %d",
			    (long long)c->backbone.random_init, c->backbone.resnet.depth,
			    c->backbone.resnet.width);
}

/* For the result: of how many images the heads learned, and how. */
static json_t *training(const struct rl_recipe *r, const struct rl_loop *l)
{
	json_t *facts = rl_recipe_facts(r, l, true);

	json_object_set_new(facts, "images", json_integer(l->of_all));
	return facts;
}

static int train(int argc, char **argv)
{
	struct sgd c = sgd_defaults;
	struct rl_recipe *r = &c.recipe;
	const struct rl_opt opts[] = {
		RL_RESUME_OPTIONS(&r->resume),
		RL_BACKBONE_OPTIONS(&c.backbone),
		RL_OPT_STR("heads", &c.heads, "KIND",
			   "multi: one a feature, after batch norm; avgpool: one"),
		RL_OPT_INT("classes", &c.classes, 0, 1 << 24, "N", "0: as the stream says"),
		RL_RECIPE_LEARNING(r),
		RL_RECIPE_RUNNING(r),
		RL_OPT_END};
	static const char *const files[] = {"weights", NULL};

	/* arguments */
	r->threads = omp_get_max_threads();
	if (rl_options(argc - 1, argv + 1, &tool, opts) < argc - 1)
		rl_die_usage("no more operands: images come from standard input");
	rl_recipe_interpret(r);
	rl_backbone_open(&c.backbone);
	const int heads = head_count(c.heads);

	/* prepare */
	struct rl_training t = rl_training_begin(r, &tool, argc, argv);
	struct rl_loop *loop = &t.loop;
	rl_backbone_history(&c.backbone, t.entry, r->bf16);
	const struct rl_probing_config config = {.backbone = &c.backbone,
						 .images = rl_images_of(t.head, c.classes, "stdin"),
						 .heads = heads,
						 .train = true,
						 .batch = r->batch,
						 .bf16 = r->bf16,
						 .seed = (uint64_t)r->seed,
						 .comm = loop->comm};
	loop->task = rl_probing_task(rl_probing_new(loop->params, &config));
	rl_params_group(loop->params, "", 1, r->weight_decay);
	loop->chance_loss = heads * log(config.images.classes);
	json_object_set_new(loop->metadata, "backbone", backbone_id(&c, t.entry));
	json_object_set_new(loop->metadata, "heads", json_string(c.heads));
	json_object_set_new(loop->metadata, "classes",
			    json_sprintf("%d", (int)config.images.classes));
	rl_training_note(&t, "training", training(r, loop));

	/* train */
	rl_training_run(&t, r, opts, files);
	if (t.first)
		rl_training_save(&t, "");
	rl_training_end(&t);
	return RL_EXIT_OK;
}

static json_t *sgd_metrics(struct rl_probing *p, const struct rl_topk *score, int heads)
{
	json_t *metrics = json_object();

	for (int k = 1; k <= 5; k += 4)
		for (int h = 0; h < heads; h++)
			add_metric(metrics, rl_probing_layer(p, h), k,
				   rl_topk_percent(&score[h], k));
	return metrics;
}

/* Dies unless the probe was trained on this backbone. */
static void check_probe(const struct sgd *c, const struct rl_st_file *probe, json_t *id)
{
	const json_t *of = json_object_get(probe->metadata, "backbone");

	if (!of || !json_equal(of, id))
		rl_die("%s: trained on another backbone: %s", c->probe,
		       json_is_string(of) ? json_string_value(of) : "it does not say which");
}

/* Of a file's metadata, whose members are text. */
static json_t *json_member(const struct rl_st_file *f, const char *name, const char *path)
{
	const char *text = rl_json_str(f->metadata, name, path);

	return rl_json_parse(text, strlen(text), path);
}

static int test(int argc, char **argv)
{
	struct sgd c = sgd_defaults;
	bool quiet = false;
	const char *precision = "auto";
	int64_t threads = omp_get_max_threads(), batch = 64;
	const struct rl_opt opts[] = {
		RL_BACKBONE_OPTIONS(&c.backbone),
		RL_OPT_STR("probe", &c.probe, "FILE", "weights.safetensors of rl-linear train"),
		RL_OPT_STR("name", &c.name, "TEXT", "row label of the result"),
		RL_OPT_STR("precision", &precision, "NAME", RL_PRECISION_HELP),
		RL_OPT_INT("batch", &batch, 1, 4096, "N", "images at once"),
		RL_OPT_INT("threads", &threads, 1, 1024, "N", "threads of the kernels"),
		RL_OPT_FLAG("quiet", &quiet, "no progress on stderr"),
		RL_OPT_END};
	struct rl_topk score[RL_HEADS];

	/* arguments */
	if (rl_options(argc - 1, argv + 1, &tool, opts) < argc - 1)
		rl_die_usage("no more operands: images come from standard input");
	if (!c.probe)
		rl_die_usage("--probe is missing");
	rl_backbone_open(&c.backbone);
	omp_set_num_threads((int)threads);

	/* prepare */
	struct rl_st_file *file = rl_st_open(c.probe);
	const int heads = head_count(rl_json_str(file->metadata, "heads", c.probe));
	c.classes =
		rl_parse_int(rl_json_str(file->metadata, "classes", c.probe), 1, 1 << 24, c.probe);
	struct rl_reader *in = rl_reader_open("-");
	json_t *head = json_deep_copy(rl_reader_head(in));
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	const bool bf16 = rl_precision_bf16(precision);
	rl_backbone_history(&c.backbone, entry, bf16);
	check_probe(&c, file, backbone_id(&c, entry));
	rl_history_input(entry, c.probe);
	const struct rl_probing_config config = {.backbone = &c.backbone,
						 .images = rl_images_of(head, c.classes, "stdin"),
						 .heads = heads,
						 .batch = batch,
						 .bf16 = bf16,
						 .comm = rl_comm_alone()};
	struct rl_params *params = rl_params_new();
	struct rl_probing *probing = rl_probing_new(params, &config);
	rl_weights_load(params, file, NULL);

	/* test */
	const struct rl_classifier classifier = rl_probing_classifier(probing, threads);
	rl_images_evaluate(in, &config.images, &classifier, quiet, score);
	char *row = rl_utf8_clean(c.name);
	json_t *learned = json_member(file, "history", c.probe);
	json_t *training = json_member(file, "training", c.probe);
	json_t *setup = rl_setup(json_integer_value(json_object_get(training, "images")),
				 score[0].n, c.classes, learned, json_object_get(head, "history"));
	json_object_del(training, "images");
	json_object_set_new(setup, "training", training);
	rl_json_print(json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:{s:o, s:O}}", "benchmark", "linear", "name", row,
		"metrics", sgd_metrics(probing, score, heads), "setup", setup, "protocol",
		"linear classifiers on frozen features, SGD, at the end of the last epoch; percent",
		"provenance", "train", learned, "test", json_object_get(head, "history")));
	free(row);
	return RL_EXIT_OK;
}

/* ---- commands ---------------------------------------------------------------------------------
 */

int main(int argc, char **argv)
{
	static const struct rl_command commands[] = {
		{"train", train}, {"test", test}, {"exact", exact}, {NULL, NULL}};

	return rl_run_command(argc, argv, &tool, commands);
}
