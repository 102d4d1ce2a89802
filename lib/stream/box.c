#include "stream/box.h"

#include "base/err.h"

#include <math.h>

void rl_box_parse(const json_t *list, double out[4], const char *what, const char *where)
{
	for (size_t i = 0; i < 4; i++) {
		const json_t *x = json_array_get(list, i);

		if (json_array_size(list) != 4 || !json_is_number(x))
			rl_die("%s: %s is not four numbers", where, what);
		out[i] = json_number_value(x);
		if (!(fabs(out[i]) <= RL_BOX_FAR))
			rl_die("%s: %s has %g in it", where, what, out[i]);
	}
}

void rl_box_check_corners(const double corner[4], const char *where)
{
	if (corner[2] < corner[0] || corner[3] < corner[1])
		rl_die("%s: the box is inside out", where);
}

void rl_grid_parse(const json_t *list, int64_t out[2], const char *where)
{
	for (size_t i = 0; i < 2; i++) {
		const json_t *n = json_array_get(list, i);

		out[i] = json_integer_value(n); /* 0 of what is none */
		if (json_array_size(list) != 2 || out[i] < 1 || out[i] > INT32_MAX)
			rl_die("%s: \"grid\" is not two whole numbers from 1", where);
	}
}
