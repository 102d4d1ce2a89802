#include "models/detector.h"

#include "base/err.h"
#include "models/detloss.h"
#include "models/rcnn_tapes.h"

#include <stdlib.h>
#include <string.h>

const char *const rl_detector_heads[] = {"neck.", "rpn_head.", "roi_head.", NULL};

/* A value that a tape hands over: plain numbers, and their gradient. */
struct port {
	rl_val v;
	int outlet;
	size_t count;
	float *value, *gradient;
};

struct trunk {
	struct rl_net *net;
	int64_t images, height, width;
	rl_val x;
	struct port feature[RL_FEATURES], logit[RL_LEVELS], delta[RL_LEVELS];
};

/* Box and mask heads on one set of features; either may be missing. */
struct heads {
	struct rl_net *net;
	int64_t regions, masks;
	int64_t images, dim[RL_FEATURES][4]; /* of the features */
	rl_val feature[RL_FEATURES], pooled, mask_pooled;
	struct port logit, delta, mask;
};

struct rl_detector {
	struct rl_params *params;
	struct rl_detector_config c;
	struct rl_net_config net;
	int features;
	struct trunk trunk;
	struct heads heads, mask_heads; /* those of masks alone in prediction */
	struct rl_arena trunk_arena, heads_arena, mask_arena; /* theirs, one after the other */
	struct rl_roi *roi, *mask_roi;                        /* of the pass at hand */
};

/* ---- ports ------------------------------------------------------------------------------------
 */

static struct port port(struct rl_net *n, rl_val v, bool train)
{
	int64_t dim[4];
	struct port p = {.v = v, .outlet = rl_outlet(n, v), .count = 1};

	for (int i = rl_net_shape(n, v, dim); i > 0; i--)
		p.count *= (size_t)dim[i - 1];
	p.value = rl_aligned(p.count * sizeof(float));
	p.gradient = train ? rl_aligned(p.count * sizeof(float)) : NULL;
	rl_outlet_gradient(n, p.outlet, p.gradient);
	return p;
}

static void port_free(struct port *p)
{
	free(p->value);
	free(p->gradient);
}

/* ---- tapes ------------------------------------------------------------------------------------
 */

static void trunk_free(struct trunk *t)
{
	if (!t->net)
		return;
	rl_net_free(t->net);
	for (int i = 0; i < RL_FEATURES; i++)
		port_free(&t->feature[i]);
	for (int i = 0; i < RL_LEVELS; i++) {
		port_free(&t->logit[i]);
		port_free(&t->delta[i]);
	}
	*t = (struct trunk){0};
}

static void heads_free(struct heads *h)
{
	if (!h->net)
		return;
	rl_net_free(h->net);
	port_free(&h->logit);
	port_free(&h->delta);
	port_free(&h->mask);
	*h = (struct heads){0};
}

static struct trunk trunk_new(struct rl_detector *d, int64_t images, int64_t height, int64_t width)
{
	struct rl_net_config config = d->net;
	struct trunk t = {.images = images, .height = height, .width = width};
	struct rl_trunk_values v;

	config.arena = &d->trunk_arena;
	t.net = rl_net_new(d->params, &config);
	t.x = rl_feed(t.net, 4, (int64_t[]){images, 3, height, width});
	rl_trunk(t.net, &d->c, t.x, &v);
	for (int i = 0; i < v.features; i++)
		t.feature[i] = port(t.net, v.feature[i], d->net.train);
	for (int i = 0; i < d->c.rpn.levels; i++) {
		t.logit[i] = port(t.net, v.logit[i], d->net.train);
		t.delta[i] = port(t.net, v.delta[i], d->net.train);
	}
	d->features = v.features;
	return t;
}

static struct heads heads_new(struct rl_detector *d, struct rl_arena *arena, int64_t regions,
			      int64_t masks)
{
	struct rl_net_config config = d->net;
	struct heads h = {.regions = regions, .masks = masks, .images = d->trunk.images};

	config.feed_gradients = config.train;
	config.arena = arena;
	h.net = rl_net_new(d->params, &config);
	for (int i = 0; i < d->features; i++) {
		rl_net_shape(d->trunk.net, d->trunk.feature[i].v, h.dim[i]);
		h.feature[i] = rl_feed(h.net, 4, h.dim[i]);
	}
	if (regions) {
		struct rl_head_values v = rl_box_head(h.net, &d->c, h.feature, regions);

		h.pooled = v.pooled;
		h.logit = port(h.net, v.logit, config.train);
		h.delta = port(h.net, v.delta, config.train);
	}
	if (masks)
		h.mask = port(h.net, rl_mask_head(h.net, &d->c, h.feature, masks, &h.mask_pooled),
			      config.train);
	return h;
}

