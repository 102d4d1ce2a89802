/*
 * The losses of detectors, each with the gradient of its input.  A sum over what counts is divided
 * by `norm`, the caller's choice of average.  Values are summed in double in a fixed order.
 */
#ifndef RL_MODELS_DETLOSS_H
#define RL_MODELS_DETLOSS_H

#include <stddef.h>
#include <stdint.h>

/* Binary cross-entropy of a logit against a target of 0 or 1: the loss; *gradient is overwritten.
 */
double rl_sigmoid_bce(float logit, double target, double norm, float *gradient);

/* |x - target|, and its sign. */
double rl_l1(float x, float target, double norm, float *gradient);

/* Softmax cross-entropy of one row of k logits; a target below 0 is ignored: no loss, no gradient.
 */
double rl_softmax_row(const float *logit, int64_t k, int32_t target, double norm, float *gradient);

double rl_sigmoid(double x);

#endif
