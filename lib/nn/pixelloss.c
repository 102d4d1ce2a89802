/*
 * Softmax cross-entropy of every pixel, with the interpolation of the logits to the labels' size in
 * it: the large maps, which are read once, are never formed but for a row.
 *
 * The forward makes the gradient along the way.  Each row of pixels leaves its own, of two rows of
 * logits, and these are added in order: neither depends on how many threads there are.
 */
#include "nn/tape.h"

#include "base/clones.h"
#include "base/err.h"
#include "nn/lanes.h"
#include "nn/tap.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { ROWS, COLUMNS, LOGITS, GRADIENT, SCORES, BY_ROW, SCRATCH }; /* buffers */

/* Floats of a thread: rows of logits, low and high, and five numbers a pixel. */
static size_t scratch_of(const struct rl_pixel_ce *c, const struct value *x)
{
	return (size_t)(x->dim[1] * (x->dim[3] + c->width) + 5 * c->width);
}

struct row_score {
	double loss;
	int64_t correct, counted;
	bool bad; /* a label that is none */
};

static void plan(struct rl_net *n, struct op *op)
{
	struct value *x = rl_op_in(n, op, 0);
	const struct rl_pixel_ce *c = &op->c.loss.pixels;
	const size_t count = rl_value_count(x) * sizeof(float), rows = (size_t)c->height;

	op->c.loss.threads = omp_get_max_threads();
	rl_value_layout_plain(n, x);
	rl_op_buffer(n, op, rows * sizeof(struct rl_tap), ALWAYS);
	rl_op_buffer(n, op, (size_t)c->width * sizeof(struct rl_tap), ALWAYS);
	rl_op_buffer(n, op, count, IN_FORWARD);
	rl_op_buffer(n, op, count, BETWEEN);
	rl_op_buffer(n, op, rows * sizeof(struct row_score), IN_FORWARD);
	rl_op_buffer(n, op, rows * (size_t)(x->dim[1] * x->dim[3]) * sizeof(float), IN_FORWARD);
	rl_op_buffer(n, op, (size_t)op->c.loss.threads * scratch_of(c, x) * sizeof(float),
		     IN_FORWARD);
}

static void bind(struct rl_net *n, struct op *op)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct rl_pixel_ce *c = &op->c.loss.pixels;

	rl_taps(c->how, x->dim[2], c->height, rl_op_memory(op, ROWS));
	rl_taps(c->how, x->dim[3], c->width, rl_op_memory(op, COLUMNS));
}

/* ---- one row of pixels ------------------------------------------------------------------------
 */

struct row {
	int64_t classes, low_height, low_width, width;
	const float *logits; /* of the image: [classes,low_height,low_width] */
	struct rl_tap at;
	const struct rl_tap *column;
	const uint8_t *label;
	uint8_t none;
	float *low, *high;           /* [classes,low_width], [classes,width] */
	float *top, *sum, *own, *by; /* [width]: see below */
	int32_t *best;
	float scale;     /* of the gradient of a pixel */
	float *gradient; /* [classes,low_width] */
};

/* e to the x for x <= 0, to 2 units in the last place; 0 below what a float can hold. */
RL_INLINE float exp_below(float x)
{
	const float at = x > -87 ? x : -87;
	const int32_t n = (int32_t)(at * 1.44269504f - 0.5f);
	const float r = at - (float)n * 0.693359375f + (float)n * 2.12194440e-4f;
	const int32_t bits = (n + 127) << 23;
	float power, y = 1.9875691500e-4f;

	y = y * r + 1.3981999507e-3f;
	y = y * r + 8.3334519073e-3f;
	y = y * r + 4.1665795894e-2f;
	y = y * r + 1.6666665459e-1f;
	y = y * r + 5.0000001201e-1f;
	y = y * r * r + r + 1;
	memcpy(&power, &bits, sizeof(power));
	return x > -87 ? y * power : 0;
}

RL_CLONES
static void enlarge(const struct row *r)
{
	const int64_t plane = r->low_height * r->low_width;

	for (int64_t k = 0; k < r->classes; k++) {
		const float *a = r->logits + k * plane + r->at.first * r->low_width;
		const float *b = r->logits + k * plane + r->at.second * r->low_width;
		float *low = r->low + k * r->low_width, *high = r->high + k * r->width;

#pragma omp simd
		for (int64_t j = 0; j < r->low_width; j++)
			low[j] = a[j] + (b[j] - a[j]) * r->at.part;
#pragma omp simd
		for (int64_t x = 0; x < r->width; x++) {
			const struct rl_tap c = r->column[x];

			high[x] = low[c.first] + (low[c.second] - low[c.first]) * c.part;
		}
	}
}

