#include "train/finetune.h"

#include "base/err.h"
#include "train/pass.h"

struct tape {
	struct rl_sized_net of;
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
	struct rl_image_batch slot[2], blank; /* of a rank without images: slots are being filled */
};

static void build(struct rl_finetune *f, struct tape *t, int64_t images, bool train)
{
	struct rl_resnet resnet = f->resnet;
	struct rl_net_config config = f->net;
	rl_val feature[RL_NFEATURES];

	resnet.running = !train;
	config.train = train;
	config.sync_bn &= train;
	if (!rl_sized_net_renew(&t->of, images, f->params, &config))
		return;
	struct rl_net *n = t->of.net;
	t->x = rl_feed(n, 4, (int64_t[]){images, 3, f->images.height, f->images.width});
	rl_resnet(n, &resnet, "", t->x, feature);
	t->logits = rl_linear(n, rl_global_avgpool(n, feature[RL_STAGE4]), "fc", f->images.classes,
			      0.01);
	rl_net_keep(n, t->logits);
	t->loss = rl_softmax_ce(n, t->logits);
	rl_net_plan(n);
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
	f->blank = rl_image_batch_new(images, 1);
	build(f, &f->full, batch, true);
	return f;
}

static void forward(const struct tape *t, const struct rl_image_batch *b)
{
	rl_image_batch_feed(b, 0, t->of.images, t->of.net, t->x);
	rl_loss_labels(t->of.net, t->loss, b->label);
	rl_net_forward(t->of.net);
}

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct rl_finetune *f = ctx;

	rl_image_batch_take(&f->images, &f->slot[slot], s, i);
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_finetune *f = ctx;
	struct tape *t = b->samples == f->batch ? &f->full : &f->rest;
	int64_t images = rl_pass_images(b, &f->net);

	if (!images)
		return (struct rl_score){0};
	build(f, t, images, true);
	rl_pass_begin(t->of.net, b, m);
	forward(t, b->samples ? &f->slot[b->slot] : &f->blank);
	rl_net_backward(t->of.net);
	if (!b->samples)
		return (struct rl_score){0};
	return (struct rl_score){.loss = rl_loss_value(t->of.net, t->loss),
				 .correct = rl_loss_correct(t->of.net, t->loss),
				 .items = b->samples};
}

static void print(void *ctx, FILE *out)
{
	const struct rl_finetune *f = ctx;

	rl_net_print(f->full.of.net, out);
}

struct rl_task rl_finetune_task(struct rl_finetune *f)
{
	return (struct rl_task){
		.ctx = f, .unit = "images", .take = take, .gradients = gradients, .print = print};
}

static void classify(void *ctx, const struct rl_image_batch *b, int64_t n, float *const logits[])
{
	struct rl_finetune *f = ctx;

	build(f, &f->eval, n, false);
	forward(&f->eval, b);
	rl_net_read(f->eval.of.net, f->eval.logits, logits[0]);
}

struct rl_classifier rl_finetune_classifier(struct rl_finetune *f, int64_t threads)
{
	return (struct rl_classifier){.ctx = f,
				      .heads = 1,
				      .run = classify,
				      .batch = f->batch,
				      .threads = threads,
				      .comm = f->net.comm};
}
