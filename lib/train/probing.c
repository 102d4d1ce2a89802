#include "train/probing.h"

#include "base/err.h"
#include "train/pass.h"

enum { PIECE = 32 }; /* images that the backbone works on at once */

/* The heads for one batch size. */
struct tape {
	struct rl_sized_net of;
	struct rl_probes_net model;
};

struct rl_probing {
	struct rl_probing_config c;
	struct rl_params *frozen, *params;

	struct rl_net *backbone;
	int64_t piece;
	rl_val x, out[RL_NLAYERS];

	struct rl_probes model;
	float *feature[RL_NFEATURES]; /* of a batch, for each head */
	struct tape full, rest, eval;
	struct rl_image_batch slot[2], blank; /* of a rank without images: slots are being filled */
};

static int layer_of(const struct rl_probing *p, int head)
{
	return p->c.heads == 1 ? RL_AVGPOOL : head;
}

const char *rl_probing_layer(const struct rl_probing *p, int head)
{
	return rl_layer_names[layer_of(p, head)];
}

static void plan_backbone(struct rl_probing *p)
{
	struct rl_backbone *b = p->c.backbone;
	bool want[RL_NLAYERS] = {false};

	for (int h = 0; h < p->c.heads; h++)
		want[layer_of(p, h)] = true;
	p->piece = p->c.batch < PIECE ? p->c.batch : PIECE;
	p->frozen = rl_params_new();
	p->backbone = rl_net_new(p->frozen, &(struct rl_net_config){.seed = rl_backbone_seed(b, 0),
								    .bf16 = p->c.bf16});
	p->x = rl_features(p->backbone, &b->resnet, p->piece, p->c.images.height, p->c.images.width,
			   want, p->out, "stdin");
	rl_net_plan(p->backbone);
	rl_backbone_load(b, p->frozen, NULL);
}

/* Numbers of a head's feature of one image. */
static int64_t width(const struct rl_probing *p, int head)
{
	const int64_t *d = p->model.dim[head];

	return p->model.ndim == 4 ? d[1] * d[2] * d[3] : d[1];
}

static struct rl_net_config config_of(const struct rl_probing *p, bool train)
{
	return (struct rl_net_config){
		.train = train, .seed = p->c.seed, .comm = p->c.comm, .sync_bn = train};
}

static void build(struct rl_probing *p, struct tape *t, int64_t images, bool train)
{
	const struct rl_net_config config = config_of(p, train);
	struct rl_probes model = p->model;

	model.running = !train;
	if (!rl_sized_net_renew(&t->of, images, p->params, &config))
		return;
	t->model = rl_probes(t->of.net, &model, images);
	rl_net_plan(t->of.net);
}

struct rl_probing *rl_probing_new(struct rl_params *params, const struct rl_probing_config *c)
{
	struct rl_probing *p = rl_calloc(1, sizeof(*p));

	p->c = *c;
	p->params = params;
	plan_backbone(p);
	p->model = (struct rl_probes){.classes = c->images.classes, .heads = c->heads};
	for (int h = 0; h < c->heads; h++) {
		p->model.ndim = rl_net_shape(p->backbone, p->out[layer_of(p, h)], p->model.dim[h]);
		p->feature[h] =
			rl_aligned((size_t)((c->batch + p->piece) * width(p, h)) * sizeof(float));
	}
	for (int i = 0; i < 2 && c->train; i++)
		p->slot[i] = rl_image_batch_new(&c->images, c->batch);
	p->blank = rl_image_batch_new(&c->images, p->piece);
	build(p, c->train ? &p->full : &p->eval, c->batch, c->train);
	return p;
}

/* The features of n images of the batch; the last piece overhangs. */
static void extract(struct rl_probing *p, const struct rl_image_batch *b, int64_t n)
{
	for (int64_t i = 0; i < n; i += p->piece) {
		int64_t left = n - i < p->piece ? n - i : p->piece;

		rl_image_batch_feed(b, i, left, p->backbone, p->x);
		rl_net_forward(p->backbone);
		for (int h = 0; h < p->c.heads; h++)
			rl_net_read(p->backbone, p->out[layer_of(p, h)],
				    p->feature[h] + i * width(p, h));
	}
}

static void forward(struct rl_probing *p, const struct tape *t, const struct rl_image_batch *b)
{
	struct rl_net *n = t->of.net;

	extract(p, b, t->of.images);
	for (int h = 0; h < p->c.heads; h++) {
		rl_net_feed(n, t->model.feature[h], p->feature[h]);
		rl_loss_labels(n, t->model.loss[h], b->label);
	}
	rl_net_forward(n);
}

/* ---- training ---------------------------------------------------------------------------------
 */

static void take(void *ctx, struct rl_sample *s, int slot, int64_t i)
{
	struct rl_probing *p = ctx;

	rl_image_batch_take(&p->c.images, &p->slot[slot], s, i);
}

/* The loss is the sum of the heads', each of which learns by its own alone; the parts are the
 * heads' losses and then their accuracies in percent. */
static struct rl_score score_of(const struct rl_probing *p, const struct tape *t)
{
	struct rl_score s = {.items = t->of.images * p->c.heads};
	double *loss = s.part, *accuracy = s.part + p->c.heads;

	for (int h = 0; h < p->c.heads; h++) {
		int64_t correct = rl_loss_correct(t->of.net, t->model.loss[h]);

		loss[h] = rl_loss_value(t->of.net, t->model.loss[h]);
		accuracy[h] = 100.0 * (double)correct / (double)t->of.images;
		s.loss += loss[h];
		s.correct += correct;
	}
	return s;
}

static struct rl_score gradients(void *ctx, const struct rl_batch *b, const struct rl_micro *m)
{
	struct rl_probing *p = ctx;
	struct tape *t = b->samples == p->c.batch ? &p->full : &p->rest;
	const struct rl_net_config config = config_of(p, true);

	build(p, t, rl_pass_images(b, &config), true);
	rl_pass_begin(t->of.net, b, m);
	forward(p, t, b->samples ? &p->slot[b->slot] : &p->blank);
	rl_net_backward(t->of.net);
	return b->samples ? score_of(p, t) : (struct rl_score){0};
}

static void print(void *ctx, FILE *out)
{
	const struct rl_probing *p = ctx;

	rl_net_print(p->backbone, out);
	rl_net_print(p->full.of.net, out);
}

struct rl_task rl_probing_task(struct rl_probing *p)
{
	static const char *const parts[] = {"loss.1",     "loss.2",     "loss.3",     "loss.4",
					    "loss.5",     "accuracy.1", "accuracy.2", "accuracy.3",
					    "accuracy.4", "accuracy.5", NULL};

	return (struct rl_task){.ctx = p,
				.unit = "images",
				.part = p->c.heads > 1 ? parts : NULL,
				.take = take,
				.gradients = gradients,
				.print = print};
}

/* ---- evaluation -------------------------------------------------------------------------------
 */

static void classify(void *ctx, const struct rl_image_batch *b, int64_t n, float *const logits[])
{
	struct rl_probing *p = ctx;

	build(p, &p->eval, n, false);
	forward(p, &p->eval, b);
	for (int h = 0; h < p->c.heads; h++)
		rl_net_read(p->eval.of.net, p->eval.model.logits[h], logits[h]);
}

struct rl_classifier rl_probing_classifier(struct rl_probing *p, int64_t threads)
{
	return (struct rl_classifier){.ctx = p,
				      .heads = p->c.heads,
				      .run = classify,
				      .batch = p->c.batch,
				      .threads = threads,
				      .comm = p->c.comm};
}