RL_CLONES
static void find_top(const struct row *r)
{
	for (int64_t x = 0; x < r->width; x++) {
		r->top[x] = r->high[x];
		r->best[x] = 0;
	}
	for (int64_t k = 1; k < r->classes; k++) {
		const float *z = r->high + k * r->width;

#pragma omp simd
		for (int64_t x = 0; x < r->width; x++) {
			r->best[x] = z[x] > r->top[x] ? (int32_t)k : r->best[x];
			r->top[x] = z[x] > r->top[x] ? z[x] : r->top[x];
		}
	}
}

/* high becomes e to the logit, less the largest. */
RL_CLONES
static void raise(const struct row *r)
{
	memset(r->sum, 0, (size_t)r->width * sizeof(*r->sum));
	for (int64_t k = 0; k < r->classes; k++) {
		float *z = r->high + k * r->width;

#pragma omp simd
		for (int64_t x = 0; x < r->width; x++) {
			z[x] = exp_below(z[x] - r->top[x]);
			r->sum[x] += z[x];
		}
	}
}

/* What a pixel's own class has, less the largest; and how its probabilities become gradients. */
static void take_own(const struct row *r, struct row_score *s)
{
	for (int64_t x = 0; x < r->width; x++) {
		const uint8_t label = r->label[x];
		const bool counts = label < r->classes;

		r->own[x] = counts ? r->high[label * r->width + x] - r->top[x] : 0;
		s->bad |= !counts && label != r->none;
		s->counted += counts;
		s->correct += counts && r->best[x] == label;
	}
}

static void add_loss(const struct row *r, struct row_score *s)
{
	for (int64_t x = 0; x < r->width; x++) {
		const bool counts = r->label[x] != r->none;

		if (counts)
			s->loss += log(r->sum[x]) - (double)r->own[x];
		r->by[x] = counts ? r->scale / r->sum[x] : 0;
	}
}

RL_CLONES
static void to_gradient(const struct row *r)
{
	for (int64_t k = 0; k < r->classes; k++) {
		float *z = r->high + k * r->width;

#pragma omp simd
		for (int64_t x = 0; x < r->width; x++)
			z[x] = z[x] * r->by[x] - (r->label[x] == k ? r->scale : 0);
	}
}

/* The transpose of the interpolation along the row: a run of pixels between the same two logits is
 * summed before it is added to them. */
static void gather_back(const struct row *r)
{
	memset(r->gradient, 0, (size_t)(r->classes * r->low_width) * sizeof(*r->gradient));
	for (int64_t k = 0; k < r->classes; k++) {
		const float *d = r->high + k * r->width;
		float *to = r->gradient + k * r->low_width;

		for (int64_t x = 0; x < r->width;) {
			const struct rl_tap *c = &r->column[x];
			float whole = 0, second = 0;

			for (; x < r->width && r->column[x].first == c->first; x++) {
				whole += d[x];
				second += d[x] * r->column[x].part;
			}
			to[c->first] += whole - second;
			to[c->second] += second;
		}
	}
}

/* ---- the op -----------------------------------------------------------------------------------
 */

/* Rows of logits, each from the rows of pixels on both sides of it. */
static void add_rows(const struct op *op, const struct value *x, int64_t image)
{
	const int64_t low_height = x->dim[2], row = x->dim[1] * x->dim[3];
	const struct rl_tap *tap = rl_op_memory(op, ROWS);
	const float *by_row = rl_op_memory(op, BY_ROW);
	float *to = (float *)rl_op_memory(op, GRADIENT) + image * row * low_height;

#pragma omp parallel for schedule(static)
	for (int64_t r = 0; r < low_height; r++) {
		for (int64_t i = 0; i < row; i++)
			to[(i / x->dim[3] * low_height + r) * x->dim[3] + i % x->dim[3]] = 0;
		for (int64_t y = 0; y < op->c.loss.pixels.height; y++) {
			const float by = (tap[y].first == r ? 1 - tap[y].part : 0) +
					 (tap[y].second == r ? tap[y].part : 0);
			const float *from = by_row + y * row;

			if (by == 0)
				continue;
			for (int64_t k = 0; k < x->dim[1]; k++)
				for (int64_t j = 0; j < x->dim[3]; j++)
					to[(k * low_height + r) * x->dim[3] + j] += by * *from++;
		}
	}
}

