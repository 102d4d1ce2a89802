#include "randomtape.h"

#include "dot.h"
#include "fill.h"

#include "base/err.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- drawing ----------------------------------------------------------------------------------
 */

struct drawing {
	struct random_tape *t;
	struct rl_net *net;
	struct rl_rng rng;
	bool train, layers;
	int channels; /* what most layers give, so that sums find summands */
	int again;    /* one in so many readers may take a value that has one */
	bool read[TAPE_VALUES];
};

struct shape {
	int ndim;
	int64_t dim[4];
};

static int below(struct drawing *d, int n)
{
	return (int)rl_rng_below(&d->rng, (uint32_t)n);
}

static bool one_in(struct drawing *d, int n)
{
	return below(d, n) == 0;
}

static int one_of(struct drawing *d, const int *list, int n)
{
	return list[below(d, n)];
}

#define ONE_OF(d, ...) one_of(d, (int[]){__VA_ARGS__}, RL_LEN(((int[]){__VA_ARGS__})))

static int draw_channels(struct drawing *d)
{
	return d->channels && !one_in(d, 3) ? d->channels
					    : ONE_OF(d, 2, 3, 5, 8, 13, 16, 20, 24, 33);
}

static struct shape shape_of(const struct drawing *d, rl_val v)
{
	struct shape s = {0};

	s.ndim = rl_net_shape(d->net, v, s.dim);
	return s;
}

static int64_t numbers(struct shape s)
{
	int64_t n = 1;

	for (int i = 0; i < s.ndim; i++)
		n *= s.dim[i];
	return n;
}

static bool same_shape(struct shape a, struct shape b)
{
	return a.ndim == b.ndim && !memcmp(a.dim, b.dim, (size_t)a.ndim * sizeof(*a.dim));
}

static void put(struct drawing *d, rl_val v)
{
	d->t->value[d->t->nvalue++] = v;
}

static rl_val feed(struct drawing *d, struct shape s)
{
	return d->t->feed[d->t->nfeed++] = rl_feed(d->net, s.ndim, s.dim);
}

/* One of the values that are `wanted`, rather one that nobody has read; -1: there is none. */
static rl_val pick_of(struct drawing *d, const bool *wanted)
{
	int all[TAPE_VALUES], unread[TAPE_VALUES], n = 0, fresh = 0, i;

	for (i = 0; i < d->t->nvalue; i++) {
		if (wanted[i])
			all[n++] = i;
		if (wanted[i] && !d->read[i])
			unread[fresh++] = i;
	}
	if (!n)
		return -1;
	i = fresh && !one_in(d, d->again) ? one_of(d, unread, fresh) : one_of(d, all, n);
	d->read[i] = true;
	return d->t->value[i];
}

static rl_val read_last(struct drawing *d)
{
	d->read[d->t->nvalue - 1] = true;
	return d->t->value[d->t->nvalue - 1];
}

/* One of so many dimensions; 0: of any. */
static rl_val pick(struct drawing *d, int ndim)
{
	bool wanted[TAPE_VALUES];

	for (int i = 0; i < d->t->nvalue; i++)
		wanted[i] = !ndim || shape_of(d, d->t->value[i]).ndim == ndim;
	return pick_of(d, wanted);
}

/* ---- the ops ----------------------------------------------------------------------------------
 */

/* Layers of a kind and shape have one of two names, so that many are used again. */
static const char *name_of(struct drawing *d, char *name, size_t size, const char *kind, int64_t in,
			   int out, int kernel)
{
	snprintf(name, size, "%s%d.%d.%d.%c", kind, (int)in, out, kernel, 'a' + below(d, 2));
	return name;
}

static rl_val conv_to(struct drawing *d, rl_val x, struct rl_conv c)
{
	char name[64];

	name_of(d, name, sizeof(name), "conv", shape_of(d, x).dim[1], c.out, c.kernel);
	return rl_conv(d->net, x, name, c);
}

static rl_val linear_to(struct drawing *d, rl_val x, int out)
{
	char name[64];

	name_of(d, name, sizeof(name), "fc", shape_of(d, x).dim[1], out, 0);
	return rl_linear(d->net, x, name, out, 0.1);
}

static bool fits(struct shape s, int kernel)
{
	return s.dim[2] > kernel && s.dim[3] > kernel;
}

