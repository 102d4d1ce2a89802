/*
 * Inside of lib/nn: what a tape is made of.  Ops see this header, models and tools see net.h.
 *
 * Life of an op: its rl_*() function appends it with shapes; plan() fixes layouts, creates
 * primitives and asks for buffers; bind() is called once memory is placed; forward() and backward()
 * run. backward() stores the gradient of input i at op->dx[i] and of parameter i at op->dp[i]; NULL
 * means nobody wants it.
 */
#ifndef RL_NN_TAPE_H
#define RL_NN_TAPE_H

#include "nn/net.h"
#include "nn/onednn.h"

enum { OP_IN = 2, OP_PARAM = 5, OP_PRIM = 9, OP_BUFFER = 8 };

/* What backward reads again: keeps those values alive until then. */
enum { NEED_X = 1, NEED_Y = 2 };

enum when { IN_FORWARD = 1, IN_BACKWARD = 2, BETWEEN = 3, ALWAYS = 4 };

struct op;

struct optype {
	const char *name;
	int needs;
	void (*plan)(struct rl_net *n, struct op *op);
	void (*bind)(struct rl_net *n, struct op *op); /* may be NULL */
	void (*forward)(struct rl_net *n, struct op *op);
	void (*backward)(struct rl_net *n, struct op *op);
};

/* A piece of the arena with a lifetime in ticks: forward of op k is k, its backward 2N-1-k. */
struct buffer {
	size_t size, offset;
	int from, to;
};

struct value {
	int ndim;
	int64_t dim[4];
	int producer;  /* op, -1 for a feed */
	bool laid_out; /* md is decided */
	struct rl_md md;
	bool wants_grad, keep;
	int buffer, grad_buffer; /* -1: none */
	float *data, *grad;
};

struct op {
	const struct optype *type;
	int nin, nparam;
	rl_val in[OP_IN], out; /* out -1: a loss */
	int param[OP_PARAM];   /* learned first, then states and counts */
	int nlearned;
	bool reached; /* backward visits it */

	/* Where backward stores; when add is set the driver adds that into the real gradient. */
	float *dx[OP_IN], *dp[OP_PARAM];
	bool add_x[OP_IN], add_p[OP_PARAM];
	int dx_buffer[OP_IN], dp_buffer[OP_PARAM];

	union {
		struct rl_conv conv;
		struct rl_bnorm bnorm;
		struct {
			bool average;
			int64_t kernel[2], stride[2];
			int pad;
		} pool;
		struct {
			double p;
			int64_t rows; /* of a sample */
		} dropout;
		struct {
			const int32_t *labels;
			double value;
			int64_t correct;
		} loss;
	} c;
	struct rl_prim prim[OP_PRIM]; /* their meaning is the op's own */
	struct rl_call call[OP_PRIM];
	int buffer[OP_BUFFER], nbuffer;
	bool weights_by_gemm;     /* conv: oneDNN has no kernel for the weights' gradient */
	uint64_t weights_version; /* of the parameters that a derived copy was made from */
	uint64_t id;              /* for random draws: position on the tape */
	size_t final_from; /* after its backward, gradients at this offset and beyond are final */
};

struct rl_net {
	struct rl_net_config config;
	struct rl_params *params;
	struct rl_onednn d;
	struct value *value;
	int nvalue;
	struct op *op;
	int nop;
	struct buffer *buffer;
	int nbuffer;
	int scratch; /* the one scratchpad all primitives share, a buffer */
	size_t scratch_size;
	char *arena;
	size_t arena_size;
	bool planned;
	uint64_t draw;
	bool untracked;  /* batch statistics do not move the running ones */
	bool accumulate; /* batch norm averages over batches */
	bool absent;     /* nothing of this batch counts in sums over ranks */
	double *message; /* of rl_op_sum_ranks() */
	int64_t message_size;
	void (*final)(void *ctx, size_t from);
	void *final_ctx;
};

/* ---- for building -----------------------------------------------------------------------------
 */

struct op *rl_op_append(struct rl_net *n, const struct optype *type, int nin, const rl_val *in);
/* Declare the op's next parameter NAME.SUFFIX. */
void rl_op_param(struct rl_net *n, struct op *op, enum rl_param_kind kind, const char *name,
		 const char *suffix, int ndim, const int64_t *dim, enum rl_init init, double arg);
rl_val rl_op_output(struct rl_net *n, struct op *op, int ndim, const int64_t *dim);
struct value *rl_op_in(struct rl_net *n, const struct op *op, int i);
struct value *rl_op_out(struct rl_net *n, const struct op *op);
int64_t rl_window_out(int64_t in, struct rl_window w); /* dies when the window does not fit */

/* ---- for planning -----------------------------------------------------------------------------
 */

void rl_value_layout(struct value *v, struct rl_md md);
void rl_value_layout_plain(struct value *v); /* if still undecided */
int rl_net_buffer(struct rl_net *n, size_t size, int from, int to);
int rl_op_buffer(struct rl_net *n, struct op *op, size_t size,
		 enum when when); /* index in op->buffer */
void rl_op_scratch(struct rl_net *n, const struct rl_prim *p);
void rl_net_place(struct rl_net *n); /* offsets for all buffers, and the arena */

/* ---- for binding and running ------------------------------------------------------------------
 */

void *rl_op_memory(const struct rl_net *n, const struct op *op, int buffer);
/* Begin a call of prim[i] with the shared scratchpad; add an argument; run. */
void rl_op_call(struct rl_net *n, struct op *op, int i);
void rl_op_arg(struct rl_net *n, struct op *op, int i, enum rl_arg which, void *data);
void rl_op_run(const struct rl_net *n, const struct op *op, int i);

/* With sync_bn, a and b over channels become the sums over ranks, each rank's times its `weight`
 * and the whole divided by this one's; returns the sum of the counts.  Else nothing happens. */
double rl_op_sum_ranks(struct rl_net *n, double *a, double *b, int64_t channels, double count,
		       double weight);

/* x += y over count floats, in parallel. */
void rl_add_into(float *x, const float *y, size_t count);

#endif