static void need_trunk(struct rl_detector *d, int64_t images, int64_t height, int64_t width)
{
	const struct trunk *t = &d->trunk;

	if (t->net && t->images == images && t->height == height && t->width == width)
		return;
	trunk_free(&d->trunk);
	d->trunk = trunk_new(d, images, height, width);
	rl_net_plan(d->trunk.net);
}

static void need_heads(struct rl_detector *d, struct heads *h, int64_t regions, int64_t masks)
{
	bool same = h->net && h->regions == regions && h->masks == masks;

	for (int i = 0; i < d->features && same; i++) {
		int64_t dim[4];

		rl_net_shape(d->trunk.net, d->trunk.feature[i].v, dim);
		same = !memcmp(dim, h->dim[i], sizeof(dim));
	}
	if (same)
		return;
	heads_free(h);
	*h = heads_new(d, h == &d->heads ? &d->heads_arena : &d->mask_arena, regions, masks);
	rl_net_plan(h->net);
}

/* Initial values: MMDetection's init_cfg of each part; convolutions of the heads keep Kaiming's. */
static void set_initial_values(struct rl_params *p)
{
	rl_params_init(p, "neck.", "conv.weight", RL_INIT_XAVIER_UNIFORM, 0);
	rl_params_init(p, "rpn_head.", ".weight", RL_INIT_NORMAL, 0.01);
	rl_params_init(p, "roi_head.bbox_head.shared_fcs.", ".weight", RL_INIT_XAVIER_UNIFORM, 0);
}

struct rl_detector *rl_detector_new(struct rl_params *params, const struct rl_detector_config *c,
				    const struct rl_net_config *net)
{
	struct rl_detector *d = rl_calloc(1, sizeof(*d));
	enum { SMALL = 64 }; /* pixels, for tapes that only declare */

	*d = (struct rl_detector){.params = params, .c = *c, .net = *net};
	d->c.resnet.running |= !net->train;
	d->c.resnet.copies = 1;
	d->trunk = trunk_new(d, 1, SMALL, SMALL);
	d->heads = heads_new(d, &d->heads_arena, 1, c->fpn);
	set_initial_values(params);
	rl_params_allocate(params, net->seed);
	heads_free(&d->heads);
	trunk_free(&d->trunk);
	return d;
}

void rl_detector_free(struct rl_detector *d)
{
	heads_free(&d->heads);
	heads_free(&d->mask_heads);
	trunk_free(&d->trunk);
	free(d->trunk_arena.base);
	free(d->heads_arena.base);
	free(d->mask_arena.base);
	free(d->roi);
	free(d->mask_roi);
	free(d);
}

/* ---- passes -----------------------------------------------------------------------------------
 */

static void run_trunk(struct rl_detector *d, const float *pixels)
{
	struct trunk *t = &d->trunk;

	rl_net_feed(t->net, t->x, pixels);
	rl_net_forward(t->net);
	for (int i = 0; i < d->features; i++)
		rl_net_read(t->net, t->feature[i].v, t->feature[i].value);
	for (int i = 0; i < d->c.rpn.levels; i++) {
		rl_net_read(t->net, t->logit[i].v, t->logit[i].value);
		rl_net_read(t->net, t->delta[i].v, t->delta[i].value);
	}
}

static void levels_of(const struct rl_detector *d, struct rl_level level[RL_LEVELS])
{
	const struct trunk *t = &d->trunk;

	for (int i = 0; i < d->c.rpn.levels; i++) {
		int64_t dim[4];

		rl_net_shape(t->net, t->logit[i].v, dim);
		level[i] = (struct rl_level){dim[2],
					     dim[3],
					     t->logit[i].value,
					     t->delta[i].value,
					     t->logit[i].gradient,
					     t->delta[i].gradient};
	}
}

static struct rl_roi roi_of(const struct rl_detector *d, int64_t image, const struct rl_box *b)
{
	struct rl_roi r = {.image = (int32_t)image, .level = rl_region_level(&d->c, b)};

	memcpy(r.box, b, sizeof(r.box));
	return r;
}

static void run_heads(struct rl_detector *d, struct heads *h)
{
	for (int i = 0; i < d->features; i++)
		rl_net_feed(h->net, h->feature[i], d->trunk.feature[i].value);
	if (h->regions)
		rl_roi_align_regions(h->net, h->pooled, d->roi);
	if (h->masks)
		rl_roi_align_regions(h->net, h->mask_pooled, d->mask_roi);
	rl_net_forward(h->net);
	if (h->regions) {
		rl_net_read(h->net, h->logit.v, h->logit.value);
		rl_net_read(h->net, h->delta.v, h->delta.value);
	}
	if (h->masks)
		rl_net_read(h->net, h->mask.v, h->mask.value);
}

