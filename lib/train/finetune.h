/*
 * Fine-tuning as a task of the training loop, and its evaluation: a whole ResNet with a linear
 * layer on its average pool, named as torchvision names them (conv1.weight ... fc.bias).
 */
#ifndef RL_TRAIN_FINETUNE_H
#define RL_TRAIN_FINETUNE_H

#include "models/resnet.h"
#include "train/images.h"
#include "train/loop.h"

struct rl_finetune;

/* `resnet` with fc ~ N(0, 0.01); `net` says with which ranks, precision and seed. */
struct rl_finetune *rl_finetune_new(struct rl_params *params, const struct rl_resnet *resnet,
				    const struct rl_images *images, int64_t batch,
				    const struct rl_net_config *net);

struct rl_task rl_finetune_task(struct rl_finetune *f);
struct rl_classifier rl_finetune_classifier(struct rl_finetune *f, int64_t threads);

#endif
