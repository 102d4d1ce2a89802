/* MMSelfSup's detectors, to the last constant: MMDetection's configurations of v0.11.0. */
#include "models/detector.h"

static struct rl_detector_config common(const struct rl_resnet *resnet, int classes)
{
	struct rl_detector_config c = {
		.resnet = *resnet,
		.channels = 4 * resnet->width,
		.convs = 4,
		.fcs = 1,
		.fc = 16 * resnet->width,
		.norms = true,
		.head_norms = true,
		.extra_norm = true,
		.rpn = {.matcher = {0.3, 0.7, RL_LOW_QUALITY_BEST, 0.3},
			.sample = 256,
			.positive = 0.5,
			.nms = 0.7},
		.rcnn = {.classes = classes,
			 .matcher = {0.5, 0.5, RL_LOW_QUALITY_NONE, 0},
			 .sample = 512,
			 .positive = 0.25,
			 .std = {0.1, 0.1, 0.2, 0.2},
			 .score = 0.05,
			 .nms = 0.5,
			 .most = 100},
	};

	return c;
}

struct rl_detector_config rl_faster_rcnn_c4(const struct rl_resnet *resnet, int classes)
{
	struct rl_detector_config c = common(resnet, classes);

	c.rpn.levels = 1;
	c.rpn.anchors[0] = (struct rl_anchors){.stride = 16,
					       .sizes = 5,
					       .ratios = 3,
					       .size = {32, 64, 128, 256, 512},
					       .ratio = {0.5, 1, 2}};
	c.rpn.inside = true;
	c.before = 12000;
	c.after = 2000;
	c.before_test = 6000;
	c.after_test = 1000;
	return c;
}

struct rl_detector_config rl_mask_rcnn_fpn(const struct rl_resnet *resnet, int classes)
{
	struct rl_detector_config c = common(resnet, classes);

	c.fpn = true;
	c.rpn.levels = RL_LEVELS;
	for (int i = 0; i < RL_LEVELS; i++)
		c.rpn.anchors[i] = (struct rl_anchors){.stride = 4 << i,
						       .sizes = 1,
						       .ratios = 3,
						       .size = {32 << i},
						       .ratio = {0.5, 1, 2}};
	c.rcnn.matcher = (struct rl_matcher){0.5, 0.5, RL_LOW_QUALITY_BEST, 0.5};
	c.before = 2000;
	c.after = c.before_test = c.after_test = 1000;
	return c;
}
