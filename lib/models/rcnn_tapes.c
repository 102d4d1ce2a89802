#include "models/rcnn_tapes.h"

#include <math.h>
#include <stdio.h>

/* ---- layers with the names that MMDetection gives them ------------------------------------------
 */

static rl_val norm(struct rl_net *n, const struct rl_detector_config *c, rl_val x, const char *name,
		   bool relu)
{
	return rl_bnorm(n, x, name,
			(struct rl_bnorm){.momentum = 0.1,
					  .eps = 1e-5,
					  .running = c->resnet.running,
					  .relu = relu,
					  .copies = 1});
}

/* NAME.conv and NAME.bn, or a convolution with a bias. */
static rl_val conv_module(struct rl_net *n, const struct rl_detector_config *c, rl_val x,
			  const char *name, int out, int kernel, bool norms, bool relu)
{
	char conv[96], bn[96];

	snprintf(conv, sizeof(conv), "%s.conv", name);
	snprintf(bn, sizeof(bn), "%s.bn", name);
	x = rl_conv(n, x, conv, (struct rl_conv){out, kernel, 1, kernel / 2, 1});
	return norms ? norm(n, c, x, bn, relu) : rl_bias(n, x, conv, relu);
}

static rl_val conv_bias(struct rl_net *n, rl_val x, const char *name, int out, int kernel,
			bool relu)
{
	x = rl_conv(n, x, name, (struct rl_conv){out, kernel, 1, kernel / 2, 1});
	return rl_bias(n, x, name, relu);
}

/* ---- trunks -----------------------------------------------------------------------------------
 */

/* Lin et al., Feature Pyramid Networks, CVPR 2017.  P6 is every other pixel of P5. */
static void pyramid(struct rl_net *n, const struct rl_detector_config *c,
		    const rl_val stage[RL_NFEATURES], rl_val level[RL_LEVELS])
{
	rl_val down[RL_FEATURES];
	char name[64];

	for (int i = 0; i < RL_FEATURES; i++) {
		snprintf(name, sizeof(name), "neck.lateral_convs.%d", i);
		down[i] = conv_module(n, c, stage[RL_STAGE1 + i], name, c->channels, 1, c->norms,
				      false);
	}
	for (int i = RL_FEATURES - 2; i >= 0; i--) {
		int64_t dim[4];

		rl_net_shape(n, down[i], dim);
		down[i] = rl_add(n, down[i],
				 rl_interpolate(n, down[i + 1], dim[2], dim[3], RL_NEAREST));
	}
	for (int i = 0; i < RL_FEATURES; i++) {
		snprintf(name, sizeof(name), "neck.fpn_convs.%d", i);
		level[i] = conv_module(n, c, down[i], name, c->channels, 3, c->norms, false);
	}
	level[RL_FEATURES] = rl_maxpool(n, level[RL_FEATURES - 1], (struct rl_pool){1, 2, 0});
}

void rl_trunk(struct rl_net *n, const struct rl_detector_config *c, rl_val x,
	      struct rl_trunk_values *t)
{
	rl_val stage[RL_NFEATURES], level[RL_LEVELS];

	x = rl_resnet_stem(n, &c->resnet, "", x, &stage[RL_STEM]);
	for (int s = 1; s <= (c->fpn ? 4 : 3); s++)
		stage[s] = x = rl_resnet_stage(n, &c->resnet, "", s, x);
	if (c->fpn)
		pyramid(n, c, stage, level);
	else
		level[0] = stage[RL_STAGE3];
	t->features = c->fpn ? RL_FEATURES : 1;
	for (int i = 0; i < t->features; i++)
		t->feature[i] = level[i];
	for (int i = 0; i < c->rpn.levels; i++) {
		int anchors = rl_anchors_a_cell(&c->rpn.anchors[i]);
		int width = c->fpn ? c->channels : rl_resnet_channels(&c->resnet, RL_STAGE3);

		x = conv_bias(n, level[i], "rpn_head.rpn_conv", width, 3, true);
		t->logit[i] = conv_bias(n, x, "rpn_head.rpn_cls", anchors, 1, false);
		t->delta[i] = conv_bias(n, x, "rpn_head.rpn_reg", 4 * anchors, 1, false);
	}
}

/* ---- heads ------------------------------------------------------------------------------------
 */

static rl_val pool(struct rl_net *n, const struct rl_detector_config *c, const rl_val *feature,
		   int64_t regions, int bins)
{
	struct rl_roi_align how = {
		.bins = bins, .aligned = true, .levels = c->fpn ? RL_FEATURES : 1};

	for (int i = 0; i < how.levels; i++)
		how.scale[i] = c->fpn ? 1.0 / (4 << i) : 1.0 / 16;
	return rl_roi_align(n, feature, regions, &how);
}

struct rl_head_values rl_box_head(struct rl_net *n, const struct rl_detector_config *c,
				  const rl_val *feature, int64_t regions)
{
	struct rl_head_values h;
	rl_val x;
	char name[64];

	if (!c->fpn) {
		x = h.pooled = pool(n, c, feature, regions, 14);
		x = rl_resnet_stage(n, &c->resnet, "", 4, x);
		if (c->extra_norm)
			x = norm(n, c, x, "roi_head.shared_head.norm", false);
		x = rl_global_avgpool(n, x);
	} else {
		x = h.pooled = pool(n, c, feature, regions, 7);
		for (int i = 0; i < c->convs; i++) {
			snprintf(name, sizeof(name), "roi_head.bbox_head.shared_convs.%d", i);
			x = conv_module(n, c, x, name, c->channels, 3, c->head_norms, true);
		}
		x = rl_flatten(n, x);
		for (int i = 0; i < c->fcs; i++) {
			snprintf(name, sizeof(name), "roi_head.bbox_head.shared_fcs.%d", i);
			x = rl_relu(n, rl_linear(n, x, name, c->fc, 0.01));
		}
	}
	h.logit = rl_linear(n, x, "roi_head.bbox_head.fc_cls", c->rcnn.classes + 1, 0.01);
	h.delta = rl_linear(n, x, "roi_head.bbox_head.fc_reg", 4 * c->rcnn.classes, 0.001);
	return h;
}

rl_val rl_mask_head(struct rl_net *n, const struct rl_detector_config *c, const rl_val *feature,
		    int64_t regions, rl_val *pooled)
{
	rl_val x = *pooled = pool(n, c, feature, regions, RL_MASK / 2);
	char name[64];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "roi_head.mask_head.convs.%d", i);
		x = conv_module(n, c, x, name, c->channels, 3, c->head_norms, true);
	}
	x = rl_deconv(n, x, "roi_head.mask_head.upsample", c->channels);
	x = rl_bias(n, x, "roi_head.mask_head.upsample", true);
	return conv_bias(n, x, "roi_head.mask_head.conv_logits", c->rcnn.classes, 1, false);
}

int rl_region_level(const struct rl_detector_config *c, const struct rl_box *b)
{
	double side = sqrt(((double)b->x2 - b->x1) * ((double)b->y2 - b->y1));
	double level = floor(log2(side / 56 + 1e-6));

	return c->fpn ? (int)fmin(fmax(level, 0), RL_FEATURES - 1) : 0;
}
