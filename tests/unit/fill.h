/*
 * Numbers from a name, so that golden data need not store their inputs: element i of the tensor
 * called `name` is lo + u (hi - lo), u = the top 24 bits of splitmix64's finaliser over
 * fnv1a64(name) + (i + 1) 0x9E3779B97F4A7C15.
 */
#ifndef RL_TESTS_FILL_H
#define RL_TESTS_FILL_H

#include "nn/params.h"

void fill(float *x, size_t n, const char *name, double lo, double hi);

/* The tensor called OP.TENSOR, in double as the twins take it; and one of zeros.  free() them. */
double *filled(int64_t n, const char *op, const char *tensor, double lo, double hi);
double *zeros(int64_t n);

/* The parameters of the golden networks, by `tag` and their names: convolutions uniform within
 * sqrt(6 / fan-in), linear layers within sqrt(gain / fan-in), batch norm's weights around 1 (around
 * 0.25 at the end of a block), biases small; with `states` the running statistics, too. */
void fill_params(struct rl_params *p, const char *tag, double gain, bool states);
/* One of them, as if it had this name (NULL: its own). */
void fill_param(struct rl_params *p, int i, const char *tag, const char *name, double gain);

#endif
