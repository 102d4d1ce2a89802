#include "nn/schedule.h"

#include <math.h>

double rl_schedule_lr(const struct rl_schedule *s, int64_t step)
{
	double lr = s->base;

	if (s->power > 0)
		return (s->base - s->least) * pow(1 - (double)step / (double)s->end, s->power) +
		       s->least;
	for (int i = 0; i < s->nmilestone; i++)
		if (step >= s->milestone[i])
			lr *= s->gamma;
	if (step < s->warmup)
		lr *= 1 - (1 - (double)step / (double)s->warmup) * (1 - s->warmup_ratio);
	return lr;
}
