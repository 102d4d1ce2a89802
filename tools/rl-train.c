/* rl-train: patches in, weights out: relative-location pretraining. */
#include "base/err.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "nn/precision.h"
#include "nn/weights.h"
#include "train/pretext.h"
#include "train/resume.h"

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
	struct rl_resume resume;
	const char *val, *arch, *optimizer, *steps, *name, *precision;
	int64_t width, hidden, patch, batch, accumulate, seed, threads, log_every, checkpoint_every,
		keep, precise_bn;
	double lr, lr_batch, momentum, weight_decay, head_weight_decay, head_lr, dropout,
		neck_momentum;
	double recipe_epochs, warmup_epochs, warmup_ratio, gamma;
	bool sync_bn, quiet, verbose;

	/* what they mean here */
	const char *dir;
	enum rl_optim_kind kind;
	bool bf16;
};

/* MMSelfSup's. */
static const struct config recipe = {.arch = "resnet50",
				     .optimizer = "sgd",
				     .name = "relative location",
				     .precision = "auto",
				     .steps = "30,50",
				     .width = 64,
				     .hidden = 4096,
				     .patch = 64,
				     .batch = 64,
				     .accumulate = 8,
				     .log_every = 50,
				     .checkpoint_every = 100,
				     .keep = 3,
				     .precise_bn = -1,
				     .lr = 0.2,
				     .lr_batch = 512,
				     .momentum = 0.9,
				     .weight_decay = 1e-4,
				     .head_weight_decay = 5e-4,
				     .head_lr = 1,
				     .dropout = 0.5,
				     .neck_momentum = 0.003,
				     .recipe_epochs = 70,
				     .warmup_epochs = 5,
				     .warmup_ratio = 0.1,
				     .gamma = 0.1};

static void interpret(struct config *c)
{
	static const char *const optimizers[] = {"sgd", "adamw", NULL};

	c->dir = rl_resume_directory(&c->resume);
	c->kind = rl_parse_choice(c->optimizer, optimizers, "--optimizer") ? RL_ADAMW : RL_SGD;
	c->bf16 = rl_precision_bf16(c->precision);
}

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

/* ---- the run ----------------------------------------------------------------------------------
 */

/* What this program adds to the history of its stream. */
static json_t *history_entry(const struct config *c, json_t *head, int argc, char **argv)
{
	json_t *entry = rl_head_history(head, &tool, argc, argv);

	json_object_set_new(entry, "seed", json_integer(c->seed));
	json_object_set_new(entry, "precision", json_string(rl_precision_name(c->bf16)));
	return entry;
}

static struct rl_loop loop_over(const struct config *c, struct rl_comm *comm, struct rl_reader *in)
{
	const json_t *head = rl_reader_head(in);

	if (!json_object_get(head, "samples") || !json_object_get(head, "epochs"))
		rl_die("stdin: the head does not say how many samples and epochs: rl-decode "
		       "--epochs does");
	struct rl_loop l = {
		.in = in,
		.comm = comm,
		.samples = rl_json_int(head, "samples", 1, INT64_C(1) << 32, "stdin: head"),
		.epochs = rl_json_int(head, "epochs", 1, 1 << 24, "stdin: head"),
		.batch = c->batch,
		.accumulate = c->accumulate,
		.dir = c->dir,
		.log_every = c->log_every,
		.checkpoint_every = c->checkpoint_every,
		.keep = c->keep,
		.chance_loss = log(RL_NEIGHBOURS),
		.quiet = c->quiet || comm->rank};
	l.of_all = rl_comm_count(comm, l.samples);
	if (l.epochs > 1 && !rl_head_has_field(head, "position"))
		rl_die("stdin: head: several epochs, but no field position");
	return l;
}

/* Images to re-estimate the batch-norm statistics from. */
static int64_t precise_images(const struct config *c, const struct rl_loop *l)
{
	if (c->precise_bn >= 0)
		return c->precise_bn;
	return rl_loop_steps_per_epoch(l) * l->epochs < 2000 ? 1024 : 0;
}

/* An epoch smaller than a step makes the step smaller. */
static int64_t images_a_step(const struct config *c, const struct rl_loop *l)
{
	int64_t full = c->batch * c->accumulate * l->comm->size;

	return full < l->of_all ? full : l->of_all;
}

/* The nearest step; one that no run reaches when it is too far to count. */
static int64_t step_of(double step)
{
	return (int64_t)fmin(step + 0.5, 0x1p62);
}

/* The schedule is stated for recipe_epochs and stretched to the epochs there are. */
static struct rl_schedule schedule(const struct config *c, const struct rl_loop *l)
{
	int64_t per_epoch = rl_loop_steps_per_epoch(l);
	double stretch = (double)l->epochs / c->recipe_epochs * (double)per_epoch;
	struct rl_schedule s = {.base = c->lr * (double)images_a_step(c, l) / c->lr_batch,
				.warmup = step_of(c->warmup_epochs * stretch),
				.warmup_ratio = c->warmup_ratio,
				.gamma = c->gamma};
	char *list = rl_strdup(c->steps), *save = NULL;

