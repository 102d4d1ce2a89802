/*
 * RoIAlign, forward and backward.
 *
 * A bilinear sample is a product of a row's and a column's weights, and whether it lies on the map
 * is decided for rows and columns apart; so a bin's average of samples is one weight for each row
 * it touches times one for each column, and the samples are never made one by one.
 */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/maps.h"

#include <math.h>
#include <string.h>

enum { BINS = 32 }; /* the most a side */

/* The rows (or columns) that each bin touches: bin b has count[b] from first[b] on, with weights
 * from weight[start[b]] on. */
struct band {
	int32_t first[BINS], count[BINS], start[BINS];
	float weight[]; /* room */
};

enum { BANDS, SUMS };

/* Bins lie side by side, and each touches at most two rows beyond its own extent. */
static int64_t room(const struct rl_net *n, const struct op *op)
{
	int64_t most = 0;

	for (int i = 0; i < op->nin; i++)
		for (int axis = 2; axis < 4; axis++)
			if (n->value[op->in[i]].dim[axis] > most)
				most = n->value[op->in[i]].dim[axis];
	return most + 4 * op->c.roi.how.bins;
}

static size_t band_bytes(const struct rl_net *n, const struct op *op)
{
	return sizeof(struct band) + (size_t)room(n, op) * sizeof(float);
}

static struct band *band_of(const struct rl_net *n, const struct op *op, int64_t region, int axis)
{
	return (struct band *)((char *)rl_op_memory(op, BANDS) +
			       (size_t)(2 * region + axis) * band_bytes(n, op));
}

static void plan(struct rl_net *n, struct op *op)
{
	size_t sums = 0;

	/* What is pooled takes the layout that its reader likes; a feed that nobody has laid out
	 * yet suits us best with its channels side by side. */
	for (int i = 0; i < op->nin; i++) {
		struct value *x = rl_op_in(n, op, i);

		if (!x->laid_out)
			rl_value_layout(
				x, rl_md_of(rl_value_number(n, x), rl_md_channels_last(x->dim)));
		if (x->md.number == RL_BFLOAT16 && rl_md_numbers(&x->md) > sums)
			sums = rl_md_numbers(&x->md);
	}
	rl_op_buffer(n, op, 2 * (size_t)op->c.roi.rois * band_bytes(n, op), BETWEEN);
	rl_op_buffer(n, op, sums * sizeof(float), IN_BACKWARD);
}

/* ---- weights ----------------------------------------------------------------------------------
 */

static void add_sample(struct band *b, int bin, double at, int64_t size, double by)
{
	if (at < -1 || at > (double)size)
		return;
	int32_t low = at > 0 ? (int32_t)at : 0;
	double part = at > 0 ? at - low : 0;

	if (low >= size - 1) {
		low = (int32_t)size - 1;
		part = 0;
	}
	if (!b->count[bin])
		b->first[bin] = low;
	float *w = b->weight + b->start[bin];
	int32_t need = low - b->first[bin] + 1 + (part > 0);

	while (b->count[bin] < need)
		w[b->count[bin]++] = 0;
	w[low - b->first[bin]] += (float)(by * (1 - part));
	if (part > 0)
		w[low - b->first[bin] + 1] += (float)(by * part);
}

static void fill_band(struct band *b, const struct rl_roi_align *how, double from, double to,
		      double scale, int64_t size)
{
	double shift = how->aligned ? 0.5 : 0, begin = from * scale - shift;
	double extent = to * scale - shift - begin;

	if (!how->aligned && extent < 1)
		extent = 1;
	double bin = extent / how->bins;
	int samples = how->sampling ? how->sampling : (int)ceil(bin);

	memset(b->count, 0, sizeof(b->count));
	b->start[0] = 0;
	for (int k = 0; k < how->bins; k++) {
		if (k)
			b->start[k] = b->start[k - 1] + b->count[k - 1];
		for (int i = 0; i < samples; i++)
			add_sample(b, k, begin + k * bin + (i + 0.5) * bin / samples, size,
				   1.0 / samples);
	}
}

