#include "nn/comm.h"

#include "base/err.h"

#include <string.h>
#include <xxhash.h>

static void broadcast(struct rl_comm *c, void *data, size_t bytes)
{
	(void)c, (void)data, (void)bytes;
}

static void sum(struct rl_comm *c, double *x, size_t n)
{
	(void)c, (void)x, (void)n;
}

static void start_sum(struct rl_comm *c, const float *from, float *to, size_t n)
{
	(void)c;
	memcpy(to, from, n * sizeof(*to));
}

static void nothing(struct rl_comm *c)
{
	(void)c;
}

struct rl_comm *rl_comm_alone(void)
{
	static struct rl_comm alone = {0, 1, broadcast, sum, start_sum, nothing, nothing, nothing};

	return &alone;
}

int64_t rl_comm_count(struct rl_comm *c, int64_t mine)
{
	double all = (double)mine;

	c->sum(c, &all, 1);
	return (int64_t)all;
}

bool rl_comm_differ(struct rl_comm *c, const void *data, size_t bytes)
{
	uint64_t mine = XXH3_64bits(data, bytes), first = mine;

	c->broadcast(c, &first, sizeof(first));
	return c->rank == 0 || mine != first;
}

void rl_comm_agree(struct rl_comm *c, const void *data, size_t bytes, const char *what)
{
	if (rl_comm_differ(c, data, bytes) && c->rank)
		rl_die("other %s than rank 0", what);
}
