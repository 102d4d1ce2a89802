/* Which network made a feature stream, from its history. */
#ifndef RL_EVAL_NETWORK_H
#define RL_EVAL_NETWORK_H

#include <jansson.h>

/* Dies when rl-extract noted other networks, seeds or weights in the two: their features have
 * nothing to do with each other.  Features from elsewhere pass. */
void rl_need_one_network(const json_t *train_history, const char *train_path,
			 const json_t *test_history, const char *test_path);

#endif
