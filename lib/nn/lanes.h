/*
 * Eight floats at a time, from memory in float or bfloat16: GNU C vectors, which gcc and clang turn
 * into what the instruction set at hand has.  Passed by pointer, since how vectors are passed
 * depends on that set.  bfloat16 is stored rounded to nearest, ties to even, as the hardware does.
 */
#ifndef RL_NN_LANES_H
#define RL_NN_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { RL_LANES = 8 };

typedef float rl_f8 __attribute__((vector_size(32)));
typedef uint32_t rl_u8 __attribute__((vector_size(32)));
typedef int32_t rl_i8 __attribute__((vector_size(32)));
typedef uint16_t rl_h8 __attribute__((vector_size(16)));
typedef float rl_f4 __attribute__((vector_size(16)));
typedef double rl_d4 __attribute__((vector_size(32)));

#define RL_INLINE static inline __attribute__((always_inline))

/* lanes <= 8 numbers at index `at`; the others become 0. */
RL_INLINE void rl_load(rl_f8 *to, const void *from, int64_t at, int64_t lanes, bool bf16)
{
	if (bf16) {
		rl_h8 h = {0};

		memcpy(&h, (const uint16_t *)from + at, (size_t)lanes * sizeof(uint16_t));
		*to = (rl_f8)(__builtin_convertvector(h, rl_u8) << 16);
	} else {
		rl_f8 f = {0};

		memcpy(&f, (const float *)from + at, (size_t)lanes * sizeof(float));
		*to = f;
	}
}

RL_INLINE void rl_store(void *to, const rl_f8 *from, int64_t at, int64_t lanes, bool bf16)
{
	if (bf16) {
		rl_u8 u = (rl_u8)*from;
		rl_h8 h = __builtin_convertvector((u + 0x7fff + (u >> 16 & 1)) >> 16, rl_h8);

		memcpy((uint16_t *)to + at, &h, (size_t)lanes * sizeof(uint16_t));
	} else {
		memcpy((float *)to + at, from, (size_t)lanes * sizeof(float));
	}
}

/* The lower or upper half, in double. */
RL_INLINE void rl_widen(rl_d4 *to, const rl_f8 *from, int half)
{
	rl_f4 f;

	memcpy(&f, (const float *)from + 4 * half, sizeof(f));
	*to = __builtin_convertvector(f, rl_d4);
}

/* Whole arrays, in parallel. */
void rl_from_bf16(float *to, const uint16_t *from, size_t n);
void rl_to_bf16(uint16_t *to, const float *from, size_t n);

/* Lanes where the condition (all bits set or none) does not hold become 0. */
RL_INLINE void rl_keep(rl_f8 *x, const rl_i8 *condition)
{
	*x = (rl_f8)((rl_u8)*x & (rl_u8)*condition);
}

#endif
