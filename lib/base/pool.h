/*
 * An ordered parallel map with bounded memory: jobs come from one place, are worked on by several
 * threads, and leave in the order in which they came.
 *
 *	next ──▶ work, work, work, ... ──▶ done
 *
 * next() and done() are called by the calling thread alone, so that input and output need no locks;
 * work() by the workers, each of which is told its number, 0 to threads - 1, so that it finds what
 * it keeps between jobs.  At most 2 * threads + 2 jobs exist at a time.  Whatever the number of
 * threads, done() sees the same jobs in the same order.
 */
#ifndef RL_BASE_POOL_H
#define RL_BASE_POOL_H

#include <stdint.h>

struct rl_pool_calls {
	void *(*next)(void *context); /* a new job, NULL at the end */
	void (*work)(void *context, void *job, int worker);
	void (*done)(void *context, void *job); /* takes the job back */
	void *context;
};

/* Those that this program may use: as many threads as are worth while. */
int64_t rl_processors(void);

/* Returns when done() has had every job. */
void rl_pool_run(int threads, const struct rl_pool_calls *calls);

#endif
