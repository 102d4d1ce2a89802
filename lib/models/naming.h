/*
 * Finds the ResNet in a file of weights by the names that others give its tensors.
 *
 * What is inside a network is called alike everywhere (conv1.weight, layer1.0.bn1.bias: the names
 * of torchvision, timm, MMSelfSup, VISSL, MoCo, DINO ...); what differs is what stands before:
 * state_dict.module.encoder_q. and so on.  So each prefix of a tensor PREFIXconv1.weight is a
 * candidate; containers (state_dict, model, classy_state_dict ...) and the `module.` of parallel
 * training are taken off it, and the rest is looked up in a table of conventions, whose order says
 * which is meant where a file has several networks: MoCo's encoder_q before its encoder_k, DINO's
 * teacher before its student.
 *
 * Every tensor of the file is accounted for: it is the network's, or left out because it is known
 * not to be (a second table: classifiers, necks, projectors, queues, optimisers, and the copies of
 * the network), or it is a stranger.
 */
#ifndef RL_MODELS_NAMING_H
#define RL_MODELS_NAMING_H

#include "models/resnet.h"
#include "nn/tensorfile.h"

enum rl_part { RL_STRANGER, RL_NETWORK, RL_LEFT_OUT };

struct rl_naming {
	const char *convention; /* "MoCo" */
	char *prefix;           /* "state_dict.module.encoder_q." */
	struct rl_resnet net;
	struct rl_params *params; /* the network's tensors, declared but not allocated */
	int *from;                /* for each of them: its index in the file, -1: not there */
	enum rl_part *part;       /* of each tensor of the file */
	int missing, strangers;   /* how many; absent num_batches_tracked are not missing: */
	int uncounted;
	char *left_out; /* "fc.* (2), optimizer.* (161)", "" when nothing is */
};

/* `prefix`, if not NULL, says which network to take.  Dies when there is no ResNet-18, 34, 50 or
 * 101, when there are several and no convention says which is meant, and when a tensor has another
 * shape than the network's. */
struct rl_naming *rl_naming_find(const struct rl_tensorfile *f, const char *prefix);
void rl_naming_free(struct rl_naming *m);

/* The first few names of strangers (missing: of the network's tensors that are not there). */
char *rl_naming_list(const struct rl_naming *m, const struct rl_tensorfile *f, bool missing);

#endif