static rl_val bnorm_of(struct drawing *d, rl_val x)
{
	struct shape s = shape_of(d, x);
	struct rl_bnorm c = {.momentum = 0.1, .eps = 1e-5, .copies = 1};
	char name[64];

	/* Of a few numbers the variance is often nearly none. */
	c.running = numbers(s) / s.dim[1] < 8 || (d->train ? one_in(d, 3) : !one_in(d, 4));
	c.relu = one_in(d, 2);
	c.fixed = one_in(d, 6);
	name_of(d, name, sizeof(name), c.running ? "running" : "batch", s.dim[1], c.fixed, 0);
	return rl_bnorm(d->net, x, name, c);
}

static void draw_conv(struct drawing *d)
{
	rl_val x = pick(d, 4);
	struct shape s = shape_of(d, x);
	struct rl_conv c = {.out = draw_channels(d), .kernel = 1, .stride = 1, .dilation = 1};

	if (!d->layers)
		return;
	if (fits(s, 3)) {
		c.kernel = ONE_OF(d, 1, 3, 3);
		c.stride = ONE_OF(d, 1, 1, 1, 1, 2);
	}
	if (c.kernel == 3)
		c.pad = c.dilation = ONE_OF(d, 1, 1, 1, 2);
	put(d, conv_to(d, x, c));
	if (one_in(d, 2))
		put(d, bnorm_of(d, read_last(d)));
}

static void draw_bnorm(struct drawing *d)
{
	put(d, bnorm_of(d, pick(d, 0)));
}

static void draw_dropout(struct drawing *d)
{
	rl_val x = pick(d, 0);
	struct shape s = shape_of(d, x);
	int rows = s.dim[0] % 2 ? 1 : ONE_OF(d, 1, 2);

	if (s.ndim == 4 && one_in(d, 2))
		put(d, rl_dropout_channels(d->net, x, 0.3));
	else
		put(d, rl_dropout(d->net, x, rows, 0.3));
}

/* Any two maps of one size, as long as they do not become too many. */
static void draw_concat(struct drawing *d)
{
	rl_val a = pick(d, 4), b;
	struct shape s = shape_of(d, a), other;
	bool wanted[TAPE_VALUES];

	for (int i = 0; i < d->t->nvalue; i++) {
		other = shape_of(d, d->t->value[i]);
		wanted[i] = d->t->value[i] != a && s.dim[1] + other.dim[1] <= 64;
		other.dim[1] = s.dim[1];
		wanted[i] &= same_shape(other, s);
	}
	b = pick_of(d, wanted);
	if (b >= 0)
		put(d, rl_concat(d->net, a, b));
}

/* The summands are any two of one shape; where there is but one, a layer makes another. */
static void draw_sum(struct drawing *d)
{
	rl_val a = pick(d, 0), b;
	struct shape s = shape_of(d, a);
	bool wanted[TAPE_VALUES];

	for (int i = 0; i < d->t->nvalue; i++)
		wanted[i] = d->t->value[i] != a && same_shape(shape_of(d, d->t->value[i]), s);
	b = pick_of(d, wanted);
	if (b < 0 && !d->layers)
		b = rl_relu(d->net, a);
	else if (b < 0 && s.ndim == 4)
		b = conv_to(d, a, (struct rl_conv){(int)s.dim[1], 1, 1, 0, 1});
	else if (b < 0)
		b = linear_to(d, a, (int)s.dim[1]);
	put(d, one_in(d, 2) ? rl_add_relu(d->net, a, b) : rl_add(d->net, b, a));
}

static void draw_bias(struct drawing *d)
{
	rl_val x = pick(d, 4);
	char name[64];

	name_of(d, name, sizeof(name), "bias", shape_of(d, x).dim[1], 0, 0);
	put(d, rl_bias(d->net, x, name, one_in(d, 2)));
}

static void draw_deconv(struct drawing *d)
{
	rl_val x = pick(d, 4);
	struct shape s = shape_of(d, x);
	int out = draw_channels(d);
	char name[64];

	if (!d->layers || fits(s, 6))
		return;
	name_of(d, name, sizeof(name), "deconv", s.dim[1], out, 0);
	put(d, rl_deconv(d->net, x, name, out));
}

/* To the size of another map, as in a pyramid, or to any. */
static void draw_interpolate(struct drawing *d)
{
	rl_val x = pick(d, 4);
	struct shape s = shape_of(d, pick(d, 4));
	enum rl_interpolation how = below(d, 3);

	if (one_in(d, 3))
		s.dim[2] = 1 + below(d, 10);
	if (one_in(d, 3))
		s.dim[3] = 1 + below(d, 10);
	put(d, rl_interpolate(d->net, x, s.dim[2], s.dim[3], how));
}

