/*
 * The two passes of a resize where outputs have more than four taps: photos that become much
 * smaller.  The same bits as rl_plain_across() and rl_plain_down(), with AVX2 and several times as
 * fast.  Private to lib/image.
 */
#ifndef RL_IMAGE_WIDE_H
#define RL_IMAGE_WIDE_H

#include "image/axis.h"

#include <stdbool.h>
#include <stddef.h>

struct rl_wide;

/* For the horizontal or only the vertical pass; the axis must outlive it.  NULL when the processor
 * has no AVX2 or there are thousands of taps. */
struct rl_wide *rl_wide_new(const struct rl_axis *a, bool horizontal);
void rl_wide_free(struct rl_wide *w);

/* As rl_narrow_across() and rl_narrow_down(). */
void rl_wide_across(const struct rl_wide *w, const uint8_t *in, size_t pitch, int rows,
		    uint8_t *out, size_t out_pitch);
void rl_wide_down(const struct rl_wide *w, int i, const uint8_t *const *row, size_t size,
		  uint8_t *out);

#endif
