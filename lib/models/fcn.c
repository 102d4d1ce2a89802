#include "models/fcn.h"

#include "stream/segmentation.h"

#include <stdio.h>

const char *const rl_fcn_heads[] = {"decode_head.", "auxiliary_head.", NULL};

struct rl_fcn rl_fcn_r50_d8(const struct rl_resnet *resnet, int classes, bool align_corners)
{
	struct rl_fcn c = {.resnet = *resnet,
			   .classes = classes,
			   .how = align_corners ? RL_BILINEAR_CORNERS : RL_BILINEAR};

	c.resnet.output_stride = 8;
	c.head = (struct rl_fcn_head){.stage = 4,
				      .channels = 8 * resnet->width,
				      .convs = 2,
				      .dilation = 1,
				      .concat = true,
				      .dropout = 0.1,
				      .weight = 1};
	c.auxiliary = (struct rl_fcn_head){.stage = 3,
					   .channels = 4 * resnet->width,
					   .convs = 1,
					   .dilation = 1,
					   .dropout = 0.1,
					   .weight = 0.4};
	return c;
}

struct head {
	struct rl_net *n;
	const struct rl_fcn *c;
	const struct rl_fcn_head *h;
	const char *prefix;
};

/* NAME.conv and NAME.bn */
static rl_val conv_module(const struct head *h, rl_val x, const char *name, int dilation)
{
	char conv[96], bn[96];

	snprintf(conv, sizeof(conv), "%s%s.conv", h->prefix, name);
	snprintf(bn, sizeof(bn), "%s%s.bn", h->prefix, name);
	x = rl_conv(h->n, x, conv, (struct rl_conv){h->h->channels, 3, 1, dilation, dilation});
	return rl_bnorm(h->n, x, bn,
			(struct rl_bnorm){.momentum = 0.1,
					  .eps = 1e-5,
					  .running = h->c->resnet.running,
					  .relu = true,
					  .copies = 1});
}

static rl_val head(const struct head *h, rl_val stage)
{
	rl_val x = stage;
	char name[32], seg[64];

	for (int i = 0; i < h->h->convs; i++) {
		snprintf(name, sizeof(name), "convs.%d", i);
		x = conv_module(h, x, name, h->h->dilation);
	}
	if (h->h->concat)
		x = conv_module(h, rl_concat(h->n, stage, x), "conv_cat", 1);
	x = rl_dropout_channels(h->n, x, h->h->dropout);
	snprintf(seg, sizeof(seg), "%sconv_seg", h->prefix);
	x = rl_conv(h->n, x, seg, (struct rl_conv){h->c->classes, 1, 1, 0, 1});
	return rl_bias(h->n, x, seg, false);
}

struct rl_fcn_net rl_fcn(struct rl_net *n, const struct rl_fcn *c, rl_val x, bool train)
{
	struct rl_fcn_net net = {.loss = -1, .auxiliary_loss = -1};
	rl_val stage[RL_NFEATURES], auxiliary;
	int64_t dim[4];

	rl_net_shape(n, x, dim);
	struct rl_pixel_ce loss = {
		.height = dim[2], .width = dim[3], .how = c->how, .none = RL_NO_CLASS};
	rl_resnet(n, &c->resnet, "", x, stage);
	net.logits = head(&(struct head){n, c, &c->head, rl_fcn_heads[0]}, stage[c->head.stage]);
	if (!train)
		return net;
	loss.weight = c->head.weight;
	net.loss = rl_pixel_ce(n, net.logits, &loss);
	if (!c->auxiliary.channels)
		return net;
	auxiliary = head(&(struct head){n, c, &c->auxiliary, rl_fcn_heads[1]},
			 stage[c->auxiliary.stage]);
	loss.weight = c->auxiliary.weight;
	net.auxiliary_loss = rl_pixel_ce(n, auxiliary, &loss);
	return net;
}

void rl_fcn_declare(struct rl_params *p, const struct rl_fcn *c)
{
	struct rl_net *n = rl_net_new(p, &(struct rl_net_config){0});

	rl_fcn(n, c, rl_feed(n, 4, (int64_t[]){1, 3, 64, 64}), true);
	rl_net_free(n);
	for (int i = 0; rl_fcn_heads[i]; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%sconv_seg", rl_fcn_heads[i]);
		rl_params_init(p, name, ".weight", RL_INIT_NORMAL, 0.01);
	}
}
