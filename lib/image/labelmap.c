#include "image/labelmap.h"

#include "image/mat.h"
#include "image/png.h"

#include <stdio.h>

bool rl_labelmap_load(struct rl_loader *l, const char *path, int height, int width,
		      uint16_t *values, char why[RL_WHY])
{
	size_t size;
	const uint8_t *bytes = rl_loader_bytes(l, path, &size, why);

	if (bytes && rl_is_png(bytes, size))
		return rl_png_values(bytes, size, height, width, values, why);
	if (bytes && rl_is_mat5(bytes, size))
		return rl_mat5_values(bytes, size, height, width, values, why);
	if (bytes)
		snprintf(why, RL_WHY, "neither PNG nor MATLAB 5");
	return false;
}
