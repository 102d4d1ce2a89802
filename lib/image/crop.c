#include "image/crop.h"

#include <assert.h>
#include <string.h>

void rl_crop(const struct rl_image *im, int top, int left, int height, int width, uint8_t *out)
{
	assert(top >= 0 && left >= 0 && height <= im->height - top && width <= im->width - left);
	size_t pitch = (size_t)im->width * 3, row = (size_t)width * 3;
	const uint8_t *from = im->data + (size_t)top * pitch + (size_t)left * 3;

	for (int y = 0; y < height; y++)
		memcpy(out + (size_t)y * row, from + (size_t)y * pitch, row);
}
