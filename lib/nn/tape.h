/*
 * Inside of lib/nn: what a tape is made of.  Ops see this header, models and tools see net.h.
 *
 * An op's forward and backward are stages.  A tiled stage works on any run of images; a whole one
 * needs everything before it complete (batch statistics, a loss) and runs once.  The stages of all
 * ops in order are the steps of the tape; steps.c joins neighbouring tiled steps into groups, and
 * the driver runs a group tile by tile, so that what one step writes the next finds in the cache.
 * A value that only one group touches is kept for one tile alone.
 *
 * Life of an op: its rl_*() function appends it with shapes; plan() fixes layouts, creates
 * primitives and asks for buffers; bind() is called once memory is placed; then its stages run.
 * Backward stores the gradient of input i at op->dx[i] and of parameter i at op->dp[i]; NULL
 * means nobody wants it.
 */
#ifndef RL_NN_TAPE_H
#define RL_NN_TAPE_H

#include "nn/net.h"
#include "nn/onednn.h"

enum { OP_IN = 4, OP_PARAM = 5, OP_PRIM = 13, OP_BUFFER = 14, OP_STAGE = 3 };

/* What backward reads again: keeps those values alive until then. */
enum { NEED_X = 1, NEED_Y = 2 };

enum when { IN_FORWARD = 1, IN_BACKWARD = 2, BETWEEN = 3, ALWAYS = 4 };

struct op;

struct span {
	int64_t first, count; /* images */
};

struct stage {
	void (*run)(struct rl_net *n, struct op *op, struct span at);
	bool whole;
	bool stores; /* in backward: op->dx */
};

struct optype {
	const char *name;
	int needs;
	bool in_place; /* backward works where dx lies over dy */
	void (*plan)(struct rl_net *n, struct op *op);
	void (*bind)(struct rl_net *n, struct op *op); /* may be NULL */
	struct stage forward[OP_STAGE + 1], backward[OP_STAGE + 1];
};

struct step {
	int op;
	struct stage stage;
	int group;
};

struct group {
	int first, end; /* steps */
	int64_t images, tile;
	size_t final; /* after it, parameters' gradients from this offset on are final */
};

/* A piece of the arena with a lifetime in steps, both ends included. */
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
	rl_val data_of, grad_of; /* whose memory it shares; its own */
	int buffer, grad_buffer; /* -1: none */
	struct rl_memory data, grad;
};

struct op {
	const struct optype *type;
	int nin, nparam;
	rl_val in[OP_IN], out; /* out -1: a loss */
	int param[OP_PARAM];   /* learned first, then states and counts */
	int nlearned;
	bool reached; /* backward visits it */
	bool folded;  /* inference: done by the convolution before it */

	/* Its steps: first and last of forward, first and last of backward, where dx is stored and
	 * where it is added. */
	int forward[2], backward[2], stores, adds[OP_IN];

	/* Where backward stores; when add is set the driver adds that into the real gradient. */
	struct rl_memory dx[OP_IN];
	float *dp[OP_PARAM];
	bool add_x[OP_IN], add_p[OP_PARAM];
	int dx_buffer[OP_IN], dp_buffer[OP_PARAM];

	union {
		struct {
			struct rl_conv shape;
			bool weights_by_gemm; /* no kernel for the weights' gradient */
			struct rl_fuse fuse;  /* what inference folded into it */
			int norm;             /* the op of the batch norm among it */
		} conv;
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
			const float *gradient; /* the caller's, plain */
		} outlet;
		bool bias_relu;
		const int32_t *select; /* the caller's */
		enum rl_interpolation interpolation;
		struct {
			struct rl_roi_align how;
			const struct rl_roi *roi; /* the caller's */
			int64_t rois;
		} roi;
		struct {
			const int32_t *labels;
			double value;
			int64_t correct;
			struct rl_pixel_ce pixels; /* of pixels, from here on */
			const uint8_t *map;
			int64_t counted;
			int threads;
		} loss;
	} c;
	struct rl_prim prim[OP_PRIM]; /* their meaning is the op's own */
	struct rl_call call[OP_PRIM];
	int buffer[OP_BUFFER], nbuffer;
	struct rl_memory buffered[OP_BUFFER]; /* where each is, once placed */
	uint64_t weights_version; /* of the parameters that a derived copy was made from */
	uint64_t id;              /* for random draws: position on the tape */
};

