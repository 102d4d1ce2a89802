/* rl-train: patches in, weights out: relative-location pretraining. */
#include "base/err.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "eval/setup.h"
#include "models/backbone.h"
#include "train/pretext.h"
#include "train/training.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-train",
	.synopsis = "--out DIR [options] < patches > result.json",
	.summary = "Pretrain a ResNet on relative location; the defaults are MMSelfSup's recipe.",
	.example =
		"rl-list imagefolder photos | rl-decode --short-side 292 --epochs 70 --shuffle |\n"
		"  rl-patchpairs | rl-train --out run",
};

struct config {
	struct rl_recipe recipe;
	const char *val, *arch, *name;
	int64_t width, hidden, patch, precise_bn;
	double head_weight_decay, head_lr, dropout, neck_momentum;
	bool sync_bn;
};

/* MMSelfSup's. */
static const struct config defaults = {.recipe = {.optimizer = "sgd",
						  .precision = "auto",
						  .steps = "30,50",
						  .batch = 64,
						  .accumulate = 8,
						  .log_every = 50,
						  .checkpoint_every = 100,
						  .keep = 3,
						  .lr = 0.2,
						  .lr_batch = 512,
						  .momentum = 0.9,
						  .weight_decay = 1e-4,
						  .epochs = 70,
						  .warmup = 5,
						  .warmup_ratio = 0.1,
						  .gamma = 0.1},
				       .arch = "resnet50",
				       .name = "relative location",
				       .width = 64,
				       .hidden = 4096,
				       .patch = 64,
				       .precise_bn = -1,
				       .head_weight_decay = 5e-4,
				       .head_lr = 1,
				       .dropout = 0.5,
				       .neck_momentum = 0.003};

static struct rl_relloc model_of(const struct config *c)
{
	return (struct rl_relloc){
		.backbone = {rl_resnet_depth(c->arch), (int)c->width, 32, false, false, 1},
		.patch = (int)c->patch,
		.hidden = (int)c->hidden,
		.dropout = c->dropout,
		.neck_norm_momentum = c->neck_momentum,
		.neck_std = 0.01,
		.head_std = 0.005};
}

/* Images to re-estimate the batch-norm statistics from. */
static int64_t precise_images(const struct config *c, const struct rl_loop *l)
{
	if (c->precise_bn >= 0)
		return c->precise_bn;
	return rl_loop_steps_per_epoch(l) * l->epochs < 2000 ? 1024 : 0;
}

/* Measured at 32 and at 128 grids; of pairs an image has many more than a grid's 8. */
static void warn_of_small_steps(const struct config *c, const struct rl_loop *l, bool paired)
{
	int64_t images = rl_recipe_images_a_step(&c->recipe, l);

	if (!paired && l->comm->rank == 0 && c->recipe.kind == RL_SGD && c->head_lr >= 1 &&
	    images < 256)
		rl_warn("SGD with the full rate on neck and head is known to diverge at a batch of "
			"%lld images: see --accumulate, --head-lr 0.1, --optimizer adamw",
			(long long)images);
}

/* What the weights say of how they came about. */
static json_t *pretraining_facts(const struct config *c, const struct rl_loop *l,
				 const json_t *head, int64_t precise)
{
	json_t *recipe = rl_recipe_facts(&c->recipe, l, c->sync_bn);
	json_t *o = json_pack("{s:s, s:I, s:o*, s:f, s:f, s:I, s:f, s:f, s:s, s:I}", "task",
			      "relative location", "images", (json_int_t)l->of_all, "view",
			      rl_view_of(json_object_get(head, "history")), "head_lr", c->head_lr,
			      "head_weight_decay", c->head_weight_decay, "hidden",
			      (json_int_t)c->hidden, "dropout", c->dropout, "neck_momentum",
			      c->neck_momentum, "precision", rl_precision_name(c->recipe.bf16),
			      "precise_bn", (json_int_t)precise);

	json_object_update(o, recipe);
	json_decref(recipe);
	return o;
}

/* ---- what comes out ---------------------------------------------------------------------------
 */

static void save_backbone(const struct config *c, struct rl_training *t, int64_t precise)
{
	if (precise)
		json_object_set_new(t->loop.metadata, "precise_bn",
				    json_sprintf("%lld images", (long long)precise));
	if (precise && !c->recipe.quiet)
		fprintf(stderr, "rl-train: batch-norm statistics re-estimated from the last "
				"images\n");
	rl_training_save(t, "backbone.");
}

/* The held-out numbers are the result; those of training batches, in training mode, stand beside.
 */
static json_t *result(const struct config *c, struct rl_score train,
		      const struct rl_placing *held_out, double loss)
{
	json_t *metrics = json_object();
	char *name = rl_utf8_clean(c->name);

	if (held_out->pairs) {
		json_object_set_new(metrics, "accuracy", json_real(rl_placing_accuracy(held_out)));
		json_object_set_new(metrics, "chance", json_real(rl_placing_chance(held_out)));
		json_object_set_new(metrics, "loss", json_real(loss));
		json_object_set_new(metrics, "ln 8", json_real(log(RL_NEIGHBOURS)));
	}
	json_t *o =
		json_pack("{s:s, s:s, s:o, s:{s:f, s:f}}", "benchmark", "pretext", "name", name,
			  "metrics", metrics, "last_epoch", "accuracy",
			  100.0 * (double)train.correct / (double)train.items, "loss", train.loss);
	if (held_out->pairs) {
		json_t *report = rl_placing_report(held_out, (uint64_t)c->recipe.seed);

		json_object_set_new(o, "pairs", json_integer(held_out->pairs));
		json_object_update(o, report);
		json_decref(report);
		json_object_set_new(
			o, "protocol",
			json_string("8-way relative location of held-out images, in evaluation "
				    "mode; chance is always giving the commonest label"));
	}
	free(name);
	return o;
}

