#include "train/finetune.h"

#include "base/err.h"

#include <stdlib.h>

struct tape {
	int64_t images;
	struct rl_net *net;
	rl_val x, logits;
	int loss;
};

struct rl_finetune {
	struct rl_params *params;
	struct rl_resnet resnet;
	struct rl_images images;
	struct rl_net_config net;
	int64_t batch;
	struct tape full, rest, eval;
	struct rl_image_batch slot[2];
};

static void build(struct rl_finetune *f, struct tape *t, int64_t images, bool train)
{
	struct rl_resnet resnet = f->resnet;
	struct rl_net_config config = f->net;
	rl_val feature[RL_NFEATURES];

	if (t->net && t->images == images)
		return;
	if (t->net)
		rl_net_free(t->net);
	resnet.running = !train;
	config.train = train;
	config.sync_bn &= train;
	t->images = images;
	t->net = rl_net_new(f->params, &config);
	t->x = rl_feed(t->net, 4, (int64_t[]){images, 3, f->images.height, f->images.width});
	rl_resnet(t->net, &resnet, "", t->x, feature);
	t->logits = rl_linear(t->net, rl_global_avgpool(t->net, feature[RL_STAGE4]), "fc",
			      f->images.classes, 0.01);
	rl_net_keep(t->net, t->logits);
	t->loss = rl_softmax_ce(t->net, t->logits);
	rl_net_plan(t->net);
}

struct rl_finetune *rl_finetune_new(struct rl_params *params, const struct rl_resnet *resnet,
				    const struct rl_images *images, int64_t batch,
				    const struct rl_net_config *net)
{
	struct rl_finetune *f = rl_calloc(1, sizeof(*f));

	*f = (struct rl_finetune){.params = params,
				  .resnet = *resnet,
				  .images = *images,
				  .net = *net,
				  .batch = batch};
	for (int i = 0; i < 2; i++)
		f->slot[i] = rl_image_batch_new(images, batch);
	build(f, &f->full, batch, true);
	return f;
}

static void forward(struct rl_finetune *f, struct tape *t, const struct rl_image_batch *b)
{
	rl_image_batch_feed(&f->images, b, 0, t->images, t->net, t->x);
	rl_loss_labels(t->net, t->loss, b->label);
	rl_net_forward(t->net);
}

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct rl_finetune *f = ctx;

	rl_image_batch_take(&f->images, &f->slot[slot], s, i);
}

/* Without samples only statistics that are common to all ranks call for a pass, over any image. */
static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_finetune *f = ctx;
	struct tape *t = b->samples == f->batch ? &f->full : &f->rest;

	if (!b->samples && !f->net.sync_bn)
		return (struct rl_score){0};
	build(f, t, b->samples ? b->samples : 1, true);
	rl_net_track_statistics(t->net, m->leading);
	rl_net_set_absent(t->net, !b->samples);
	rl_net_watch(t->net, m->final, m->final_ctx);
	forward(f, t, &f->slot[b->slot]);
	rl_net_backward(t->net);
	if (!b->samples)
		return (struct rl_score){0};
	return (struct rl_score){.loss = rl_loss_value(t->net, t->loss),
				 .correct = rl_loss_correct(t->net, t->loss),
				 .items = b->samples};
}

struct rl_task rl_finetune_task(struct rl_finetune *f)
{
	return (struct rl_task){.ctx = f, .unit = "images", .take = take, .gradients = gradients};
}

static void classify(void *ctx, const struct rl_image_batch *b, int64_t n, float *const logits[])
{
	struct rl_finetune *f = ctx;

	build(f, &f->eval, n, false);
	forward(f, &f->eval, b);
	rl_net_read(f->eval.net, f->eval.logits, logits[0]);
}

struct rl_classifier rl_finetune_classifier(struct rl_finetune *f, int64_t threads)
{
	return (struct rl_classifier){
		.ctx = f, .heads = 1, .run = classify, .batch = f->batch, .threads = threads};
}

void rl_finetune_print_plan(struct rl_finetune *f, FILE *out)
{
	rl_net_print(f->full.net, out);
}