struct rl_net {
	struct rl_net_config config;
	struct rl_params *params;
	struct rl_onednn d;
	struct value *value;
	int nvalue;
	struct op *op;
	int nop;
	struct step *step;
	int nstep, nforward; /* the first nforward steps are the forward */
	struct group *group;
	int ngroup;
	struct buffer *buffer;
	int nbuffer;
	int scratch; /* the one scratchpad all primitives share, a buffer */
	size_t scratch_size;
	int weights; /* another: weights on their way into a primitive's layout */
	size_t weights_size;
	char *arena;
	size_t arena_size;
	unsigned char held; /* every byte of the arena before anything is in it: no op may care */
	bool planned;
	uint64_t draw;
	bool untracked;  /* batch statistics do not move the running ones */
	bool accumulate; /* batch norm averages over batches */
	int64_t weight;  /* of this rank, in sums over ranks; 0: nothing of this batch counts */
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
size_t rl_value_count(const struct value *v);          /* elements */
int64_t rl_value_area(const struct value *v);          /* pixels of a map; of a row 1 */
/* Plain floats to (in) or from where the library has them: data is a value's or its gradient's. */
void rl_value_exchange(const struct value *v, void *data, float *plain, bool in);

/* ---- for planning -----------------------------------------------------------------------------
 */

void rl_net_fold(struct rl_net *n);  /* inference: batch norms, sums, ReLUs into convolutions */
void rl_net_lower(struct rl_net *n); /* ops to steps and groups */

/* Maps are in the network's kind of number, rows in float. */
enum rl_number rl_value_number(const struct rl_net *n, const struct value *v);
void rl_value_layout(struct value *v, struct rl_md md);
void rl_value_layout_plain(struct rl_net *n, struct value *v); /* if still undecided */
/* The descriptor of so many images of v: any layout while that is undecided. */
struct rl_md rl_value_md(const struct rl_net *n, const struct value *v, int64_t images);
/* Numbers of so many images of v, with those that only fill up blocks of channels. */
size_t rl_value_numbers(const struct rl_net *n, const struct value *v, int64_t images);
int64_t rl_op_tile(const struct rl_net *n, int step); /* images at a time */

int rl_net_buffer(struct rl_net *n, size_t size, int from, int to);
int rl_op_buffer(struct rl_net *n, struct op *op, size_t size,
		 enum when when); /* index in op->buffer */
/* One that has an entry for each image. */
int rl_op_buffer_images(struct rl_net *n, struct op *op, size_t an_image, enum when when);
void rl_op_scratch(struct rl_net *n, const struct rl_prim *p);
char *rl_arena_room(struct rl_arena *a, size_t size);
void rl_net_place(struct rl_net *n); /* offsets for all buffers, and the arena */

/* ---- for binding and running ------------------------------------------------------------------
 */

struct rl_channels rl_value_channels(const struct value *v);
/* The lanes past the last channel of maps in blocks are zero, in values and in gradients, whatever
 * the memory held: the library reads and writes them like the others.  A stage that stores maps
 * channel by channel ends with this for what it stored. */
void rl_clear_lanes(const struct value *v, void *maps, int64_t images);

void *rl_op_memory(const struct op *op, int buffer); /* of one that has no entries by image */
struct rl_memory rl_whole(void *base);               /* that is the same for every tile */
void *rl_at(struct rl_memory m, struct span at);     /* NULL stays NULL */
float *rl_floats(struct rl_memory m);                /* of the whole batch */

/* With sync_bn, a and b over channels become the sums over ranks, each rank's times its `weight`
 * and the whole divided by this one's; returns the sum of the counts.  Else nothing happens. */
double rl_op_sum_ranks(struct rl_net *n, double *a, double *b, int64_t channels, double count,
		       double weight);

/* Begin call[i] of a primitive with the shared scratchpad; add an argument; run. */
void rl_op_call(struct rl_net *n, struct op *op, int i, const struct rl_prim *p);
void rl_op_arg(struct rl_net *n, struct op *op, int i, enum rl_arg which, struct rl_memory data);
void rl_op_run(const struct rl_net *n, const struct op *op, int i, struct span at);

/* x += y over count numbers, in parallel. */
void rl_add_into(float *x, const float *y, size_t count);
void rl_add_maps(void *x, const void *y, size_t count, enum rl_number number);

#endif
