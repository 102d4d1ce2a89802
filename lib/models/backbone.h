/*
 * The network that a benchmark starts from: a safetensors file of a ResNet, or an untrained one.
 * Every program that has one takes it by these options.
 */
#ifndef RL_MODELS_BACKBONE_H
#define RL_MODELS_BACKBONE_H

#include "base/opt.h"
#include "models/resnet.h"
#include "nn/weights.h"

struct rl_backbone {
	const char *weights, *like, *arch; /* NULL: not said */
	int64_t random_init;               /* -1: not said */
	int64_t width;                     /* 0: not said */

	struct rl_st_file *file; /* from opening to loading */
	struct rl_resnet resnet;
	json_t *pretraining; /* what the file says of how its weights came about; NULL: nothing */
};

#define RL_BACKBONE_OPTIONS(b)                                                                \
	RL_OPT_STR("weights", &(b)->weights, "FILE", "safetensors with torchvision's names"), \
		RL_OPT_INT("random-init", &(b)->random_init, 0, INT64_MAX, "SEED",            \
			   "an untrained network instead"),                                   \
		RL_OPT_STR("like", &(b)->like, "FILE",                                        \
			   "of --random-init: weights of the same shape"),                    \
		RL_OPT_STR("arch", &(b)->arch, "NAME",                                        \
			   "of --random-init: resnet18, resnet34, resnet50 (unless said), "   \
			   "resnet101"),                                                      \
		RL_OPT_INT("width", &(b)->width, 1, 1024, "N",                                \
			   "of --random-init: channels of the stem, 64 unless said")

/* Settles b->resnet, batch norm on running statistics; dies of a file that is no ResNet. */
void rl_backbone_open(struct rl_backbone *b);

/* The ResNet in a file that may hold more than it; dies where there is none. */
struct rl_resnet rl_backbone_recognise(struct rl_st_file *f, const char *path);

/* Of the values of a network that is planned: --random-init's, or `seed` for what no file decides.
 */
uint64_t rl_backbone_seed(const struct rl_backbone *b, int64_t seed);

/* Loads the file, if there is one, into a planned network's parameters, as rl_resnet() names them
 * without a prefix, but for those whose name starts with one of `except` (see rl_weights_load()).
 */
void rl_backbone_load(struct rl_backbone *b, struct rl_params *p, const char *const *except);

/* Says in a history entry what network it is, and where its weights are from. */
void rl_backbone_history(const struct rl_backbone *b, json_t *entry, bool bf16);

/* {"depth", "width", "precision"}: a history entry's "network". New reference. */
json_t *rl_network_facts(const struct rl_resnet *r, bool bf16);

#endif
