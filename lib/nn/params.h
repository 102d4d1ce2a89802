/*
 * What a network learns and remembers: named tensors, shared by every tape built on them.
 *
 * All parameters lie in one float array, their gradients in a second of the same shape (one
 * optimiser loop, one all-reduce, one checkpoint); each starts at a multiple of 64 bytes, the gaps
 * stay zero. States (batch norm's running statistics) lie in a third: saved, never differentiated
 * or decayed. A model declares a tensor by name when it is built; declaring a name again shares the
 * tensor, which is how two towers, or a training and an evaluation tape, use the same weights.
 */
#ifndef RL_NN_PARAMS_H
#define RL_NN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rl_param_kind {
	RL_PARAM, /* learned */
	RL_STATE, /* running statistics */
	RL_COUNT, /* one integer: num_batches_tracked */
};

enum rl_init {
	RL_INIT_CONSTANT,       /* arg everywhere */
	RL_INIT_NORMAL,         /* N(0, arg) */
	RL_INIT_KAIMING_FANOUT, /* N(0, sqrt(2 / (out * kh * kw))): He et al. 2015 */
	RL_INIT_XAVIER_UNIFORM, /* +- sqrt(6 / ((in + out) * kh * kw)): Glorot & Bengio 2010 */
};

struct rl_param {
	char *name; /* torchvision's: layer1.0.conv1.weight */
	enum rl_param_kind kind;
	int ndim;
	int64_t dim[4];
	size_t count;  /* elements */
	size_t offset; /* floats from the start of its array */
	enum rl_init init;
	double init_arg;
	double lr_scale;     /* factor on the learning rate */
	double weight_decay; /* of this tensor */
	int64_t tracked;     /* the value of an RL_COUNT */
};

struct rl_params {
	struct rl_param *list; /* in declaration order */
	int n;
	float *value, *grad; /* learned, `total` floats each */
	float *state;
	size_t total, total_state;
	bool allocated;   /* nothing new can be declared any more */
	uint64_t version; /* changes whenever values may have: derived copies compare it */
};

struct rl_params *rl_params_new(void);
void rl_params_free(struct rl_params *p);

/* Index of the tensor of that name, declared now if new.  Another shape or kind than before dies.
 */
int rl_params_declare(struct rl_params *p, enum rl_param_kind kind, const char *name, int ndim,
		      const int64_t *dim, enum rl_init init, double init_arg);
int rl_params_find(const struct rl_params *p, const char *name); /* -1: none */

/* Allocate the arrays and draw the initial values: a function of (seed, name) alone.  Done once, by
 * the first rl_net_plan if the caller has not. */
void rl_params_allocate(struct rl_params *p, uint64_t seed);

float *rl_params_data(const struct rl_params *p, int i); /* value or state */
float *rl_params_grad(const struct rl_params *p, int i);

/* Another initial value than the op's for the declared tensors whose name starts with prefix and
 * ends in suffix: before they are allocated. */
void rl_params_init(struct rl_params *p, const char *prefix, const char *suffix, enum rl_init init,
		    double init_arg);

/* Learning-rate factor and weight decay of every tensor whose name starts with prefix ("" is all).
 */
void rl_params_group(struct rl_params *p, const char *prefix, double lr_scale, double weight_decay);

#endif
