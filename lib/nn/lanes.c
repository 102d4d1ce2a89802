#include "nn/lanes.h"

#include "base/clones.h"

RL_INLINE void convert(void *to, const void *from, int64_t n, bool widen)
{
	int64_t i = 0;
	rl_f8 x;

	for (; i + RL_LANES <= n; i += RL_LANES) {
		rl_load(&x, from, i, RL_LANES, widen);
		rl_store(to, &x, i, RL_LANES, !widen);
	}
	if (i < n) {
		rl_load(&x, from, i, n - i, widen);
		rl_store(to, &x, i, n - i, !widen);
	}
}

RL_CLONES
static void widen(float *to, const uint16_t *from, int64_t n)
{
	convert(to, from, n, true);
}

RL_CLONES
static void narrow(uint16_t *to, const float *from, int64_t n)
{
	convert(to, from, n, false);
}

enum { RUN = 4096 }; /* numbers a thread takes at a time */

static int64_t run_length(size_t n, size_t at)
{
	return n - at < RUN ? (int64_t)(n - at) : RUN;
}

void rl_from_bf16(float *to, const uint16_t *from, size_t n)
{
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < n; at += RUN)
		widen(to + at, from + at, run_length(n, at));
}

void rl_to_bf16(uint16_t *to, const float *from, size_t n)
{
#pragma omp parallel for schedule(static)
	for (size_t at = 0; at < n; at += RUN)
		narrow(to + at, from + at, run_length(n, at));
}
