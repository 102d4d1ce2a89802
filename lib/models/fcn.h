/*
 * Fully convolutional networks (Long, Shelhamer, Darrell, CVPR 2015) on a dilated ResNet, as
 * MMSegmentation builds them for MMSelfSup's benchmarks (fcn_r50-d8: mmseg/models/decode_heads/
 * fcn_head.py): a head on the last stage, and in training an auxiliary one on the third.
 */
#ifndef RL_MODELS_FCN_H
#define RL_MODELS_FCN_H

#include "models/resnet.h"

/* Convolutions of 3x3 with batch norm and ReLU, dropout of channels, and 1x1 to the classes. */
struct rl_fcn_head {
	int stage;      /* of the ResNet, which it is on: 4, the auxiliary 3 */
	int channels;   /* 512, 256 */
	int convs;      /* 2, 1 */
	int dilation;   /* of them: 1 */
	bool concat;    /* one more, of the stage and what they made of it: yes, no */
	double dropout; /* 0.1 */
	double weight;  /* of its loss: 1, 0.4 */
};

struct rl_fcn {
	struct rl_resnet resnet;
	int classes;
	enum rl_interpolation how;          /* of logits to the size of the image */
	struct rl_fcn_head head, auxiliary; /* the latter of 0 channels: none */
};

/* MMSelfSup's: output stride 8; the heads get as wide as the backbone is of 64 channels. */
struct rl_fcn rl_fcn_r50_d8(const struct rl_resnet *resnet, int classes, bool align_corners);

struct rl_fcn_net {
	rl_val logits;            /* of the head: [N,classes,h,w] */
	int loss, auxiliary_loss; /* of height x width pixels; -1: none */
};

/* On images x [N,3,height,width]: the backbone under torchvision's names, the heads under
 * decode_head. and auxiliary_head., as MMSegmentation names them.  What only training needs is
 * there if wanted. */
struct rl_fcn_net rl_fcn(struct rl_net *n, const struct rl_fcn *c, rl_val x, bool train);
/* Declares all its parameters, those that only training needs among them. */
void rl_fcn_declare(struct rl_params *p, const struct rl_fcn *c);
extern const char *const rl_fcn_heads[]; /* prefixes of what is no backbone's, NULL at the end */

#endif
