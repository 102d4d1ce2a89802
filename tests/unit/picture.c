#include "picture.h"

#include <stdlib.h>

void draw(uint8_t *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(((uint32_t)i * 2654435761u + 12345u) >> 24);
}

struct rl_image drawn(int height, int width)
{
	struct rl_image im = rl_image_new(height, width);

	draw(im.data, (size_t)height * (size_t)width * 3);
	return im;
}

int worst(const uint8_t *got, const double *want, size_t n)
{
	int w = 0;

	for (size_t i = 0; i < n; i++) {
		int d = abs(got[i] - (int)want[i]);

		w = d > w ? d : w;
	}
	return w;
}
