/* Ranks over MPI: the one file that knows it. */
#include "nn/comm.h"

#include "base/err.h"

#include <errno.h>
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <time.h>

enum { LARGEST = 1 << 30, POLLS = 200 };

struct job {
	struct rl_comm comm; /* first: the operations get a pointer to it */
	MPI_Comm background; /* of the sums under way: their order is not the other operations' */
	MPI_Request *request;
	int under_way, capacity;
};

/* A rank that waits shares its cores with the programs of its pipe: MPI's own waiting would spin.
 */
static void wait_for(int n, MPI_Request *request)
{
	int done = 0;

	for (int polls = 0; !done; polls++) {
		MPI_Testall(n, request, &done, MPI_STATUSES_IGNORE);
		if (!done && polls >= POLLS)
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
}

static void job_broadcast(struct rl_comm *c, void *data, size_t bytes)
{
	MPI_Request request;
	size_t n;

	(void)c;
	for (char *at = data; bytes; at += n, bytes -= n) {
		n = bytes < LARGEST ? bytes : LARGEST;
		MPI_Ibcast(at, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
		wait_for(1, &request);
	}
}

static void job_sum(struct rl_comm *c, double *x, size_t n)
{
	MPI_Request request;

	(void)c;
	if (n > INT_MAX)
		rl_die("sum over ranks: %zu numbers are too many", n);
	MPI_Iallreduce(MPI_IN_PLACE, x, (int)n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &request);
	wait_for(1, &request);
}

/* Not in place: implementations have their bandwidth-optimal algorithms for two buffers only. */
static void job_start_sum(struct rl_comm *c, const float *from, float *to, size_t n)
{
	struct job *j = (struct job *)c;

	if (n > INT_MAX)
		rl_die("sum over ranks: %zu numbers are too many", n);
	if (j->under_way == j->capacity) {
		j->capacity = j->capacity ? 2 * j->capacity : 16;
		j->request = rl_realloc(j->request, (size_t)j->capacity, sizeof(*j->request));
	}
	MPI_Iallreduce(from, to, (int)n, MPI_FLOAT, MPI_SUM, j->background,
		       &j->request[j->under_way++]);
}

static void job_poll(struct rl_comm *c)
{
	struct job *j = (struct job *)c;
	int done;

	MPI_Testall(j->under_way, j->request, &done, MPI_STATUSES_IGNORE);
	if (done)
		j->under_way = 0;
}

static void job_wait(struct rl_comm *c)
{
	struct job *j = (struct job *)c;

	wait_for(j->under_way, j->request);
	j->under_way = 0;
}

/* A first rank that still evaluates is waited for here, not in MPI_Finalize, which would spin. */
static void job_close(struct rl_comm *c)
{
	struct job *j = (struct job *)c;
	MPI_Request request;

	MPI_Ibarrier(MPI_COMM_WORLD, &request);
	wait_for(1, &request);
	MPI_Comm_free(&j->background);
	MPI_Finalize();
	free(j->request);
	free(j);
}

/* MPI started without a launcher would set up a job of one for nothing, or fail where it is not
 * installed as it should be.  Each launcher leaves its mark in the environment. */
static int launched(void)
{
	static const char *const marks[] = {"OMPI_COMM_WORLD_SIZE", /* Open MPI */
					    "PMIX_RANK", "PMI_RANK" /* MPICH and srun */};

	for (size_t i = 0; i < RL_LEN(marks); i++)
		if (getenv(marks[i]))
			return 1;
	return 0;
}

struct rl_comm *rl_comm_mpi(void)
{
	struct job *j;
	int provided, rank, size;

	if (!launched())
		return rl_comm_alone();
	if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
	    provided < MPI_THREAD_FUNNELED)
		rl_die("MPI cannot be started beside threads");
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	j = rl_calloc(1, sizeof(*j));
	j->comm = (struct rl_comm){rank,          size,     job_broadcast, job_sum,
				   job_start_sum, job_poll, job_wait,      job_close};
	if (size > 1)
		program_invocation_short_name =
			rl_asprintf("%s[%d]", program_invocation_short_name, rank);
	MPI_Comm_dup(MPI_COMM_WORLD, &j->background);
	return &j->comm;
}
