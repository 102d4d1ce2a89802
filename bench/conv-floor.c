/*
 * conv-floor [options]: how long the convolutions of a network take when nothing else is done.
 *
 * The bar that training and extraction are measured against.  The list of convolutions is the
 * model's own, read off its tape.  Each runs forward and, with --train, backward for data (where
 * somebody upstream learns) and for weights, in the network's order, every primitive in the memory
 * layouts that oneDNN prefers for it alone: no layout is ever converted, no batch is normalised,
 * nothing is added.  The maps lie in one arena larger than the caches, and where the next
 * convolution reads what the last one wrote, or could, it finds it in the same place: as if the ops
 * between them worked in no time.
 *
 * Where oneDNN has no kernel of its own for a weights' gradient in blocked layouts (then it runs
 * plain loops, or one small matrix product an image), one matrix product of the same size over the
 * whole batch stands in, without the gathering of windows that it would need.  "by_gemm" counts
 * these.
 *
 * Prints one JSON object; seconds are of one pass over the network.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/progress.h"
#include "models/fcn.h"
#include "models/rcnn_tapes.h"
#include "nn/tape.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "conv-floor",
	.synopsis = "[options] > result.json",
	.summary = "Time the convolutions of a network, bare.",
	.example = "conv-floor --train --images 576 --size 64",
};

struct config {
	const char *model, *arch, *precision;
	int64_t width, images, size, height, regions, passes, threads, memory;
	bool train;
};

struct conv {
	int64_t x[4], w[4], y[4];
	struct rl_window window;
	bool by_data; /* somebody wants the gradient of x */
};

/* One call of the library, in the order in which they are made. */
struct call {
	enum rl_pass pass;
	struct rl_prim prim;
	struct rl_call call;
	bool by_gemm;
	float *a, *b, *c; /* of the matrix product [m,n] over k */
	int64_t m, n, k;
};

struct map {
	char *data;
	size_t size;
};

struct arena {
	char *base;
	size_t size, used;
};

struct floor {
	struct rl_onednn d;
	enum rl_number number; /* of maps and weights; gradients of weights are floats */
	struct conv *conv;
	int nconv;
	struct call *call; /* at most three a convolution */
	int ncall;
	struct arena maps, weights;
	char *scratch;
	double flop;
	double seconds[RL_BACKWARD_WEIGHTS + 1];
};

/* ---- what there is to do ----------------------------------------------------------------------
 */

/* The convolutions of a tape, behind those that are there. */
static void collect(struct floor *f, const struct rl_net *n)
{
	f->conv = rl_realloc(f->conv, (size_t)(f->nconv + n->nop), sizeof(*f->conv));
	for (int k = 0; k < n->nop; k++) {
		const struct op *op = &n->op[k];
		struct conv *v = &f->conv[f->nconv];

		if (strcmp(op->type->name, "conv"))
			continue;
		const struct rl_conv *o = &op->c.conv.shape;
		memcpy(v->x, n->value[op->in[0]].dim, sizeof(v->x));
		memcpy(v->y, n->value[op->out].dim, sizeof(v->y));
		memcpy(v->w, n->params->list[op->param[0]].dim, sizeof(v->w));
		v->window = (struct rl_window){o->kernel, o->stride, o->pad, o->dilation};
		v->by_data = n->value[op->in[0]].wants_grad;
		f->nconv++;
	}
}

/* The heads of a detector, on features of the trunk's shapes. */
static void collect_heads(struct floor *f, const struct config *c,
			  const struct rl_detector_config *d, struct rl_net *trunk,
			  const struct rl_trunk_values *t)
{
	struct rl_net *n =
		rl_net_new(trunk->params,
			   &(struct rl_net_config){.train = c->train, .feed_gradients = c->train});
	rl_val feature[RL_FEATURES], pooled;

	for (int i = 0; i < t->features; i++) {
		int64_t dim[4];

		rl_net_shape(trunk, t->feature[i], dim);
		feature[i] = rl_feed(n, 4, dim);
	}
	rl_box_head(n, d, feature, c->images * c->regions);
	if (d->fpn)
		rl_mask_head(n, d, feature, c->images * c->regions / 4, &pooled);
	collect(f, n);
	rl_net_free(n);
}