/* ---- learning ---------------------------------------------------------------------------------
 */

/* The regions of all images of a batch. */
struct regions {
	struct rl_rcnn_region *region;
	struct rl_box *target;
	int64_t *image;
	size_t n;
};

static void sample_image(struct rl_detector *d, const struct rl_detector_batch *b, int64_t image,
			 const struct rl_level *level, struct regions *all)
{
	const struct rl_rcnn_objects *o = &b->image[image];
	struct rl_box *proposal = rl_malloc(d->c.after * sizeof(*proposal));
	float *score = rl_malloc(d->c.after * sizeof(*score));
	size_t npositive, n = rl_rpn_propose(&d->c.rpn, level, image, o->width, o->height,
					     d->c.before, d->c.after, proposal, score);

	n = rl_rcnn_sample(&d->c.rcnn, proposal, n, o, &b->rng[image], all->region + all->n,
			   &npositive);
	for (size_t i = 0; i < n; i++, all->n++) {
		const struct rl_rcnn_region *r = &all->region[all->n];

		all->image[all->n] = image;
		all->target[all->n] = r->object < 0 ? r->box : o->box[r->object];
	}
	free(proposal);
	free(score);
}

static struct regions sample_regions(struct rl_detector *d, const struct rl_detector_batch *b,
				     const struct rl_level *level)
{
	size_t room = 0;
	struct regions all = {0};

	for (int64_t i = 0; i < b->images; i++) {
		size_t most = d->c.after + b->image[i].n + 1;

		room += most < d->c.rcnn.sample ? most : d->c.rcnn.sample;
	}
	all.region = rl_malloc(room * sizeof(*all.region));
	all.target = rl_malloc(room * sizeof(*all.target));
	all.image = rl_malloc(room * sizeof(*all.image));
	for (int64_t i = 0; i < b->images; i++)
		sample_image(d, b, i, level, &all);
	return all;
}

/* What the mask head learns from: the positive regions. */
struct masks {
	size_t n;
	int32_t *class;  /* below 0: none */
	uint8_t *target; /* [n,RL_MASK,RL_MASK] */
};

/* Without a positive region any one stands in that teaches nothing, so that the tape is never empty
 * and ranks that share statistics run the same passes. */
static struct masks crop_masks(struct rl_detector *d, const struct rl_detector_batch *b,
			       const struct regions *r)
{
	struct masks m = {.class = rl_malloc(r->n * sizeof(*m.class)),
			  .target = rl_calloc(r->n, RL_MASK * RL_MASK)};

	d->mask_roi = rl_realloc(d->mask_roi, r->n, sizeof(*d->mask_roi));
	for (size_t i = 0; i < r->n; i++) {
		const struct rl_rcnn_region *s = &r->region[i];
		const struct rl_rcnn_objects *o = &b->image[r->image[i]];

		if (s->object < 0)
			continue;
		d->mask_roi[m.n] = roi_of(d, r->image[i], &s->box);
		m.class[m.n] = s->class;
		rl_mask_crop(b->mask[r->image[i]][s->object], (int64_t)o->height, (int64_t)o->width,
			     &s->box, m.target + m.n * RL_MASK * RL_MASK);
		m.n++;
	}
	if (!m.n) {
		d->mask_roi[0] = roi_of(d, r->image[0], &r->region[0].box);
		m.class[m.n++] = -1;
	}
	return m;
}

static int64_t count_right(const struct regions *r, const float *logit, size_t k)
{
	int64_t right = 0;

	for (size_t i = 0; i < r->n; i++) {
		const float *z = logit + i * k;
		size_t best = 0;

		for (size_t c = 1; c < k; c++)
			if (z[c] > z[best])
				best = c;
		right += best == (size_t)r->region[i].class;
	}
	return right;
}

