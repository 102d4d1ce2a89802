#include "eval/square.h"

#include <math.h>

static const double corner[4][2] = {{-.5, -.5}, {.5, -.5}, {-.5, .5}, {.5, .5}};

struct rl_square rl_square_fit(const float place[4][4])
{
	double p[4][2], mean = 0;
	struct rl_square s = {0};

	for (int i = 0; i < 4; i++) {
		const float *at = place[i];

		p[i][0] = ((double)at[0] + (double)at[2]) / 2;
		p[i][1] = ((double)at[1] + (double)at[3]) / 2;
		mean += ((double)at[2] - (double)at[0] + (double)at[3] - (double)at[1]) / 8;
		s.x += p[i][0] / 4;
		s.y += p[i][1] / 4;
	}
	for (int i = 0; i < 4; i++)
		s.side += ((p[i][0] - s.x) * corner[i][0] + (p[i][1] - s.y) * corner[i][1]) / 2;
	s.side = fmin(fmax(s.side, mean * 2 / 3), mean * 4 / 3);
	for (int i = 0; i < 4; i++) {
		double dx = p[i][0] - s.x - s.side * corner[i][0];
		double dy = p[i][1] - s.y - s.side * corner[i][1];

		s.error += (dx * dx + dy * dy) / (s.side * s.side);
	}
	return s;
}

void rl_square_box(const struct rl_square *s, double box[4])
{
	box[0] = s->x - s->side;
	box[1] = s->y - s->side;
	box[2] = s->x + s->side;
	box[3] = s->y + s->side;
}