	for (char *t = strtok_r(list, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		if (s.nmilestone == RL_MILESTONES)
			rl_die_usage("--steps: at most %d", RL_MILESTONES);
		double epoch = rl_parse_real(t, 0, 1e6, "--steps");
		int64_t step = step_of(epoch * stretch);

		s.milestone[s.nmilestone++] =
			step > 0 ? step : 1; /* the first step has the full rate */
	}
	free(list);
	return s;
}

static void explain(const struct config *c, const struct rl_loop *l)
{
	int64_t global = images_a_step(c, l);

	if (l->comm->rank)
		return;
	/* Measured at 32 and at 128 images. */
	if (l->optim->kind == RL_SGD && c->head_lr >= 1 && global < 256)
		rl_warn("SGD with the full rate on neck and head is known to diverge at a batch of "
			"%lld images: see "
			"--accumulate, --head-lr 0.1, --optimizer adamw",
			(long long)global);
	if (c->quiet)
		return;
	fprintf(stderr,
		"rl-train: %lld images x %lld epochs, %lld images a step (%lld x %lld x %d ranks): "
		"learning rate %g = %g x "
		"%lld/%g, warm-up %lld steps, x%g at step",
		(long long)l->of_all, (long long)l->epochs, (long long)global, (long long)c->batch,
		(long long)c->accumulate, l->comm->size, l->schedule.base, c->lr, (long long)global,
		c->lr_batch, (long long)l->schedule.warmup, l->schedule.gamma);
	for (int i = 0; i < l->schedule.nmilestone; i++)
		fprintf(stderr, "%s %lld", i ? "," : "", (long long)l->schedule.milestone[i]);
	fprintf(stderr, " (of %lld)\n", (long long)(rl_loop_steps_per_epoch(l) * l->epochs));
}

/* What decides over the outcome. */
static json_t *settings(const struct config *c, const struct rl_opt *opts, const json_t *entry)
{
	/* These change nothing in what is learned; --val counts by its content. */
	static const char *const no_settings[] = {"out",  "resume", "where",   "val",
						  "name", "quiet",  "verbose", "checkpoint-every",
						  "keep", NULL};
	json_t *values = rl_options_values(opts, no_settings);
	const json_t *val = json_array_get(json_object_get(entry, "inputs"), 0);

	json_object_set_new(values, "precision", json_string(rl_precision_name(c->bf16)));
	json_object_set(values, "val", json_object_get(val, "sha256"));
	return values;
}

/* ---- what comes out ---------------------------------------------------------------------------
 */

/* Writes it; its path. */
static char *save_backbone(const struct config *c, const struct rl_loop *l, int64_t precise)
{
	char *path = rl_asprintf("%s/weights.safetensors", c->dir);

	if (precise)
		json_object_set_new(l->metadata, "precise_bn",
				    json_sprintf("%lld images", (long long)precise));
	if (precise && !c->quiet)
		fprintf(stderr, "rl-train: batch-norm statistics re-estimated from the last "
				"images\n");
	rl_weights_save(l->params, "backbone.", path, l->metadata);
	return path;
}

static double percent(struct rl_score s)
{
	return 100.0 * (double)s.correct / (double)s.items;
}

/* The held-out numbers are the result; those of training batches, in training mode, stand beside.
 */
static json_t *result(const struct config *c, struct rl_score train, struct rl_score held_out)
{
	json_t *metrics = json_object();
	char *name = rl_utf8_clean(c->name);

	if (held_out.items) {
		json_object_set_new(metrics, "accuracy", json_real(percent(held_out)));
		json_object_set_new(metrics, "chance", json_real(100.0 / RL_NEIGHBOURS));
		json_object_set_new(metrics, "loss", json_real(held_out.loss));
		json_object_set_new(metrics, "ln 8", json_real(log(RL_NEIGHBOURS)));
	}
	json_t *o = json_pack("{s:s, s:s, s:o, s:{s:f, s:f}}", "benchmark", "pretext", "name", name,
			      "metrics", metrics, "last_epoch", "accuracy", percent(train), "loss",
			      train.loss);
	if (held_out.items) {
		json_object_set_new(o, "pairs", json_integer(held_out.items));
		json_object_set_new(
			o, "protocol",
			json_string("8-way relative location of held-out images: evaluation "
				    "mode, centre crop, random jitter"));
	}
	free(name);
	return o;
}

int main(int argc, char **argv)
{
	struct config c = recipe;
	const struct rl_opt opts[] = {
		RL_RESUME_OPTIONS(&c.resume),
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
		RL_OPT_STR("optimizer", &c.optimizer, "NAME", "sgd or adamw"),
		RL_OPT_REAL("lr", &c.lr, 0, 1000, "R", "learning rate at --lr-batch images a step"),
		RL_OPT_REAL("lr-batch", &c.lr_batch, 1, 1e6, "N",
			    "the rate scales linearly from this batch"),
		RL_OPT_REAL("momentum", &c.momentum, 0, 0.9999, "M", "of SGD"),
		RL_OPT_REAL("weight-decay", &c.weight_decay, 0, 10, "D", "of the backbone"),
		RL_OPT_REAL("head-weight-decay", &c.head_weight_decay, 0, 10, "D",
			    "of neck and head"),
		RL_OPT_REAL("head-lr", &c.head_lr, 0, 1000, "F",
			    "rate multiplier of neck and head"),
		RL_OPT_INT("batch", &c.batch, 1, 65536, "N",
			   "images a micro-batch, with statistics of its own"),
		RL_OPT_INT("accumulate", &c.accumulate, 1, 65536, "N", "micro-batches a step"),
		RL_OPT_FLAG("sync-bn", &c.sync_bn,
			    "batch statistics are those of all ranks together"),
		RL_OPT_REAL("recipe-epochs", &c.recipe_epochs, 1, 1e6, "E",
			    "length that the next two are stated for; stretched to the stream's"),
		RL_OPT_REAL("warmup", &c.warmup_epochs, 0, 1e6, "E", "epochs of linear warm-up"),
		RL_OPT_STR("steps", &c.steps, "E,E", "epochs at which the rate falls"),
		RL_OPT_REAL("warmup-ratio", &c.warmup_ratio, 0, 1, "F", "of the rate at the start"),
		RL_OPT_REAL("gamma", &c.gamma, 0, 1, "F", "factor of each fall"),
		RL_OPT_INT("precise-bn", &c.precise_bn, -1, 1 << 20, "N",
			   "images to re-estimate batch-norm statistics from at the end; -1: 1024 "
			   "in runs under 2000 steps"),
		RL_OPT_INT("seed", &c.seed, 0, INT64_MAX, "N", "of initial weights and dropout"),
		RL_OPT_STR("precision", &c.precision, "NAME", RL_PRECISION_HELP),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "threads of the kernels"),
		RL_OPT_INT("log-every", &c.log_every, 1, 1 << 30, "N", "steps a log line"),
		RL_OPT_INT("checkpoint-every", &c.checkpoint_every, 0, 1 << 30, "N",
			   "steps; 0: only when stopped"),
		RL_OPT_INT("keep", &c.keep, 1, 1 << 30, "N", "newest checkpoints to keep"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_FLAG("verbose", &c.verbose, "print the plan and its memory"),
		RL_OPT_END};

	/* arguments */
	c.threads = omp_get_max_threads();
	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand: patches come from standard input",
			     argv[argc - 1]);
	interpret(&c);
	const struct rl_relloc model = model_of(&c);
	omp_set_num_threads((int)c.threads);

