/* The ordered parallel map: every job once, in order, never too many at a time. */
#include "base/err.h"
#include "base/pool.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct run {
	int jobs, made, out;
	int of_worker[16];
	atomic_int worked;
	int most; /* jobs in flight */
	bool ordered, one_thread;
	pthread_t caller;
};

struct job {
	int number;
	uint64_t result;
};

static void *next(void *context)
{
	struct run *r = context;

	r->one_thread &= pthread_equal(r->caller, pthread_self());
	if (r->made == r->jobs)
		return NULL;
	struct job *j = rl_malloc(sizeof(*j));
	*j = (struct job){r->made++, 0};
	if (r->made - r->out > r->most)
		r->most = r->made - r->out;
	return j;
}

static void work(void *context, void *job, int worker)
{
	struct run *r = context;
	struct job *j = job;

	/* Nobody else writes here at the same time: a race is a sanitizer's to see. */
	r->of_worker[worker]++;
	if (j->number % 7 == 0)
		usleep(500); /* slow ones, so that others overtake them */
	j->result = (uint64_t)j->number * 3 + 1;
	r->worked++;
}

static int sum(const int *a, int n)
{
	return n ? a[n - 1] + sum(a, n - 1) : 0;
}

static void done(void *context, void *job)
{
	struct run *r = context;
	struct job *j = job;

	r->one_thread &= pthread_equal(r->caller, pthread_self());
	r->ordered &= j->number == r->out && j->result == (uint64_t)r->out * 3 + 1;
	r->out++;
	free(j);
}

int main(void)
{
	static const int threads[] = {1, 2, 5, 16};
	static const int jobs[] = {0, 1, 3, 500};

	for (size_t t = 0; t < RL_LEN(threads); t++)
		for (size_t n = 0; n < RL_LEN(jobs); n++) {
			struct run r = {.jobs = jobs[n],
					.ordered = true,
					.one_thread = true,
					.caller = pthread_self()};

			rl_pool_run(threads[t], &(struct rl_pool_calls){next, work, done, &r});
			ok(r.ordered && r.out == r.jobs && r.worked == r.jobs && r.one_thread,
			   "%d jobs by %d threads leave in order", jobs[n], threads[t]);
			ok(sum(r.of_worker, threads[t]) == jobs[n],
			   "each by a worker with a number of its own");
			ok(r.most <= 2 * threads[t] + 2, "at most %d in flight", r.most);
		}
	return tap_done();
}