static void fill_bands(struct rl_net *n, struct op *op)
{
	const struct rl_roi_align *how = &op->c.roi.how;

#pragma omp parallel for schedule(static)
	for (int64_t r = 0; r < op->c.roi.rois; r++) {
		const struct rl_roi *roi = &op->c.roi.roi[r];
		const struct value *x = rl_op_in(n, op, roi->level);

		for (int axis = 0; axis < 2; axis++)
			fill_band(band_of(n, op, r, axis), how, roi->box[1 - axis],
				  roi->box[3 - axis], how->scale[roi->level], x->dim[2 + axis]);
	}
}

static void check_regions(struct rl_net *n, const struct op *op)
{
	const int64_t limit = 1 << 24;

	for (int64_t r = 0; r < op->c.roi.rois; r++) {
		const struct rl_roi *roi = &op->c.roi.roi[r];

		if (roi->level < 0 || roi->level >= op->nin || roi->image < 0 ||
		    roi->image >= rl_op_in(n, op, 0)->dim[0])
			rl_die("network: region %lld: no such image or level", (long long)r);
		for (int k = 0; k < 4; k++)
			if (!(fabsf(roi->box[k]) < (float)limit))
				rl_die("network: region %lld: no box", (long long)r);
	}
}

/* ---- passes -----------------------------------------------------------------------------------
 */

/* One run of channels of one region, and where they are in the map and in the output. */
struct patch {
	const struct maps *x, *y;
	void *map, *out;
	int64_t x_at, y_at, lanes;
	const struct band *row, *column;
	int bins;
};

RL_INLINE int64_t pixel_of(const struct patch *p, int by, int bx, int iy, int ix)
{
	return p->x_at + ((p->row->first[by] + iy) * p->x->width + p->column->first[bx] + ix) *
				 p->x->at.pixel;
}

RL_INLINE void pool_lanes(const struct patch *p, int64_t lanes, bool bf16)
{
	int64_t o = p->y_at;

	for (int by = 0; by < p->bins; by++) {
		const float *wy = p->row->weight + p->row->start[by];

		for (int bx = 0; bx < p->bins; bx++, o += p->y->at.pixel) {
			const float *wx = p->column->weight + p->column->start[bx];
			rl_f8 sum = {0};

			for (int iy = 0; iy < p->row->count[by]; iy++) {
				rl_f8 line = {0}, v;

				for (int ix = 0; ix < p->column->count[bx]; ix++) {
					rl_load(&v, p->map, pixel_of(p, by, bx, iy, ix), lanes,
						bf16);
					line += v * wx[ix];
				}
				sum += line * wy[iy];
			}
			rl_store(p->out, &sum, o, lanes, bf16);
		}
	}
}

RL_CLONES
static void pool(const struct patch *p)
{
	if (p->lanes == RL_LANES && !p->x->bf16)
		pool_lanes(p, RL_LANES, false);
	else
		pool_lanes(p, p->lanes, p->x->bf16);
}

/* Into sums in float of the map's layout. */
RL_INLINE void spread_lanes(const struct patch *p, int64_t lanes, bool bf16)
{
	int64_t o = p->y_at;

	for (int by = 0; by < p->bins; by++) {
		const float *wy = p->row->weight + p->row->start[by];

		for (int bx = 0; bx < p->bins; bx++, o += p->y->at.pixel) {
			const float *wx = p->column->weight + p->column->start[bx];
			rl_f8 dy;

			rl_load(&dy, p->out, o, lanes, bf16);
			for (int iy = 0; iy < p->row->count[by]; iy++) {
				rl_f8 line = dy * wy[iy], v;

				for (int ix = 0; ix < p->column->count[bx]; ix++) {
					int64_t at = pixel_of(p, by, bx, iy, ix);

					rl_load(&v, p->map, at, lanes, false);
					v += line * wx[ix];
					rl_store(p->map, &v, at, lanes, false);
				}
			}
		}
	}
}

RL_CLONES
static void spread(const struct patch *p)
{
	if (p->lanes == RL_LANES && !p->y->bf16)
		spread_lanes(p, RL_LANES, false);
	else
		spread_lanes(p, p->lanes, p->y->bf16);
}

