/*
 * The ranks of a data-parallel job, as the rest of the engine sees them: which one this is, and
 * what they can do together.
 *
 * Every operation is collective: all ranks call the same ones in the same order, and only after all
 * have called does it end.  A sum leaves the same bits on every rank, and the same again when the
 * job is repeated with as many.  A rank that is lost ends the job.
 */
#ifndef RL_NN_COMM_H
#define RL_NN_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_comm {
	int rank, size;

	void (*broadcast)(struct rl_comm *c, void *data, size_t bytes); /* rank 0's, to all */
	void (*sum)(struct rl_comm *c, double *x, size_t n);            /* in place */

	/* Sums of large arrays go on while the caller computes.  Any number may be under way;
	 * `from` and `to` do not overlap and are left alone until wait(), which ends them all.
	 * Messages move when poll() is called: often is good. */
	void (*start_sum)(struct rl_comm *c, const float *from, float *to, size_t n);
	void (*poll)(struct rl_comm *c);
	void (*wait)(struct rl_comm *c);

	void (*close)(struct rl_comm *c); /* of the whole process, after every other operation */
};

/* The only rank of its job. */
struct rl_comm *rl_comm_alone(void);

/* The job of mpirun, srun and their like; the only rank if none of them started this process.  The
 * program's name in messages gets the rank's number.  MPI is linked into programs that call this
 * and into no others. */
struct rl_comm *rl_comm_mpi(void);

int64_t rl_comm_count(struct rl_comm *c, int64_t mine); /* the sum of small numbers */

/* Whether this rank holds other bytes than rank 0; true on rank 0 itself. */
bool rl_comm_differ(struct rl_comm *c, const void *data, size_t bytes);
/* Dies on every rank that does: "other WHAT than rank 0". */
void rl_comm_agree(struct rl_comm *c, const void *data, size_t bytes, const char *what);

#endif
