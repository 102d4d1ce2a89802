/*
 * ResNet-18/34/50/101 (He, Zhang, Ren, Sun, CVPR 2016) with torchvision's names and its variant of
 * the bottleneck: the stride sits on the 3x3 convolution.
 */
#ifndef RL_MODELS_RESNET_H
#define RL_MODELS_RESNET_H

#include "nn/net.h"

struct rl_resnet {
	int depth;          /* 18, 34, 50, 101 */
	int width;          /* channels of the stem: 64 in the paper */
	int output_stride;  /* 32; 16 or 8 dilate the last stage or two instead of striding */
	bool stride_in_1x1; /* the original paper's bottleneck */
	bool running;       /* batch norm on running statistics */
	int copies;         /* see rl_bnorm; 1 */
};

enum { RL_STEM, RL_STAGE1, RL_STAGE2, RL_STAGE3, RL_STAGE4, RL_NFEATURES };

/* x [N,3,H,W].  feature[RL_STEM] is after ReLU and before max pooling, feature[RL_STAGE1..4] are
 * the outputs of the stages: N,C,H/2.. H/32 at output stride 32.  `prefix` goes before every name.
 */
void rl_resnet(struct rl_net *n, const struct rl_resnet *r, const char *prefix, rl_val x,
	       rl_val feature[RL_NFEATURES]);

/* Stage 1 to 4 alone, of what the stage before (or the stem, after its pooling) has made. */
rl_val rl_resnet_stage(struct rl_net *n, const struct rl_resnet *r, const char *prefix, int stage,
		       rl_val x);
/* The stem and its max pooling. */
rl_val rl_resnet_stem(struct rl_net *n, const struct rl_resnet *r, const char *prefix, rl_val x,
		      rl_val *before_pooling);

/* 18 of "resnet18" and so on; exit 2 for another name. */
int rl_resnet_depth(const char *arch);

int rl_resnet_channels(const struct rl_resnet *r, int feature);

/* Depth and width as tensor names and shapes tell: `shape_of(ctx, name, dim)` returns the number of
 * dimensions or -1.  Dies, naming the file, when it is no ResNet of these depths. */
struct rl_resnet rl_resnet_recognise(int (*shape_of)(void *ctx, const char *name, int64_t dim[4]),
				     void *ctx, const char *file);

#endif