static void run_row(const struct op *op, const struct value *x, int64_t image, int64_t y,
		    struct row_score *score)
{
	const struct rl_pixel_ce *c = &op->c.loss.pixels;
	const int64_t classes = x->dim[1], low_width = x->dim[3];
	float *scratch = (float *)rl_op_memory(op, SCRATCH) +
			 (size_t)omp_get_thread_num() * scratch_of(c, x);
	struct row r = {.classes = classes,
			.low_height = x->dim[2],
			.low_width = low_width,
			.width = c->width,
			.logits = (float *)rl_op_memory(op, LOGITS) +
				  image * classes * x->dim[2] * low_width,
			.at = ((const struct rl_tap *)rl_op_memory(op, ROWS))[y],
			.column = rl_op_memory(op, COLUMNS),
			.none = c->none,
			.label = op->c.loss.map + (image * c->height + y) * c->width};

	r.low = scratch;
	r.high = r.low + classes * low_width;
	r.top = r.high + classes * c->width;
	r.sum = r.top + c->width;
	r.own = r.sum + c->width;
	r.by = r.own + c->width;
	r.best = (int32_t *)(r.by + c->width);
	r.scale = (float)(c->weight / (double)(x->dim[0] * c->height * c->width));
	r.gradient = (float *)rl_op_memory(op, BY_ROW) + y * classes * low_width;

	*score = (struct row_score){0};
	enlarge(&r);
	find_top(&r);
	take_own(&r, score);
	raise(&r);
	add_loss(&r, score);
	to_gradient(&r);
	gather_back(&r);
}

static void forward(struct rl_net *n, struct op *op, struct span at)
{
	const struct value *x = rl_op_in(n, op, 0);
	const struct rl_pixel_ce *c = &op->c.loss.pixels;
	struct row_score *score = rl_op_memory(op, SCORES);
	double sum = 0;

	(void)at;
	rl_value_exchange(x, x->data.base, rl_op_memory(op, LOGITS), false);
	op->c.loss.correct = op->c.loss.counted = 0;
	for (int64_t i = 0; i < x->dim[0]; i++) {
#pragma omp parallel for schedule(static) num_threads(op->c.loss.threads)
		for (int64_t y = 0; y < c->height; y++)
			run_row(op, x, i, y, &score[y]);
		for (int64_t y = 0; y < c->height; y++) {
			if (score[y].bad)
				rl_die("labels of image %lld, row %lld: one is no class and not %d",
				       (long long)i, (long long)y, c->none);
			sum += score[y].loss;
			op->c.loss.correct += score[y].correct;
			op->c.loss.counted += score[y].counted;
		}
		add_rows(op, x, i);
	}
	op->c.loss.value = c->weight * sum / (double)(x->dim[0] * c->height * c->width);
}

static void backward(struct rl_net *n, struct op *op, struct span at)
{
	(void)at;
	rl_value_exchange(rl_op_in(n, op, 0), op->dx[0].base, rl_op_memory(op, GRADIENT), true);
}

static const struct optype type = {
	.name = "pixel ce",
	.plan = plan,
	.bind = bind,
	.forward = {{.run = forward, .whole = true}},
	.backward = {{.run = backward, .whole = true, .stores = true}},
};

int rl_pixel_ce(struct rl_net *n, rl_val logits, const struct rl_pixel_ce *c)
{
	struct op *op = rl_op_append(n, &type, 1, &logits);
	const struct value *x = rl_op_in(n, op, 0);

	if (x->ndim != 4 || x->dim[1] > c->none)
		rl_die("network: cross-entropy of pixels needs N,C,H,W, of %d classes at most",
		       c->none);
	op->c.loss.pixels = *c;
	return n->nop - 1;
}

void rl_pixel_ce_labels(struct rl_net *n, int loss, const uint8_t *map)
{
	n->op[loss].c.loss.map = map;
}

int64_t rl_pixel_ce_counted(const struct rl_net *n, int loss)
{
	return n->op[loss].c.loss.counted;
}