static json_t *setup(const struct rl_loop *l, int64_t held_out, const json_t *entry,
		     const json_t *pretraining)
{
	return json_pack("{s:{s:I, s:I}, s:O, s:O}", "data", "train_images", (json_int_t)l->of_all,
			 "test_images", (json_int_t)held_out, "network",
			 json_object_get(entry, "network"), "pretraining", pretraining);
}

int main(int argc, char **argv)
{
	struct config c = defaults;
	const struct rl_opt opts[] = {
		RL_RESUME_OPTIONS(&c.recipe.resume),
		RL_OPT_STR("val", &c.val, "FILE",
			   "held-out patch stream to evaluate on at the end"),
		RL_OPT_STR("name", &c.name, "TEXT", "row label of the result"),
		RL_OPT_STR("arch", &c.arch, "NAME", "resnet18, resnet34, resnet50, resnet101"),
		RL_OPT_INT("width", &c.width, 8, 1024, "N", "channels of the stem"),
		RL_OPT_INT("hidden", &c.hidden, 8, 65536, "N", "width of the neck"),
		RL_OPT_INT("patch", &c.patch, 32, 512, "N",
			   "side of a patch in the stream, pixels"),
		RL_OPT_REAL("dropout", &c.dropout, 0, 0.99, "P", "dropout of the neck"),
		RL_OPT_REAL("neck-momentum", &c.neck_momentum, 1e-6, 1, "M",
			    "batch-norm momentum of the neck"),
		RL_RECIPE_LEARNING(&c.recipe),
		RL_OPT_REAL("head-weight-decay", &c.head_weight_decay, 0, 10, "D",
			    "of neck and head"),
		RL_OPT_REAL("head-lr", &c.head_lr, 0, 1000, "F",
			    "rate multiplier of neck and head"),
		RL_OPT_FLAG("sync-bn", &c.sync_bn,
			    "batch statistics are those of all ranks together"),
		RL_OPT_INT("precise-bn", &c.precise_bn, -1, 1 << 20, "N",
			   "images to re-estimate batch-norm statistics from at the end; -1: 1024 "
			   "in runs under 2000 steps"),
		RL_RECIPE_RUNNING(&c.recipe),
		RL_OPT_END};
	static const char *const files[] = {"val", NULL};

	/* arguments */
	c.recipe.threads = omp_get_max_threads();
	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand: patches come from standard input",
			     argv[argc - 1]);
	rl_recipe_interpret(&c.recipe);
	const struct rl_relloc model = model_of(&c);

	/* prepare */
	struct rl_training t = rl_training_begin(&c.recipe, &tool, argc, argv);
	struct rl_loop *loop = &t.loop;
	struct rl_patch_format format = rl_patch_format_of(t.head, model.patch, "stdin");
	struct rl_keyset held_out = {0};
	json_object_set_new(t.entry, "network", rl_network_facts(&model.backbone, c.recipe.bf16));
	if (c.val) {
		const struct rl_patch_format val = rl_pretext_check(&model, c.val, &held_out);

		if (val.normalised != format.normalised || val.paired != format.paired)
			rl_die("%s: patches of another recipe than those to train on", c.val);
		format.held_out = &held_out;
	}
	if (t.first && c.val)
		rl_history_input(t.entry, c.val);
	const int64_t precise = precise_images(&c, loop), ranks = loop->comm->size;
	const int64_t of_rank = c.sync_bn ? (precise + ranks - 1) / ranks : precise;
	const struct rl_net_config net = {.seed = (uint64_t)c.recipe.seed,
					  .comm = loop->comm,
					  .sync_bn = c.sync_bn,
					  .bf16 = c.recipe.bf16};
	struct rl_pretext *pretext =
		rl_pretext_new(loop->params, &model, &format, c.recipe.batch, of_rank, &net);
	rl_params_group(loop->params, "", 1, c.recipe.weight_decay);
	rl_params_group(loop->params, "neck.", c.head_lr, c.head_weight_decay);
	rl_params_group(loop->params, "head.", c.head_lr, c.head_weight_decay);
	loop->task = rl_pretext_task(pretext);
	loop->chance_loss = log(RL_NEIGHBOURS);
	json_t *pretraining = pretraining_facts(&c, loop, t.head, precise);
	json_object_set_new(loop->metadata, "arch", json_string(c.arch));
	rl_training_note(&t, "pretraining", pretraining);
	warn_of_small_steps(&c, loop, format.paired);

	/* train */
	const struct rl_score train = rl_training_run(&t, &c.recipe, opts, files);
	if (precise && (t.first || c.sync_bn))
		rl_pretext_precise_bn(pretext);

	/* evaluate */
	if (t.first) {
		struct rl_placing placing = {0};
		double loss = 0;

		save_backbone(&c, &t, precise);
		if (c.val)
			placing = rl_pretext_evaluate(loop->params, &model, c.val, c.recipe.batch,
						      c.recipe.bf16, &loss);
		json_t *report = result(&c, train, &placing, loss);
		json_object_set_new(report, "setup",
				    setup(loop, placing.images, t.entry, pretraining));
		json_object_set(report, "provenance", t.past);
		rl_json_print(report);
	}
	rl_training_end(&t);
	return RL_EXIT_OK;
}