	/* prepare: the stream */
	struct rl_comm *comm = rl_comm_mpi();
	const bool first = comm->rank == 0; /* the rank that writes, evaluates and talks */
	if (first)
		rl_resume_check(&c.resume);
	struct rl_reader *in = rl_reader_open("-");
	json_t *head = json_deep_copy(rl_reader_head(in));
	rl_pretext_check_head(&model, head, "stdin");
	struct rl_loop loop = loop_over(&c, comm, in);
	json_t *entry = history_entry(&c, head, argc, argv);
	if (first && c.val) {
		rl_pretext_check(&model, c.val);
		rl_history_input(entry, c.val);
	}

	/* prepare: the network and how it learns */
	const int64_t precise = precise_images(&c, &loop);
	const int64_t of_rank = c.sync_bn ? (precise + comm->size - 1) / comm->size : precise;
	const struct rl_net_config net = {
		.seed = (uint64_t)c.seed, .comm = comm, .sync_bn = c.sync_bn, .bf16 = c.bf16};
	struct rl_params *params = loop.params = rl_params_new();
	struct rl_pretext *pretext = rl_pretext_new(params, &model, c.batch, of_rank, &net);
	rl_params_group(params, "", 1, c.weight_decay);
	rl_params_group(params, "neck.", c.head_lr, c.head_weight_decay);
	rl_params_group(params, "head.", c.head_lr, c.head_weight_decay);
	loop.task = rl_pretext_task(pretext);
	loop.optim = rl_optim_new(c.kind, c.momentum, params);
	loop.schedule = schedule(&c, &loop);
	loop.metadata = json_pack("{s:s, s:s, s:s}", "format", "pt", "arch", c.arch, "history",
				  rl_json_text(json_object_get(head, "history")));
	if (first && c.verbose)
		rl_pretext_print_plan(pretext, stderr);
	explain(&c, &loop);

	/* train */
	json_t *provenance = rl_resume(&c.resume, &loop, settings(&c, opts, entry));
	const struct rl_score train = rl_loop_run(&loop);
	if (precise && (first || c.sync_bn))
		rl_pretext_precise_bn(pretext);

	/* evaluate */
	if (first) {
		char *weights = save_backbone(&c, &loop, precise);
		struct rl_score held_out = {0};

		if (c.val)
			held_out = rl_pretext_evaluate(params, &model, c.val, c.batch, c.bf16);
		json_t *report = result(&c, train, held_out);
		rl_history_input(json_array_get(provenance, json_array_size(provenance) - 1),
				 weights);
		json_object_set(report, "provenance", provenance);
		rl_json_print(report);
	}
	rl_loop_end(&loop);
	comm->close(comm);
	return RL_EXIT_OK;
}