static void learn_heads(struct rl_detector *d, const struct rl_detector_batch *b,
			const struct regions *r, struct rl_detector_loss *loss)
{
	const struct rl_rcnn *c = &d->c.rcnn;
	struct heads *h = &d->heads;
	struct masks m = {0};
	struct rl_rcnn_loss l;

	if (d->c.fpn)
		m = crop_masks(d, b, r);
	d->roi = rl_realloc(d->roi, r->n, sizeof(*d->roi));
	for (size_t i = 0; i < r->n; i++)
		d->roi[i] = roi_of(d, r->image[i], &r->region[i].box);
	need_heads(d, h, (int64_t)r->n, (int64_t)m.n);
	rl_net_track_statistics(h->net, !b->untracked);
	rl_net_set_weight(h->net, b->absent ? 0 : b->images);
	run_heads(d, h);
	l = rl_rcnn_learn(c, r->region, r->target, r->n, h->logit.value, h->delta.value,
			  h->logit.gradient, h->delta.gradient);
	loss->class = l.class;
	loss->box = l.box;
	loss->regions = (int64_t)r->n;
	loss->correct = count_right(r, h->logit.value, (size_t)c->classes + 1);
	if (m.n)
		loss->mask = rl_mask_learn(c->classes, m.class, m.target, m.n, h->mask.value,
					   h->mask.gradient);
	rl_net_backward(h->net);
	for (int i = 0; i < d->features; i++)
		rl_net_read_grad(h->net, h->feature[i], d->trunk.feature[i].gradient);
	free(m.class);
	free(m.target);
}

struct rl_detector_loss rl_detector_learn(struct rl_detector *d, const struct rl_detector_batch *b)
{
	struct rl_detector_loss loss = {0};
	struct rl_level level[RL_LEVELS];
	struct rl_rpn_loss rpn;
	struct regions r;

	need_trunk(d, b->images, b->height, b->width);
	rl_net_track_statistics(d->trunk.net, !b->untracked);
	rl_net_set_weight(d->trunk.net, b->absent ? 0 : b->images);
	/* The trunk's parameters come first, so what is final there is final in the heads. */
	rl_net_watch(d->trunk.net, b->final, b->final_ctx);
	run_trunk(d, b->pixels);
	levels_of(d, level);
	rpn = rl_rpn_learn(&d->c.rpn, level, b->image, b->images, b->rng);
	loss.objectness = rpn.objectness;
	loss.proposal = rpn.box;
	r = sample_regions(d, b, level);
	learn_heads(d, b, &r, &loss);
	rl_net_backward(d->trunk.net);
	free(r.region);
	free(r.target);
	free(r.image);
	return loss;
}

/* ---- prediction -------------------------------------------------------------------------------
 */

static void predict_masks(struct rl_detector *d, const struct rl_rcnn_detection *found, size_t n,
			  float *mask)
{
	struct heads *h = &d->mask_heads;
	const size_t area = RL_MASK * RL_MASK;

	d->mask_roi = rl_realloc(d->mask_roi, n, sizeof(*d->mask_roi));
	for (size_t i = 0; i < n; i++)
		d->mask_roi[i] = roi_of(d, 0, &found[i].box);
	need_heads(d, h, 0, (int64_t)n);
	run_heads(d, h);
	for (size_t i = 0; i < n; i++) {
		const float *z = h->mask.value +
				 (i * (size_t)d->c.rcnn.classes + (size_t)found[i].class) * area;

		for (size_t p = 0; p < area; p++)
			mask[i * area + p] = (float)rl_sigmoid(z[p]);
	}
}

size_t rl_detector_propose(struct rl_detector *d, const float *pixels, int64_t height,
			   int64_t width, double image_height, double image_width,
			   struct rl_box *box, float *score)
{
	struct rl_level level[RL_LEVELS];

	need_trunk(d, 1, height, width);
	run_trunk(d, pixels);
	levels_of(d, level);
	return rl_rpn_propose(&d->c.rpn, level, 0, image_width, image_height, d->c.before_test,
			      d->c.after_test, box, score);
}

size_t rl_detector_detect(struct rl_detector *d, const float *pixels, int64_t height, int64_t width,
			  double image_height, double image_width, struct rl_rcnn_detection *out,
			  float *mask)
{
	struct rl_box *proposal = rl_malloc(d->c.after_test * sizeof(*proposal));
	float *score = rl_malloc(d->c.after_test * sizeof(*score));
	size_t found = 0, n = rl_detector_propose(d, pixels, height, width, image_height,
						  image_width, proposal, score);

	if (n) {
		d->roi = rl_realloc(d->roi, n, sizeof(*d->roi));
		for (size_t i = 0; i < n; i++)
			d->roi[i] = roi_of(d, 0, &proposal[i]);
		need_heads(d, &d->heads, (int64_t)n, 0);
		run_heads(d, &d->heads);
		found = rl_rcnn_detect(&d->c.rcnn, proposal, n, d->heads.logit.value,
				       d->heads.delta.value, image_width, image_height, out);
	}
	if (found && d->c.fpn && mask)
		predict_masks(d, out, found, mask);
	free(proposal);
	free(score);
	return found;
}

/* ---- looking at it ----------------------------------------------------------------------------
 */

void rl_detector_print(const struct rl_detector *d, FILE *out)
{
	rl_net_print(d->trunk.net, out);
	rl_net_print(d->heads.net, out);
}
