/*
 * Optimisers over the contiguous parameter arrays: one loop, one pass over memory.
 */
#ifndef RL_NN_OPTIM_H
#define RL_NN_OPTIM_H

#include "nn/params.h"

enum rl_optim_kind {
	/* PyTorch's SGD without dampening: g += wd p; m = momentum m + g; p -= lr m, or with
	 * Nesterov's momentum p -= lr (g + momentum m) */
	RL_SGD,
	RL_NESTEROV,
	RL_ADAMW, /* Loshchilov & Hutter 2019: decoupled decay, bias-corrected moments */
};

struct rl_optim {
	enum rl_optim_kind kind;
	double momentum;          /* SGD: 0.9 */
	double beta1, beta2, eps; /* AdamW: 0.9, 0.999, 1e-8 */
	float *m, *v;             /* one float a parameter; v is AdamW's alone */
	int64_t t;                /* steps taken */
};

struct rl_optim *rl_optim_new(enum rl_optim_kind kind, double momentum, const struct rl_params *p);
void rl_optim_free(struct rl_optim *o);

/* One step from p->grad at learning rate lr times each tensor's lr_scale, with its weight_decay. */
void rl_optim_step(struct rl_optim *o, struct rl_params *p, double lr);

#endif
