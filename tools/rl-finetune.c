/* rl-finetune: a pretrained network and a new head learn a labelled set together. */
#include "base/err.h"
#include "base/utf8.h"
#include "eval/setup.h"
#include "models/backbone.h"
#include "train/finetune.h"
#include "train/training.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-finetune",
	.synopsis = "--weights FILE --out DIR --val FILE [options] < images > result.json",
	.summary = "Fine-tune a ResNet on few labels and score it on others; the defaults are "
		   "MMSelfSup's for 1 % of ImageNet.",
	.example = "rl-list imagenet DIR --set train --subset 1percent.txt |\n"
		   "  rl-decode --epochs 20 --shuffle --augment 'random-resized-crop=224 flip' |\n"
		   "  rl-finetune --weights w.safetensors --head-lr 100 --out run --val val.tar",
};

struct config {
	struct rl_recipe recipe;
	struct rl_backbone backbone;
	const char *val, *name;
	double head_lr;
	int64_t classes;
	bool sync_bn;
};

static const struct config defaults = {.recipe = {.optimizer = "sgd",
						  .precision = "auto",
						  .steps = "12,16",
						  .batch = 64,
						  .accumulate = 4,
						  .log_every = 50,
						  .checkpoint_every = 100,
						  .keep = 3,
						  .lr = 0.01,
						  .lr_batch = 256,
						  .momentum = 0.9,
						  .weight_decay = 5e-4,
						  .epochs = 20,
						  .warmup_ratio = 0.1,
						  .gamma = 0.2},
				       .backbone.random_init = -1,
				       .name = "",
				       .head_lr = 1};

static json_t *setup(const struct config *c, const struct rl_loop *l, const struct rl_images *m,
		     int64_t test_images, const json_t *provenance, const json_t *val_head)
{
	const json_t *entry = json_array_get(provenance, json_array_size(provenance) - 1);
	json_t *seen = json_deep_copy(json_object_get(val_head, "history"));

	json_array_append(seen, (json_t *)entry);
	json_t *o = rl_setup(l->of_all, test_images, m->classes, provenance, seen);
	json_object_set_new(o, "training", rl_recipe_facts(&c->recipe, l, c->sync_bn));
	json_decref(seen);
	return o;
}

static json_t *result(const struct config *c, const struct rl_topk *score, json_t *setup,
		      json_t *provenance)
{
	char *row = rl_utf8_clean(c->name);
	json_t *o =
		json_pack("{s:s, s:s, s:{s:f, s:f}, s:{s:f, s:f}, s:o, s:s, s:O}", "benchmark",
			  "finetune", "name", row, "metrics", "top-1", rl_topk_percent(score, 1),
			  "top-5", rl_topk_percent(score, 5), "setting", "lr", c->recipe.lr,
			  "head_lr", c->head_lr, "setup", setup, "protocol",
			  "all layers fine-tuned; top-1 and top-5 at the end of the last "
			  "epoch, percent",
			  "provenance", provenance);

	free(row);
	return o;
}

int main(int argc, char **argv)
{
	struct config c = defaults;
	struct rl_recipe *r = &c.recipe;
	const struct rl_opt opts[] = {
		RL_RESUME_OPTIONS(&r->resume),
		RL_BACKBONE_OPTIONS(&c.backbone),
		RL_OPT_STR("val", &c.val, "FILE", "labelled image stream to score at the end"),
		RL_OPT_STR("name", &c.name, "TEXT", "row label of the result"),
		RL_OPT_INT("classes", &c.classes, 0, 1 << 24, "N", "0: as the stream says"),
		RL_RECIPE_LEARNING(r),
		RL_OPT_REAL("head-lr", &c.head_lr, 0, 1000, "F", "rate multiplier of the head"),
		RL_OPT_FLAG("sync-bn", &c.sync_bn,
			    "batch statistics are those of all ranks together"),
		RL_RECIPE_RUNNING(r),
		RL_OPT_END};
	static const char *const files[] = {"weights", "val", NULL};
	struct rl_topk score[RL_HEADS];

	/* arguments */
	r->threads = omp_get_max_threads();
	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand: images come from standard input",
			     argv[argc - 1]);
	rl_recipe_interpret(r);
	if (!c.val)
		rl_die_usage("--val is missing");
	rl_backbone_open(&c.backbone);

	/* prepare */
	struct rl_training t = rl_training_begin(r, &tool, argc, argv);
	struct rl_loop *loop = &t.loop;
	struct rl_keyset held_out = {0};
	struct rl_images images = rl_images_of(t.head, c.classes, "stdin");
	const struct rl_images val = rl_images_check(c.val, &images, loop->comm, &held_out);
	images.held_out = &held_out;
	rl_backbone_history(&c.backbone, t.entry, r->bf16);
	if (t.first)
		rl_history_input(t.entry, c.val);
	const struct rl_net_config net = {.seed = rl_backbone_seed(&c.backbone, r->seed),
					  .comm = loop->comm,
					  .sync_bn = c.sync_bn,
					  .bf16 = r->bf16};
	struct rl_finetune *finetune =
		rl_finetune_new(loop->params, &c.backbone.resnet, &images, r->batch, &net);
	rl_backbone_load(&c.backbone, loop->params, (const char *const[]){"fc.", NULL});
	rl_params_group(loop->params, "", 1, r->weight_decay);
	rl_params_group(loop->params, "fc.", c.head_lr, r->weight_decay);
	loop->task = rl_finetune_task(finetune);
	loop->chance_loss = log(images.classes);

	/* train */
	rl_training_run(&t, r, opts, files);

	/* evaluate */
	if (t.first)
		rl_training_save(&t, "");
	const struct rl_classifier classifier = rl_finetune_classifier(finetune, r->threads);
	struct rl_reader *in = rl_reader_open(c.val);
	rl_images_evaluate(in, &val, &classifier, loop->quiet, score);
	if (t.first)
		rl_json_print(result(&c, score,
				     setup(&c, loop, &images, score->n, t.past, rl_reader_head(in)),
				     t.past));
	rl_training_end(&t);
	return RL_EXIT_OK;
}
