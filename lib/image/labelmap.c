#include "image/labelmap.h"

#include "image/mat.h"
#include "image/png.h"

#include <stdio.h>

bool rl_labelmap_values(const uint8_t *data, size_t size, int height, int width, uint16_t *values,
			char why[RL_WHY])
{
	if (rl_is_png(data, size))
		return rl_png_values(data, size, height, width, values, why);
	if (rl_is_mat5(data, size))
		return rl_mat5_values(data, size, height, width, values, why);
	snprintf(why, RL_WHY, "neither PNG nor MATLAB 5");
	return false;
}