/* Channels from c on that lie side by side in both. */
static int64_t run_of_both(const struct maps *x, const struct maps *y, int64_t c)
{
	int64_t lanes = maps_run(x, c), other = maps_run(y, c);

	return lanes < other ? lanes : other;
}

static struct patch patch_of(const struct rl_net *n, const struct op *op, int64_t region,
			     const struct maps *x, const struct maps *y, int64_t c)
{
	return (struct patch){.x = x,
			      .y = y,
			      .x_at = maps_channel(x, op->c.roi.roi[region].image, c),
			      .y_at = maps_channel(y, region, c),
			      .lanes = run_of_both(x, y, c),
			      .row = band_of(n, op, region, 0),
			      .column = band_of(n, op, region, 1),
			      .bins = op->c.roi.how.bins};
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *out = rl_op_out(n, op);
	const struct maps y = maps_of(out);

	(void)at;
	check_regions(n, op);
	fill_bands(n, op);
#pragma omp parallel for schedule(dynamic)
	for (int64_t r = 0; r < op->c.roi.rois; r++) {
		const struct value *in = rl_op_in(n, op, op->c.roi.roi[r].level);
		const struct maps x = maps_of(in);
		int64_t lanes;

		for (int64_t c = 0; c < in->dim[1]; c += lanes) {
			struct patch p = patch_of(n, op, r, &x, &y, c);

			lanes = p.lanes;
			p.map = in->data.base;
			p.out = out->data.base;
			pool(&p);
		}
	}
	rl_clear_lanes(out, out->data.base, op->c.roi.rois);
}

/* Threads share out the channels, so that each pixel's sum has one order. */
static void backward_level(struct rl_net *n, struct op *op, int level)
{
	const struct value *in = rl_op_in(n, op, level), *out = rl_op_out(n, op);
	const struct maps x = maps_of(in), y = maps_of(out);
	/* Every run begins at a multiple of it, whatever the layouts. */
	const int64_t step = run_of_both(&x, &y, 0);
	size_t count = rl_md_numbers(&in->md);
	float *sums = x.bf16 ? rl_op_memory(op, SUMS) : rl_floats(op->dx[level]);

	memset(sums, 0, count * sizeof(*sums));
#pragma omp parallel for schedule(static)
	for (int64_t c = 0; c < in->dim[1]; c += step) {
		for (int64_t r = 0; r < op->c.roi.rois; r++) {
			struct patch p = patch_of(n, op, r, &x, &y, c);

			if (op->c.roi.roi[r].level != level)
				continue;
			if (p.lanes > step)
				p.lanes = step;
			p.map = sums;
			p.out = out->grad.base;
			spread(&p);
		}
	}
	if (x.bf16)
		rl_to_bf16((uint16_t *)op->dx[level].base, sums, count);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	(void)at;
	for (int i = 0; i < op->nin; i++)
		if (op->dx[i].base)
			backward_level(n, op, i);
}

static const struct optype type = {
	.name = "roi align",
	.plan = plan,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

rl_val rl_roi_align(struct rl_net *n, const rl_val *in, int64_t regions,
		    const struct rl_roi_align *how)
{
	struct op *op;
	const struct value *x;

	if (how->levels < 1 || how->levels > OP_IN || how->bins < 1 || how->bins > BINS)
		rl_die("network: RoIAlign of %d levels, %d bins", how->levels, how->bins);
	op = rl_op_append(n, &type, how->levels, in);
	x = rl_op_in(n, op, 0);
	for (int i = 0; i < op->nin; i++) {
		const struct value *other = rl_op_in(n, op, i);

		if (other->ndim != 4 || other->dim[0] != x->dim[0] || other->dim[1] != x->dim[1])
			rl_die("network: RoIAlign needs maps of the same images and channels");
	}
	op->c.roi.how = *how;
	op->c.roi.rois = regions;
	return rl_op_output(n, op, 4, (int64_t[]){regions, x->dim[1], how->bins, how->bins});
}

void rl_roi_align_regions(struct rl_net *n, rl_val out, const struct rl_roi *regions)
{
	n->op[n->value[out].producer].c.roi.roi = regions;
}
