/*
 * The element types of files of weights, under safetensors' names: F64, F32, F16, BF16, I64, I32,
 * I16, I8, U8, BOOL; little endian.
 */
#ifndef RL_NN_NUMBERS_H
#define RL_NN_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

size_t rl_numbers_size(const char *dtype); /* bytes of one; 0: no such type */
bool rl_numbers_floating(const char *dtype);

/* n numbers as doubles: exact but for I64 beyond 2^53.  `from` may be unaligned. */
void rl_numbers_read(const char *dtype, const void *from, size_t n, double *to);

#endif
