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
	int loss;            /* over 8N pairs */
	rl_val pooled, neck; /* features of the neighbours [8N,C]; the neck of each pair
				[8N,hidden], before dropout: where collapse shows */
};

/* The same of any pairs of any patches, as the paper has them: all neighbours of a grid in both
 * orders.  The label is the place of the second relative to the first. */
struct rl_pairs_net {
	rl_val patches;       /* a feed [patches,3,P,P] */
	rl_val first, second; /* of each pair, for rl_select_rows() */
	rl_val logits;        /* [pairs,8] */
	int loss;
	rl_val pooled, neck; /* [patches,C], [pairs,hidden] */
};
struct rl_pairs_net rl_relloc_pairs(struct rl_net *n, const struct rl_relloc *c, int64_t patches,
				    int64_t pairs);

struct rl_relloc_net rl_relloc(struct rl_net *n, const struct rl_relloc *c, int64_t images);

/* The paper's order: pair i of an image is the patch at grid index cell(i), its label is i. */
int rl_relloc_cell(int label);

/* Patches [N,P,P,3]: of 8 bits, or floats that are normalised. */
struct rl_patch_pixels {
	const uint8_t *levels; /* NULL: */
	const float *normalised;
};

/* Fill both feeds from patches [N,9,P,P,3], and the 8N labels. */
void rl_relloc_feed(struct rl_net *n, const struct rl_relloc_net *m, const struct rl_relloc *c,
		    int64_t images, struct rl_patch_pixels patches, int64_t *index);
/* All patches in their order, and the pairs' rows. */
void rl_relloc_feed_pairs(struct rl_net *n, const struct rl_pairs_net *m,
			  struct rl_patch_pixels patches, const int32_t *first,
			  const int32_t *second, int64_t *index);
void rl_relloc_labels(int64_t images, int32_t *labels);

#endif
