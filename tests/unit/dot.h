/* A loss for tests: the scalar product of a value with a feed of its shape, so that the feed is the
 * gradient that the ops before it receive. */
#ifndef RL_TESTS_DOT_H
#define RL_TESTS_DOT_H

#include "nn/net.h"

int dot_loss(struct rl_net *n, rl_val v, rl_val gradient);

#endif
