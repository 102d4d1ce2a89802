#include "image/colour.h"

#include "base/clones.h"

RL_CLONES void rl_grey(uint8_t *rgb, size_t n)
{
#pragma omp simd
	for (size_t i = 0; i < n; i++)
		rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = rl_luma(rgb + 3 * i);
}

/* A sixth of s, rounded, halves up. */
static uint8_t level_of_sixths(int s)
{
	int v = s < 0 ? 0 : (s + 3) / 6;

	return (uint8_t)(v > 255 ? 255 : v);
}

void rl_project(uint8_t *rgb, size_t n)
{
	for (; n; n--, rgb += 3) {
		int r = rgb[0], g = rgb[1], b = rgb[2];

		rgb[0] = level_of_sixths(5 * r + 2 * g - b);
		rgb[1] = level_of_sixths(2 * (r + g + b));
		rgb[2] = level_of_sixths(-r + 2 * g + 5 * b);
	}
}

void rl_inverted_cmyk_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t n)
{
	for (; n; n--, cmyk += 4, rgb += 3)
		for (int i = 0; i < 3; i++) {
			/* white - ink x white, with the product over 255 rounded exactly */
			unsigned white = cmyk[3], product = (255u - cmyk[i]) * white + 128;

			rgb[i] = (uint8_t)(white - (((product >> 8) + product) >> 8));
		}
}
