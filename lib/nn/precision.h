/*
 * In which numbers a network computes: --precision of every program that has one.
 *
 * bf16 keeps maps in bfloat16 and leaves weights, statistics, sums and losses in float.  It pays
 * where the CPU multiplies bfloat16 itself; elsewhere products are made in float from the rounded
 * numbers: the same arithmetic, and no gain in speed.
 */
#ifndef RL_NN_PRECISION_H
#define RL_NN_PRECISION_H

#include <stdbool.h>

#define RL_PRECISION_HELP "auto, fp32 or bf16; auto is bf16 where the CPU has it"

/* Of "auto", "fp32" and "bf16", whether it is bf16 here; anything else is misuse.  Says so when
 * bf16 was asked of a CPU without it. */
bool rl_precision_bf16(const char *choice);

const char *rl_precision_name(bool bf16); /* "bf16" or "fp32" */

#endif
