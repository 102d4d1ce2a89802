/*
 * One field of many samples as a single .npy array, samples outermost.
 *
 * An .npy file says its length first and has no end mark, so nothing may be written before the
 * input is verified to its tail: payloads wait in an unlinked file in $TMPDIR (or /tmp).
 */
#ifndef RL_STREAM_STACK_H
#define RL_STREAM_STACK_H

#include "stream/tensor.h"

struct rl_stack;

/* The array will go to fd; refuses a terminal. */
struct rl_stack *rl_stack_new(int fd, const char *name);

/* All tensors must have one dtype and shape; dies naming `key` otherwise. */
void rl_stack_add(struct rl_stack *k, const struct rl_tensor *t, const char *key);

/* Write the array and free the stack; dies when nothing was added. */
void rl_stack_finish(struct rl_stack *k);

#endif
