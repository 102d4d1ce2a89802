/*
 * "done/total, rate, time left" on stderr, redrawn in place twice a second; silent when stderr is
 * not a terminal or `quiet` is set.
 */
#ifndef RL_BASE_PROGRESS_H
#define RL_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct rl_progress {
	const char *unit; /* "images", "fits" */
	int64_t total;    /* 0: unknown */
	int64_t before;   /* done before the start: no part of the rate */
	double start, last;
	bool on;
};

struct rl_progress rl_progress_start(const char *unit, int64_t total, bool quiet);
void rl_progress_show(struct rl_progress *p, int64_t done);
void rl_progress_end(struct rl_progress *p, int64_t done);

double rl_now(void); /* seconds of a monotonic clock */

#endif
