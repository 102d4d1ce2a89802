#include "image/image.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

struct rl_image rl_image_new(int height, int width)
{
	return (struct rl_image){height, width, rl_aligned((size_t)height * (size_t)width * 3)};
}

void rl_image_free(struct rl_image *im)
{
	free(im->data);
	*im = (struct rl_image){0};
}

bool rl_image_fits(int64_t height, int64_t width, int64_t max_pixels, char why[RL_WHY])
{
	if (height > RL_MAX_SIDE || width > RL_MAX_SIDE) {
		snprintf(why, RL_WHY, "%lld x %lld pixels, the limit is %d a side",
			 (long long)width, (long long)height, RL_MAX_SIDE);
		return false;
	}
	if (height > 0 && width > 0 && width <= max_pixels / height)
		return true;
	snprintf(why, RL_WHY, "%lld x %lld pixels, the limit is %lld in all", (long long)width,
		 (long long)height, (long long)max_pixels);
	return false;
}
