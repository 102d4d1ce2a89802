#include "base/pool.h"

#include "base/err.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

struct slot {
	void *job;
	bool finished;
};

/* A ring of slots and three counters that only grow: done <= taken <= filled <= done + nslot. */
struct pool {
	const struct rl_pool_calls *calls;
	pthread_mutex_t lock;
	pthread_cond_t filling;   /* a job was added, or none will be any more */
	pthread_cond_t finishing; /* the oldest job is finished */
	struct slot *slot;
	size_t nslot, filled, taken, done;
	bool closed;
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	int number;
};

static struct slot *at(struct pool *p, size_t i)
{
	return &p->slot[i % p->nslot];
}

static void *worker(void *arg)
{
	const struct worker *self = arg;
	struct pool *p = self->pool;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->taken == p->filled && !p->closed)
			pthread_cond_wait(&p->filling, &p->lock);
		if (p->taken == p->filled)
			break;
		size_t mine = p->taken++;

		pthread_mutex_unlock(&p->lock);
		p->calls->work(p->calls->context, at(p, mine)->job, self->number);
		pthread_mutex_lock(&p->lock);
		at(p, mine)->finished = true;
		if (mine == p->done)
			pthread_cond_signal(&p->finishing);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void add(struct pool *p, void *job)
{
	pthread_mutex_lock(&p->lock);
	if (job)
		*at(p, p->filled++) = (struct slot){job, false};
	else
		p->closed = true;
	if (p->closed)
		pthread_cond_broadcast(&p->filling);
	else
		pthread_cond_signal(&p->filling);
	pthread_mutex_unlock(&p->lock);
}

/* The oldest job once it is finished; NULL, without waiting, if it is not and waiting is not
 * wanted. */
static void *oldest(struct pool *p, bool wait)
{
	void *job = NULL;

	pthread_mutex_lock(&p->lock);
	while (wait && !at(p, p->done)->finished)
		pthread_cond_wait(&p->finishing, &p->lock);
	if (at(p, p->done)->finished) {
		job = at(p, p->done)->job;
		at(p, p->done++)->finished = false;
	}
	pthread_mutex_unlock(&p->lock);
	return job;
}

/* What is finished goes out before more is asked for, which may take its time to come. */
static void feed(struct pool *p)
{
	const struct rl_pool_calls *c = p->calls;
	void *job;

	while (!p->closed) {
		while (p->done < p->filled && (job = oldest(p, p->filled - p->done == p->nslot)))
			c->done(c->context, job);
		add(p, c->next(c->context));
	}
	while (p->done < p->filled)
		c->done(c->context, oldest(p, true));
}

int64_t rl_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

void rl_pool_run(int threads, const struct rl_pool_calls *calls)
{
	struct pool p = {.calls = calls,
			 .lock = PTHREAD_MUTEX_INITIALIZER,
			 .filling = PTHREAD_COND_INITIALIZER,
			 .finishing = PTHREAD_COND_INITIALIZER,
			 .nslot = 2 * (size_t)threads + 2};
	struct worker *workers = rl_calloc((size_t)threads, sizeof(*workers));

	p.slot = rl_calloc(p.nslot, sizeof(*p.slot));
	for (int i = 0; i < threads; i++) {
		struct worker *w = &workers[i];

		w->pool = &p;
		w->number = i;
		if ((errno = pthread_create(&w->thread, NULL, worker, w)))
			rl_die("start a thread:");
	}
	feed(&p);
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
	free(p.slot);
}
