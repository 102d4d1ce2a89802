/*
 * Two-stage detectors, whole: Faster R-CNN on the fourth stage of a ResNet (C4), and Mask R-CNN on
 * a feature pyramid (FPN), as MMDetection builds them for MMSelfSup's benchmarks (v0.11.0,
 * configs/benchmarks/mmdetection).  A detector is two tapes: the trunk with the region proposal
 * network, and the heads on regions.  Between them proposals are made and sampled, in plain C.
 */
#ifndef RL_MODELS_DETECTOR_H
#define RL_MODELS_DETECTOR_H

#include "models/rcnn.h"
#include "models/resnet.h"

#include <stdio.h>

struct rl_detector_config {
	bool fpn;                /* Mask R-CNN on a pyramid; else Faster R-CNN C4 */
	struct rl_resnet resnet; /* `running`: batch norm on running statistics in training, too */
	int channels;            /* of the pyramid and the heads on it: 256 */
	int convs;               /* of the box head on a pyramid: 4 */
	int fcs, fc;             /* its linear layers, and their width: 1 of 1024 */
	bool norms;              /* batch norm in pyramid and heads; else biases */
	bool head_norms;
	struct rl_rpn rpn;
	struct rl_rcnn rcnn;
	size_t before, after; /* proposals of a level before, of an image after suppression */
	size_t before_test, after_test; /* the same in prediction */
	bool extra_norm; /* of C4: one more batch norm behind the last stage (ResLayerExtraNorm) */
};

/* MMSelfSup's, for `classes`; the heads get as wide as the backbone is of 64 channels. */
struct rl_detector_config rl_faster_rcnn_c4(const struct rl_resnet *resnet, int classes);
struct rl_detector_config rl_mask_rcnn_fpn(const struct rl_resnet *resnet, int classes);

struct rl_detector;

/* Declares and, if nobody has, allocates the parameters: the backbone's under torchvision's names,
 * all others under neck., rpn_head. and roi_head., as MMDetection names them. */
struct rl_detector *rl_detector_new(struct rl_params *params, const struct rl_detector_config *c,
				    const struct rl_net_config *net);
void rl_detector_free(struct rl_detector *d);
extern const char
	*const rl_detector_heads[]; /* prefixes of what is no backbone's, NULL at the end */

/* Images of different sizes as one batch, each in the upper left corner of [3,height,width], 0
 * beyond it.  height and width are multiples of 32. */
struct rl_detector_batch {
	const float *pixels; /* [images,3,height,width], normalised */
	int64_t images, height, width;
	const struct rl_rcnn_objects *image; /* [images] */
	const uint8_t *const *const *mask; /* of image and object [its height,its width]; or NULL */
	struct rl_rng *rng;                /* [images]: of sampling */
	bool untracked;                    /* batch statistics do not move the running ones: see
					      rl_net_track_statistics() */
	bool absent; /* nothing of it counts in sums over ranks: see rl_net_set_weight() */
	void (*final)(void *ctx, size_t from); /* for rl_net_watch(), or NULL */
	void *final_ctx;
};

struct rl_detector_loss {
	double objectness, proposal, class, box, mask;
	int64_t regions, correct; /* of all sampled regions, those whose class is right */
};

/* Forward and backward; gradients into params->grad. */
struct rl_detector_loss rl_detector_learn(struct rl_detector *d, const struct rl_detector_batch *b);

/* Proposals of one image into box and score (logits), which have room for c->after_test; how many.
 */
size_t rl_detector_propose(struct rl_detector *d, const float *pixels, int64_t height,
			   int64_t width, double image_height, double image_width,
			   struct rl_box *box, float *score);

/* Detections of one image into out[c->rcnn.most]; returns how many.  Of a detector with masks the
 * probabilities [RL_MASK,RL_MASK] of each go to mask (else NULL). */
size_t rl_detector_detect(struct rl_detector *d, const float *pixels, int64_t height, int64_t width,
			  double image_height, double image_width, struct rl_rcnn_detection *out,
			  float *mask);

/* The plans of the tapes of the last pass. */
void rl_detector_print(const struct rl_detector *d, FILE *out);

#endif
