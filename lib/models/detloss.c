#include "models/detloss.h"

#include <math.h>
#include <string.h>

double rl_sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

double rl_sigmoid_bce(float logit, double target, double norm, float *gradient)
{
	double x = logit;

	*gradient = (float)((rl_sigmoid(x) - target) / norm);
	return (fmax(x, 0) - x * target + log1p(exp(-fabs(x)))) / norm;
}

double rl_l1(float x, float target, double norm, float *gradient)
{
	double d = (double)x - target;

	*gradient = (float)((d > 0) - (d < 0)) / (float)norm;
	return fabs(d) / norm;
}

double rl_softmax_row(const float *logit, int64_t k, int32_t target, double norm, float *gradient)
{
	double top = logit[0], sum = 0;

	if (target < 0) {
		memset(gradient, 0, (size_t)k * sizeof(*gradient));
		return 0;
	}
	for (int64_t c = 1; c < k; c++)
		top = fmax(top, logit[c]);
	for (int64_t c = 0; c < k; c++)
		sum += exp(logit[c] - top);
	for (int64_t c = 0; c < k; c++)
		gradient[c] = (float)((exp(logit[c] - top) / sum - (c == target)) / norm);
	return (log(sum) + top - logit[target]) / norm;
}
