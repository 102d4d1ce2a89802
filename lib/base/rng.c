#include "base/rng.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

void rl_philox4x32(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
	/* Multipliers and Weyl increments of the paper's table 2 and section 3. */
	const uint64_t m0 = 0xD2511F53, m1 = 0xCD9E8D57;
	uint32_t k0 = key[0], k1 = key[1];
	uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];

	for (int round = 0; round < 10; round++) {
		uint64_t p0 = m0 * c0, p1 = m1 * c2;

		c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
		c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c1 = (uint32_t)p1;
		c3 = (uint32_t)p0;
		k0 += 0x9E3779B9;
		k1 += 0xBB67AE85;
	}
	out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

uint64_t rl_rng_id(const char *key)
{
	return XXH3_64bits(key, strlen(key));
}

struct rl_rng rl_rng_make(uint64_t seed, uint32_t epoch, uint64_t id, enum rl_purpose purpose)
{
	/* 24 bits of epoch and 8 of purpose share a word; the block number has one of its own. */
	return (struct rl_rng){
		.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
		.counter = {0, epoch << 8 | (uint32_t)purpose, (uint32_t)id, (uint32_t)(id >> 32)},
		.used = 4};
}

uint32_t rl_rng_u32(struct rl_rng *r)
{
	if (r->used == 4) {
		rl_philox4x32(r->key, r->counter, r->block);
		r->counter[0]++;
		r->used = 0;
	}
	return r->block[r->used++];
}

uint64_t rl_rng_u64(struct rl_rng *r)
{
	const uint64_t high = rl_rng_u32(r);

	return high << 32 | rl_rng_u32(r);
}

uint32_t rl_rng_below(struct rl_rng *r, uint32_t n)
{
	/* Lemire's multiply-shift; the rejected sliver makes it exactly uniform. */
	uint64_t m = (uint64_t)rl_rng_u32(r) * n;

	if ((uint32_t)m < n)
		for (uint32_t floor = -n % n; (uint32_t)m < floor;)
			m = (uint64_t)rl_rng_u32(r) * n;
	return (uint32_t)(m >> 32);
}

double rl_rng_uniform(struct rl_rng *r)
{
	return rl_rng_u32(r) * 0x1p-32;
}

double rl_rng_normal(struct rl_rng *r)
{
	double u = (rl_rng_u32(r) + 1.0) * 0x1p-32; /* (0, 1]: the logarithm is finite */
	double v = rl_rng_uniform(r);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

void rl_rng_shuffle(struct rl_rng *r, int64_t *index, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rl_rng_below(r, (uint32_t)i);
		int64_t t = index[i - 1];

		index[i - 1] = index[j];
		index[j] = t;
	}
}