static float between(struct drawing *d, double low, double high)
{
	return (float)(low + (high - low) * rl_rng_uniform(&d->rng));
}

/* Regions of an image of 100 pixels a side, some over its edge. */
static void draw_regions(struct drawing *d, struct rl_roi *region, int n, int images, int levels)
{
	for (int i = 0; i < n; i++) {
		struct rl_roi *r = &region[i];

		r->image = below(d, images);
		r->level = below(d, levels);
		for (int k = 0; k < 2; k++) {
			r->box[k] = between(d, -15, 50);
			r->box[k + 2] = r->box[k] + between(d, 30, 70);
		}
	}
}

static void draw_roi_align(struct drawing *d)
{
	rl_val x[3] = {pick(d, 4)}, y;
	struct shape first = shape_of(d, x[0]), s;
	struct rl_roi_align how = {.aligned = one_in(d, 2)};
	struct rl_roi *region = d->t->region[d->t->nvalue];
	int n = 1 + below(d, TAPE_REGIONS);

	how.bins = 1 + below(d, 4);
	how.sampling = ONE_OF(d, 0, 2);
	for (int i = 0; i < d->t->nvalue && how.levels < (int)RL_LEN(x); i++) {
		s = shape_of(d, d->t->value[i]);
		if (s.ndim != 4 || s.dim[0] != first.dim[0] || s.dim[1] != first.dim[1] ||
		    (how.levels && one_in(d, 2)))
			continue;
		how.scale[how.levels] = (double)(s.dim[2] < s.dim[3] ? s.dim[2] : s.dim[3]) / 100;
		x[how.levels++] = d->t->value[i];
	}
	y = rl_roi_align(d->net, x, n, &how);
	draw_regions(d, region, n, (int)first.dim[0], how.levels);
	rl_roi_align_regions(d->net, y, region);
	put(d, y);
}

static void draw_pool(struct drawing *d)
{
	rl_val x = pick(d, 4);
	struct rl_pool c = {.kernel = ONE_OF(d, 2, 3)};

	if (!d->layers || !fits(shape_of(d, x), 3))
		return;
	c.stride = ONE_OF(d, 1, 2);
	c.pad = c.kernel == 3 && one_in(d, 2);
	put(d, one_in(d, 2) ? rl_maxpool(d->net, x, c) : rl_avgpool(d->net, x, c));
}

static void draw_rows(struct drawing *d)
{
	rl_val x = pick(d, 4);
	struct shape s = shape_of(d, x);

	if (numbers(s) / s.dim[0] <= 1024 && one_in(d, 2))
		put(d, rl_flatten(d->net, x));
	else
		put(d, rl_global_avgpool(d->net, x));
}

static void draw_linear(struct drawing *d)
{
	rl_val a = pick(d, 2), b = -1;
	int out = draw_channels(d);
	struct shape left, right;
	bool wanted[TAPE_VALUES];
	char name[64];

	if (!d->layers)
		return;
	left = shape_of(d, a);
	for (int i = 0; i < d->t->nvalue; i++) {
		right = shape_of(d, d->t->value[i]);
		wanted[i] = right.ndim == 2 && left.dim[0] % right.dim[0] == 0 &&
			    (right.dim[0] < left.dim[0] || one_in(d, 4));
	}
	if (!one_in(d, 3))
		b = pick_of(d, wanted);
	if (b < 0) {
		put(d, linear_to(d, a, out));
		return;
	}
	name_of(d, name, sizeof(name), "pairs", left.dim[1] + shape_of(d, b).dim[1], out, 0);
	put(d, rl_linear_pairs(d->net, a, b, name, out, 0.1));
}

static int draw_pixel_loss(struct drawing *d, rl_val v, uint8_t **map)
{
	const struct shape s = shape_of(d, v);
	const struct rl_pixel_ce c = {.height = s.dim[2] + below(d, 9),
				      .width = s.dim[3] + below(d, 9),
				      .how = below(d, 3),
				      .weight = 3,
				      .none = 255};
	const int64_t count = s.dim[0] * c.height * c.width;
	const int loss = rl_pixel_ce(d->net, v, &c);

	*map = rl_malloc((size_t)count);
	for (int64_t i = 0; i < count; i++)
		(*map)[i] = one_in(d, 5) ? c.none : (uint8_t)below(d, (int)s.dim[1]);
	rl_pixel_ce_labels(d->net, loss, *map);
	return loss;
}

