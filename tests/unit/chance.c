#include "chance.h"

#include <math.h>

double excess(const int *count, int n)
{
	double total = 0, chi = 0;

	for (int i = 0; i < n; i++)
		total += count[i];
	for (int i = 0; i < n; i++)
		chi += pow(count[i] - total / n, 2) / (total / n);
	return (chi - (n - 1)) / sqrt(2.0 * (n - 1));
}

double deviation(int hits, int n, double probability)
{
	return fabs(hits - n * probability) / sqrt(n * probability * (1 - probability));
}
