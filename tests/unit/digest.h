/*
 * Golden tensors condensed: a file under tests/golden holds the digests of several tensors in a
 * row, each its sum, Euclidean norm, and 32 samples at flat index j * count / 32.
 */
#ifndef RL_TESTS_DIGEST_H
#define RL_TESTS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct digest {
	double *number;
	size_t at, count;
};

struct digest digest_open(const char *path);
/* How far x, n elements, is from the file's next tensor: the worst of the samples against the
 * largest (or the root mean square), and of sum and norm in the same measure.  A tensor of less
 * than `floor` is measured by it. */
double digest_error(struct digest *d, const double *x, size_t n, double floor);
double digest_error_f(struct digest *d, const float *x, size_t n, double floor);
void digest_skip(struct digest *d);
bool digest_close(struct digest *d); /* true if all of it was compared */

#endif
