/*
 * Ranks for the tests: threads of this process that meet at a barrier.  Sums under way are made in
 * wait(), as late as the contract allows: who reads or writes too early is found out.
 */
#ifndef RL_TESTS_CREW_H
#define RL_TESTS_CREW_H

#include "nn/comm.h"

/* work() on `size` ranks at a time, each with one OpenMP thread; returns when all have. */
void crew_run(int size, void (*work)(struct rl_comm *c, void *arg), void *arg);

#endif
