/*
 * Relative location (Doersch, Gupta, Efros, ICCV 2015) as MMSelfSup trains it: backbone, neck, head
 * and loss over the eight (neighbour, centre) pairs of each image.
 *
 * The reference sends 16 patches an image through the backbone: eight neighbours, then the centre
 * eight times, each pass with batch statistics of its own.  Eight copies have the statistics of
 * one, and the gradients of copies add, so the centre runs once and its features are repeated: the
 * same loss and gradients for 9/16 of the work.  Only the running variance can tell, through its
 * n/(n-1); `copies` of rl_bnorm accounts for it.  `literal` builds the reference form for
 * comparison.
 */
#ifndef RL_MODELS_RELLOC_H
#define RL_MODELS_RELLOC_H

#include "models/resnet.h"

enum { RL_NEIGHBOURS = 8, RL_PATCHES = 9, RL_CENTRE = 4 };

struct rl_relloc {
	struct rl_resnet backbone;
	int patch;                 /* side of a patch in pixels: 64 */
	int hidden;                /* width of the neck: 4096 */
	double dropout;            /* 0.5 */
	double neck_norm_momentum; /* 0.003 */
	double neck_std, head_std; /* 0.01 and 0.005 */
	bool literal;
	bool running; /* evaluation mode of every batch norm */
};

struct rl_relloc_net {
	rl_val neighbours,
		centres; /* feeds [8N,3,P,P], image-major, and [N,3,P,P] ([8N..] if literal) */
	rl_val logits;
	int loss; /* over 8N pairs */
};

struct rl_relloc_net rl_relloc(struct rl_net *n, const struct rl_relloc *c, int64_t images);

/* The paper's order: pair i of an image is the patch at grid index cell(i), its label is i. */
int rl_relloc_cell(int label);

/* Fill both feeds from patches u1 [N,9,P,P,3], and the 8N labels. */
void rl_relloc_feed(struct rl_net *n, const struct rl_relloc_net *m, const struct rl_relloc *c,
		    int64_t images, const uint8_t *patches, int64_t *index);
void rl_relloc_labels(int64_t images, int32_t *labels);

#endif
