#include "image/summary.h"

#include <math.h>

void rl_pixels(const struct rl_image *im, struct rl_resizer *r, float out[RL_PIXELS])
{
	uint8_t small[RL_PIXELS];

	rl_resizer_begin(r, im->height, im->width, RL_PIXELS_SIDE, RL_PIXELS_SIDE, small);
	rl_resizer_rows(r, im->data, im->height);
	for (int i = 0; i < RL_PIXELS; i++)
		out[i] = (float)small[i] / 255;
}

static unsigned bin(uint8_t level)
{
	return level / (256 / RL_COLOUR_BINS);
}

void rl_colours(const struct rl_image *im, float out[RL_COLOURS])
{
	size_t n = (size_t)im->height * (size_t)im->width;
	uint32_t count[RL_COLOURS] = {0};

	for (const uint8_t *p = im->data, *end = p + 3 * n; p < end; p += 3)
		count[(bin(p[0]) * RL_COLOUR_BINS + bin(p[1])) * RL_COLOUR_BINS + bin(p[2])]++;
	for (int i = 0; i < RL_COLOURS; i++)
		out[i] = (float)sqrt(count[i] / (double)n);
}