static void read_tapes(struct floor *f, const struct config *c)
{
	enum { RESNET, FASTER_RCNN_C4, MASK_RCNN_FPN, FCN };
	static const char *const models[] = {"resnet", "faster-rcnn-c4", "mask-rcnn-fpn", "fcn",
					     NULL};
	struct rl_params *params = rl_params_new();
	struct rl_net *n = rl_net_new(params, &(struct rl_net_config){.train = c->train});
	const struct rl_resnet r = {
		rl_resnet_depth(c->arch), (int)c->width, 32, false, !c->train, 1};
	rl_val x =
		rl_feed(n, 4, (int64_t[]){c->images, 3, c->height ? c->height : c->size, c->size});
	rl_val feature[RL_NFEATURES];
	const int model = rl_parse_choice(c->model, models, "--model");
	const bool detector = model == FASTER_RCNN_C4 || model == MASK_RCNN_FPN;
	const struct rl_detector_config d =
		model == MASK_RCNN_FPN ? rl_mask_rcnn_fpn(&r, 80) : rl_faster_rcnn_c4(&r, 20);
	const struct rl_fcn fcn = rl_fcn_r50_d8(&r, 21, false);
	struct rl_trunk_values t;

	if (detector)
		rl_trunk(n, &d, x, &t);
	else if (model == FCN)
		rl_fcn(n, &fcn, x, c->train);
	else
		rl_resnet(n, &r, "", x, feature);
	collect(f, n);
	if (detector)
		collect_heads(f, c, &d, n, &t);
	rl_net_free(n);
	rl_params_free(params);
}

static double flop(const struct conv *v)
{
	return 2.0 * (double)(v->y[0] * v->y[1] * v->y[2] * v->y[3]) *
	       (double)(v->w[1] * v->w[2] * v->w[3]);
}

/* ---- where it is done -------------------------------------------------------------------------
 */

/* Small numbers of both signs everywhere: zeros or denormals would make other times. */
static struct arena arena(size_t size, enum rl_number number)
{
	const size_t block = 1 << 20;
	struct arena a = {rl_aligned(size + block), size, 0};
	uint32_t state = 1, bits;

	for (size_t i = 0; i < block; i += sizeof(bits)) {
		state = state * 1664525 + 1013904223;
		float value = (float)(int32_t)(state | 1) * 0x1p-36f;
		memcpy(&bits, &value, sizeof(bits));
		if (number == RL_BFLOAT16) /* two of them, the upper half of a float each */
			bits = bits >> 16 | (bits & 0xffff0000);
		memcpy(a.base + i, &bits, sizeof(bits));
	}
	for (size_t i = block; i < size; i += block)
		memcpy(a.base + i, a.base, block);
	return a;
}

/* The next piece; at the end of the arena its beginning, which has left the caches by then. */
static struct map take(struct arena *a, size_t size)
{
	size = (size + 63) / 64 * 64;
	if (size > a->size)
		rl_die("a map of %zu MiB does not fit: raise --memory", size >> 20);
	if (a->used + size > a->size)
		a->used = 0;
	a->used += size;
	return (struct map){a->base + a->used - size, size};
}

/* `last` again if it has the size. */
static struct map follow(struct arena *a, struct map last, size_t size)
{
	return (size + 63) / 64 * 64 == last.size ? last : take(a, size);
}

static size_t bytes(const struct rl_prim *p, enum rl_arg which)
{
	struct rl_md md = rl_prim_md(p, which);

	return rl_md_bytes(&md);
}

static void bind(struct floor *f, struct call *c, enum rl_arg which, char *data)
{
	rl_call_arg(&c->call, f->d, which, (struct rl_memory){.base = data});
}

/* Any layout, in the numbers that the maps are in. */
static struct rl_md any(const struct floor *f, const int64_t dim[4])
{
	return rl_md_of(f->number, rl_md_any(4, dim));
}

static struct call *add(struct floor *f, const struct conv *v, enum rl_pass pass,
			const struct rl_prim *hint)
{
	struct call *c = &f->call[f->ncall++];

	c->pass = pass;
	c->prim = rl_prim_conv(f->d, pass, any(f, v->x),
			       pass == RL_BACKWARD_WEIGHTS ? rl_md_any(4, v->w) : any(f, v->w),
			       any(f, v->y), v->window, NULL, hint);
	f->flop += flop(v);
	return c;
}

/* Returns y, and where x was. */
static struct map plan_forward(struct floor *f, const struct conv *v, enum rl_pass pass,
			       struct map last, struct map *x)
{
	struct call *c = add(f, v, pass, NULL);
	struct map w = take(&f->weights, bytes(&c->prim, RL_ARG_WEIGHTS));
	struct map y;

	*x = follow(&f->maps, last, bytes(&c->prim, RL_ARG_SRC));
	y = take(&f->maps, bytes(&c->prim, RL_ARG_DST));
	rl_call_begin(&c->call, &c->prim);
	bind(f, c, RL_ARG_SRC, x->data);
	bind(f, c, RL_ARG_WEIGHTS, w.data);
	bind(f, c, RL_ARG_DST, y.data);
	return y;
}

