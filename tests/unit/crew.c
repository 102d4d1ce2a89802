#include "crew.h"

#include "base/err.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

struct crew {
	int size;
	pthread_barrier_t barrier;
	const void *posted[MOST]; /* by rank */
	void (*work)(struct rl_comm *c, void *arg);
	void *arg;
};

struct member {
	struct rl_comm comm;
	struct crew *crew;
	pthread_t thread;
	struct {
		const float *from;
		float *to;
		size_t n;
	} under_way[MOST];
	int nunder_way;
};

static void meet(struct crew *c)
{
	pthread_barrier_wait(&c->barrier);
}

static void crew_broadcast(struct rl_comm *comm, void *data, size_t bytes)
{
	struct crew *c = ((struct member *)comm)->crew;

	c->posted[comm->rank] = data;
	meet(c);
	if (comm->rank)
		memcpy(data, c->posted[0], bytes);
	meet(c);
}

static void crew_sum(struct rl_comm *comm, double *x, size_t n)
{
	struct crew *c = ((struct member *)comm)->crew;
	double *total = rl_calloc(n, sizeof(*total));

	c->posted[comm->rank] = x;
	meet(c);
	for (int r = 0; r < c->size; r++)
		for (size_t i = 0; i < n; i++)
			total[i] += ((const double *)c->posted[r])[i];
	meet(c);
	memcpy(x, total, n * sizeof(*x));
	free(total);
}

static void crew_start_sum(struct rl_comm *comm, const float *from, float *to, size_t n)
{
	struct member *m = (struct member *)comm;

	if (m->nunder_way == MOST)
		rl_die("too many sums under way for a test");
	m->under_way[m->nunder_way].from = from;
	m->under_way[m->nunder_way].to = to;
	m->under_way[m->nunder_way++].n = n;
}

static void crew_poll(struct rl_comm *comm)
{
	(void)comm;
}

static void crew_wait(struct rl_comm *comm)
{
	struct member *m = (struct member *)comm;
	struct crew *c = m->crew;

	for (int k = 0; k < m->nunder_way; k++) {
		float *to = m->under_way[k].to;
		size_t n = m->under_way[k].n;

		c->posted[comm->rank] = m->under_way[k].from;
		memset(to, 0, n * sizeof(*to));
		meet(c);
		for (int r = 0; r < c->size; r++)
			for (size_t i = 0; i < n; i++)
				to[i] += ((const float *)c->posted[r])[i];
		meet(c);
	}
	m->nunder_way = 0;
}

static void crew_close(struct rl_comm *comm)
{
	meet(((struct member *)comm)->crew);
}

static void *live(void *arg)
{
	struct member *m = arg;

	omp_set_num_threads(1);
	m->crew->work(&m->comm, m->crew->arg);
	return NULL;
}

void crew_run(int size, void (*work)(struct rl_comm *c, void *arg), void *arg)
{
	struct crew c = {.size = size, .work = work, .arg = arg};
	struct member *m = rl_calloc((size_t)size, sizeof(*m));

	pthread_barrier_init(&c.barrier, NULL, (unsigned)size);
	for (int r = 0; r < size; r++) {
		m[r].crew = &c;
		m[r].comm = (struct rl_comm){r,         size,           crew_broadcast,
					     crew_sum,  crew_start_sum, crew_poll,
					     crew_wait, crew_close};
		if (pthread_create(&m[r].thread, NULL, live, &m[r]))
			rl_die("a thread cannot be started");
	}
	for (int r = 0; r < size; r++)
		pthread_join(m[r].thread, NULL);
	pthread_barrier_destroy(&c.barrier);
	free(m);
}
