#include "nn/tap.h"

#include <math.h>

static struct rl_tap tap_at(enum rl_interpolation how, int64_t o, int64_t in, int64_t out)
{
	double at;

	if (how == RL_NEAREST) {
		int32_t i = (int32_t)(o * in / out);

		return (struct rl_tap){i, i, 0};
	}
	if (how == RL_BILINEAR_CORNERS)
		at = out > 1 ? (double)o * (double)(in - 1) / (double)(out - 1) : 0;
	else
		at = fmax(((double)o + 0.5) * (double)in / (double)out - 0.5, 0);
	int32_t i = (int32_t)at;

	if (i >= in - 1)
		return (struct rl_tap){(int32_t)in - 1, (int32_t)in - 1, 0};
	return (struct rl_tap){i, i + 1, (float)(at - i)};
}

void rl_taps(enum rl_interpolation how, int64_t in, int64_t out, struct rl_tap *tap)
{
	for (int64_t o = 0; o < out; o++)
		tap[o] = tap_at(how, o, in, out);
}