static struct map plan_by_data(struct floor *f, const struct conv *v, struct map *dy,
			       const struct rl_prim *hint)
{
	struct call *c = add(f, v, RL_BACKWARD_DATA, hint);
	struct map w = take(&f->weights, bytes(&c->prim, RL_ARG_WEIGHTS));
	struct map dx;

	*dy = follow(&f->maps, *dy, bytes(&c->prim, RL_ARG_DIFF_DST));
	dx = take(&f->maps, bytes(&c->prim, RL_ARG_DIFF_SRC));
	rl_call_begin(&c->call, &c->prim);
	bind(f, c, RL_ARG_DIFF_DST, dy->data);
	bind(f, c, RL_ARG_WEIGHTS, w.data);
	bind(f, c, RL_ARG_DIFF_SRC, dx.data);
	return dx;
}

static bool has_no_kernel(struct floor *f, const struct conv *v, const struct rl_prim *hint)
{
	struct rl_prim blocked = rl_prim_conv(f->d, RL_BACKWARD_WEIGHTS,
					      rl_prim_md(hint, RL_ARG_SRC), rl_md_any(4, v->w),
					      rl_prim_md(hint, RL_ARG_DST), v->window, NULL, hint);
	bool slow = rl_prim_is_slow(&blocked);

	rl_prim_free(&blocked);
	return slow;
}

static void plan_by_weights(struct floor *f, const struct conv *v, struct map x, struct map dy,
			    const struct rl_prim *hint)
{
	struct call *c = add(f, v, RL_BACKWARD_WEIGHTS, hint);
	struct map dw = take(&f->weights, bytes(&c->prim, RL_ARG_DIFF_WEIGHTS));

	c->by_gemm = has_no_kernel(f, v, hint);
	if (c->by_gemm) {
		c->m = v->w[0];
		c->n = v->w[1] * v->w[2] * v->w[3];
		c->k = v->y[0] * v->y[2] * v->y[3];
		c->a = (float *)follow(&f->maps, dy, (size_t)(c->k * c->m) * sizeof(float)).data;
		c->b = (float *)take(&f->maps, (size_t)(c->k * c->n) * sizeof(float)).data;
		c->c = (float *)dw.data;
		return;
	}
	x = follow(&f->maps, x, bytes(&c->prim, RL_ARG_SRC));
	dy = follow(&f->maps, dy, bytes(&c->prim, RL_ARG_DIFF_DST));
	rl_call_begin(&c->call, &c->prim);
	bind(f, c, RL_ARG_SRC, x.data);
	bind(f, c, RL_ARG_DIFF_DST, dy.data);
	bind(f, c, RL_ARG_DIFF_WEIGHTS, dw.data);
}

/* No less than all maps and matrices need together; some layouts pad channels. */
static size_t room_for_maps(const struct floor *f)
{
	int64_t room = 0;

	for (int k = 0; k < f->nconv; k++) {
		const struct conv *v = &f->conv[k];

		room += v->x[0] * (v->x[1] + 16) * v->x[2] * v->x[3];
		room += v->y[0] * (v->y[1] + 16) * v->y[2] * v->y[3];
		room += v->y[0] * v->y[2] * v->y[3] * v->w[1] * v->w[2] * v->w[3];
	}
	return (size_t)room * 2 * sizeof(float);
}

static size_t room_for_weights(const struct floor *f)
{
	int64_t room = 0;

	for (int k = 0; k < f->nconv; k++) {
		const int64_t *w = f->conv[k].w;

		room += (w[0] + 16) * (w[1] + 16) * w[2] * w[3];
	}
	return (size_t)room * sizeof(float);
}

static void plan(struct floor *f, const struct config *c)
{
	struct map *x = rl_calloc((size_t)f->nconv, sizeof(*x)), last = {0};
	size_t scratch = 0, most = (size_t)c->memory << 20, maps = room_for_maps(f);

	f->weights = arena((c->train ? 3 : 1) * room_for_weights(f), f->number);
	f->maps = arena(maps < most ? maps : most, f->number);
	f->call = rl_calloc((size_t)f->nconv * 3, sizeof(*f->call));
	for (int k = 0; k < f->nconv; k++)
		last = plan_forward(f, &f->conv[k], c->train ? RL_TRAINING : RL_INFERENCE, last,
				    &x[k]);
	for (int k = f->nconv - 1; k >= 0 && c->train; k--) {
		const struct rl_prim *hint = &f->call[k].prim;
		struct map dy = last;

		if (f->conv[k].by_data)
			last = plan_by_data(f, &f->conv[k], &dy, hint);
		plan_by_weights(f, &f->conv[k], x[k], dy, hint);
	}
	free(x);
	for (int i = 0; i < f->ncall; i++) {
		size_t need = bytes(&f->call[i].prim, RL_ARG_SCRATCHPAD);

		scratch = !f->call[i].by_gemm && need > scratch ? need : scratch;
	}
	f->scratch = memset(rl_aligned(scratch + 64), 0, scratch);
	for (int i = 0; i < f->ncall; i++)
		if (!f->call[i].by_gemm)
			bind(f, &f->call[i], RL_ARG_SCRATCHPAD, f->scratch);
}