/* v leads to a loss or hands over to another tape; or is looked at in the end. */
static void end(struct drawing *d, rl_val v)
{
	struct shape s = shape_of(d, v);
	int *loss = &d->t->loss[d->t->nend];
	int32_t *label = d->t->label[d->t->nend];
	float **gradient = &d->t->gradient[d->t->nend];

	d->t->end[d->t->nend++] = v;
	if (!d->train) {
		rl_net_keep(d->net, v);
	} else if (s.ndim == 2 && one_in(d, 2)) {
		*loss = rl_softmax_ce(d->net, v);
		for (int i = 0; i < TAPE_ROWS; i++)
			label[i] = below(d, (int)s.dim[1]);
		rl_loss_labels(d->net, *loss, label);
	} else if (s.ndim == 4 && one_in(d, 3)) {
		*loss = draw_pixel_loss(d, v, &d->t->map[d->t->nend - 1]);
	} else if (one_in(d, 4)) {
		*loss = rl_outlet(d->net, v);
		*gradient = rl_malloc((size_t)numbers(s) * sizeof(**gradient));
		fill(*gradient, (size_t)numbers(s), "outlet", -1, 1);
		rl_outlet_gradient(d->net, *loss, *gradient);
	} else {
		*loss = dot_loss(d->net, v, feed(d, s));
	}
}

static void draw_op(struct drawing *d)
{
	switch (below(d, 33)) {
	case 0:
	case 1:
	case 2:
	case 3: draw_conv(d); break;
	case 4:
	case 5: draw_bnorm(d); break;
	case 6:
	case 7: put(d, rl_relu(d->net, pick(d, 0))); break;
	case 8:
	case 9:
	case 10:
	case 11:
	case 12: draw_sum(d); break;
	case 13:
	case 14: draw_pool(d); break;
	case 15:
	case 16:
	case 17: draw_rows(d); break;
	case 18:
	case 19:
	case 20:
	case 21: draw_linear(d); break;
	case 22: draw_dropout(d); break;
	case 23: end(d, pick(d, 0)); break;
	case 24:
	case 25: draw_bias(d); break;
	case 26: draw_deconv(d); break;
	case 27:
	case 28: draw_interpolate(d); break;
	case 29:
	case 30: draw_roi_align(d); break;
	case 31:
	case 32: draw_concat(d); break;
	}
}

void random_tape_open(struct random_tape *t, uint64_t seed, bool layers,
		      const struct rl_net_config *config)
{
	struct drawing d = {.t = t,
			    .rng = rl_rng_make(seed, 0, 0, RL_RNG_SYNTH),
			    .train = config->train,
			    .layers = layers};
	int images = ONE_OF(&d, 1, 2, 4, 6), ops = 12 + below(&d, 17);
	int64_t height = 4 + below(&d, 6), width = 4 + below(&d, 6);

	*t = (struct random_tape){.params = rl_params_new()};
	d.net = t->net = rl_net_new(t->params, config);
	d.channels = draw_channels(&d);
	d.again = ONE_OF(&d, 1, 2, 4, 8);
	put(&d, feed(&d, (struct shape){4, {images, draw_channels(&d), height, width}}));
	put(&d, feed(&d, (struct shape){4, {2 * images, draw_channels(&d), height, width}}));
	put(&d, feed(&d, (struct shape){2, {2 * images, draw_channels(&d)}}));
	put(&d, feed(&d, (struct shape){2, {images, draw_channels(&d)}}));
	for (int i = 0; i < ops; i++)
		draw_op(&d);
	end(&d, t->value[t->nvalue - 1]);
	end(&d, pick(&d, 0));
}

static void fill_feed(struct rl_net *n, rl_val v)
{
	int64_t dim[4], count = 1;
	char name[32];
	float *x;

	for (int k = rl_net_shape(n, v, dim); k > 0; k--)
		count *= dim[k - 1];
	x = rl_malloc((size_t)count * sizeof(*x));
	snprintf(name, sizeof(name), "feed %d", v);
	fill(x, (size_t)count, name, -1, 1);
	rl_net_feed(n, v, x);
	free(x);
}

void random_tape_fill(struct random_tape *t)
{
	fill_params(t->params, "", 3, true);
	for (int i = 0; i < t->nfeed; i++)
		fill_feed(t->net, t->feed[i]);
}

void random_tape_close(struct random_tape *t)
{
	rl_net_free(t->net);
	rl_params_free(t->params);
	for (int i = 0; i < t->nend; i++) {
		free(t->gradient[i]);
		free(t->map[i]);
	}
}
