#include "image/colour.h"

#include <string.h>

void rl_grey(uint8_t *rgb, size_t n)
{
	for (; n; n--, rgb += 3)
		memset(rgb, rl_luma(rgb), 3);
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
