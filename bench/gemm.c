/*
 * gemm [N [THREADS]]: what the machine can do at most, as OpenBLAS sees it: a product of two N x N
 * matrices of floats on all threads, the best of five.  Prints one JSON object with the kernel that
 * OpenBLAS chose.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/progress.h"

#include <cblas.h>
#include <omp.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int n = (int)(argc > 1 ? rl_parse_int(argv[1], 1, 32768, "N") : 2048);
	size_t count = (size_t)n * (size_t)n;
	float *x = rl_aligned(3 * count * sizeof(*x));
	double seconds = 0;

	if (argc > 2)
		omp_set_num_threads((int)rl_parse_int(argv[2], 1, 1024, "THREADS"));
	for (size_t i = 0; i < 3 * count; i++)
		x[i] = 1.0f / (float)(i % 1021 + 1);
	for (int i = 0; i < 5; i++) {
		double start = rl_now();

		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, x, n, x + count,
			    n, 0, x + 2 * count, n);
		double took = rl_now() - start;
		seconds = !i || took < seconds ? took : seconds;
	}

	rl_json_print(json_pack("{s:f, s:f, s:s, s:s}", "seconds", seconds, "gflop_per_s",
				2e-9 * (double)count * n / seconds, "kernel",
				openblas_get_corename(), "openblas", openblas_get_config()));
	free(x);
	return RL_EXIT_OK;
}
