/*
 * The two passes of a resize for any axis on any machine.  Private to lib/image.
 */
#ifndef RL_IMAGE_PLAIN_H
#define RL_IMAGE_PLAIN_H

#include "image/axis.h"

#include <stddef.h>

struct rl_plain;

struct rl_plain *rl_plain_new(const struct rl_axis *a); /* a must outlive it */
void rl_plain_free(struct rl_plain *p);

/* The horizontal pass over one row of RGB. */
void rl_plain_across(struct rl_plain *p, const uint8_t *in, uint8_t *out);

/* Row i of the vertical pass: row[k] is input row first[i] + k, for k < taps; n bytes each. */
void rl_plain_down(const struct rl_axis *a, int i, const uint8_t *const *row, size_t n,
		   uint8_t *out);

#endif
