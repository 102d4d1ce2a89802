#include "digest.h"

#include "tap.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 32, NUMBERS = 2 + SAMPLES };

struct digest digest_open(const char *path)
{
	struct digest d = {0};

	d.number = golden(path, &d.count);
	return d;
}

double digest_error(struct digest *d, const double *x, size_t n, double floor)
{
	const double *g = d->number + d->at, *sample = g + 2;
	double sum = 0, squares = 0, worst = 0, count = (double)n, typical, largest;

	if (d->at + NUMBERS > d->count)
		rl_die("digest: no tensor left");
	d->at += NUMBERS;
	typical = fmax(g[1] / sqrt(count), floor);
	largest = typical;
	for (int j = 0; j < SAMPLES; j++)
		largest = fmax(largest, fabs(sample[j]));
	for (int j = 0; j < SAMPLES; j++)
		worst = fmax(worst, fabs(x[(size_t)j * n / SAMPLES] - sample[j]) / largest);
	for (size_t i = 0; i < n; i++) {
		sum += x[i];
		squares += x[i] * x[i];
	}
	if (!isfinite(squares))
		return INFINITY;
	worst = fmax(worst, fabs(sum - g[0]) / (count * typical));
	return fmax(worst, fabs(sqrt(squares) - g[1]) / (sqrt(count) * typical));
}

double digest_error_f(struct digest *d, const float *x, size_t n, double floor)
{
	double *wide = rl_malloc(n * sizeof(*wide));

	for (size_t i = 0; i < n; i++)
		wide[i] = x[i];
	double e = digest_error(d, wide, n, floor);
	free(wide);
	return e;
}

void digest_skip(struct digest *d)
{
	d->at += NUMBERS;
}

bool digest_close(struct digest *d)
{
	free(d->number);
	d->number = NULL;
	return d->at == d->count;
}