/* ---- doing it ---------------------------------------------------------------------------------
 */

/* All memory has been touched and every kernel generated: the first pass is as fast as the next. */

static void run(struct floor *f)
{
	double now = rl_now();

	for (int i = 0; i < f->ncall; i++) {
		const struct call *c = &f->call[i];
		double before = now;

		if (c->by_gemm)
			rl_gemm_tn(c->c, c->a, c->b, c->m, c->n, c->k);
		else
			rl_call_run(&c->call, f->d, 0);
		now = rl_now();
		f->seconds[c->pass] += now - before;
	}
}

static void report(const struct floor *f, const struct config *c)
{
	double total = 0, forward = f->seconds[RL_INFERENCE] + f->seconds[RL_TRAINING];
	double n = (double)c->passes;
	int64_t by_gemm = 0;

	for (int i = 0; i <= RL_BACKWARD_WEIGHTS; i++)
		total += f->seconds[i] / n;
	for (int i = 0; i < f->ncall; i++)
		by_gemm += f->call[i].by_gemm;
	rl_json_print(json_pack(
		"{s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:i, s:I, s:b}", "seconds", total, "images",
		(json_int_t)c->images, "forward", forward / n, "data",
		f->seconds[RL_BACKWARD_DATA] / n, "weights", f->seconds[RL_BACKWARD_WEIGHTS] / n,
		"gflop", 1e-9 * f->flop, "gflop_per_s", 1e-9 * f->flop / total, "convolutions",
		f->nconv, "by_gemm", (json_int_t)by_gemm, "native_bf16", rl_onednn_has_bf16()));
}

int main(int argc, char **argv)
{
	static const char *const precisions[] = {"fp32", "bf16", NULL};
	struct config c = {.model = "resnet",
			   .arch = "resnet50",
			   .regions = 512,
			   .precision = "fp32",
			   .width = 64,
			   .images = 32,
			   .size = 224,
			   .passes = 1,
			   .threads = omp_get_max_threads(),
			   .memory = 2048};
	const struct rl_opt opts[] = {
		RL_OPT_STR("model", &c.model, "NAME",
			   "resnet, or a whole faster-rcnn-c4, mask-rcnn-fpn or fcn"),
		RL_OPT_INT("regions", &c.regions, 4, 4096, "N",
			   "of a detector's heads, an image; a fourth of them have masks"),
		RL_OPT_STR("arch", &c.arch, "NAME", "resnet18, resnet34, resnet50, resnet101"),
		RL_OPT_INT("width", &c.width, 8, 1024, "N", "channels of the stem"),
		RL_OPT_INT("images", &c.images, 1, 65536, "N", "images, or patches, at once"),
		RL_OPT_INT("size", &c.size, 32, 4096, "N", "side of an image in pixels"),
		RL_OPT_INT("height", &c.height, 0, 4096, "N", "if it is another"),
		RL_OPT_STR("precision", &c.precision, "P", "fp32 or bf16"),
		RL_OPT_FLAG("train", &c.train, "also both backward passes"),
		RL_OPT_INT("passes", &c.passes, 1, 1000, "N",
			   "over the network; the seconds are their mean"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "threads of the library"),
		RL_OPT_INT("memory", &c.memory, 1, 1 << 20, "MiB", "of maps at most"),
		RL_OPT_END};
	struct floor f = {0};

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand", argv[argc - 1]);
	omp_set_num_threads((int)c.threads);
	if (rl_parse_choice(c.precision, precisions, "--precision"))
		f.number = RL_BFLOAT16;
	f.d = rl_onednn_new();
	read_tapes(&f, &c);
	plan(&f, &c);
	for (int64_t i = 0; i < c.passes; i++)
		run(&f);
	report(&f, &c);
	for (int i = 0; i < f.ncall; i++) {
		rl_call_free(&f.call[i].call);
		rl_prim_free(&f.call[i].prim);
	}
	rl_onednn_free(&f.d);
	free(f.conv);
	free(f.call);
	free(f.maps.base);
	free(f.weights.base);
	free(f.scratch);
	return RL_EXIT_OK;
}
