/*
 * The two passes of a resize where no output has more than four taps, which is any enlarging and
 * shrinking by less than about two: photos on their way to a network.  The same bits as
 * rl_plain_across() and rl_plain_down(), with AVX2 and several times as fast.  Private to
 * lib/image.
 */
#ifndef RL_IMAGE_NARROW_H
#define RL_IMAGE_NARROW_H

#include "image/axis.h"

#include <stdbool.h>
#include <stddef.h>

struct rl_narrow;

/* For the horizontal or only the vertical pass; the axis must outlive it.  NULL when the processor
 * has no AVX2, there are too many taps, or fewer than six inputs. */
struct rl_narrow *rl_narrow_new(const struct rl_axis *a, bool horizontal);
void rl_narrow_free(struct rl_narrow *n);

/* The horizontal pass over rows of RGB that are pitch bytes apart, with RL_PASS_SLACK behind those
 * of the output. */
void rl_narrow_across(const struct rl_narrow *n, const uint8_t *in, size_t pitch, int rows,
		      uint8_t *out, size_t out_pitch);

/* Row i of the vertical pass: row[k] is input row first[i] + k, for k < taps; size bytes each, at
 * least RL_PASS_STEP. */
void rl_narrow_down(const struct rl_narrow *n, int i, const uint8_t *const *row, size_t size,
		    uint8_t *out);

#endif
