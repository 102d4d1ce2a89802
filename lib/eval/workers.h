/*
 * Independent tasks in forked processes.
 *
 * LIBLINEAR draws from the C library's one rand(), so its fits are reproducible only in a process
 * that does nothing else.  A task must not call OpenMP or BLAS (their threads do not survive a
 * fork), sees the parent's memory as it was, and leaves its answer in its slot of `results`.
 */
#ifndef RL_EVAL_WORKERS_H
#define RL_EVAL_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct rl_workers {
	int processes;
	const char *unit; /* for the progress line: "fits" */
	bool quiet;
};

/* task(i, context, result) for each i of 0..n-1 in no particular order; results is n slots of
 * `size` bytes, zeroed before.  Tasks are handed out one by one: put the long ones first.  When a
 * worker dies the rest are ended and the program dies; a worker that called rl_die() has already
 * said why. */
void rl_workers_run(const struct rl_workers *w, size_t n,
		    void (*task)(size_t i, const void *context, void *result), const void *context,
		    void *results, size_t size);

#endif
