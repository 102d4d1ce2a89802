#include "base/progress.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double rl_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct rl_progress rl_progress_start(const char *unit, int64_t total, bool quiet)
{
	double now = rl_now();

	return (struct rl_progress){unit, total, 0, now, now, !quiet && isatty(STDERR_FILENO)};
}

static void draw(struct rl_progress *p, int64_t done, double now)
{
	double seconds = now - p->start;
	double rate = seconds > 0 ? (double)(done - p->before) / seconds : 0;

	fprintf(stderr, "\r\033[K%s: %lld", program_invocation_short_name, (long long)done);
	if (p->total)
		fprintf(stderr, "/%lld", (long long)p->total);
	fprintf(stderr, " %s, %.1f/s", p->unit, rate);
	if (p->total > done && rate > 0) {
		long left = (long)((double)(p->total - done) / rate);

		fprintf(stderr, ", %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
	}
	fflush(stderr);
	p->last = now;
}

void rl_progress_show(struct rl_progress *p, int64_t done)
{
	double now;

	if (p->on && (now = rl_now()) - p->last >= 0.5)
		draw(p, done, now);
}

void rl_progress_end(struct rl_progress *p, int64_t done)
{
	if (!p->on)
		return;
	draw(p, done, rl_now());
	fputc('\n', stderr);
}
