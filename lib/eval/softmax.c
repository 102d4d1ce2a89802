#include "eval/softmax.h"

#include "base/err.h"

#include <cblas.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLAB = 2048,   /* rows whose sum is taken in float */
	ROWS = 128,    /* of a tile of scores */
	COLUMNS = 256, /* of a tile of the gradient */
	MOST_STEPS = 100,
	MOST_PRODUCTS = 500, /* in a step */
	MOST_HALVINGS = 30,
};

struct rl_softmax {
	size_t nclass, d, stride; /* stride = d + 1 */
	size_t size;              /* nclass * stride */
	double *w;
};

struct rl_softmax *rl_softmax_new(size_t nclass, size_t d)
{
	struct rl_softmax *m = rl_calloc(1, sizeof(*m));

	if (nclass > INT_MAX || d >= INT_MAX)
		rl_die("softmax: %zu classes, %zu features: too large for BLAS", nclass, d);
	*m = (struct rl_softmax){nclass, d, d + 1, nclass * (d + 1), NULL};
	m->w = rl_calloc(m->size, sizeof(*m->w));
	return m;
}

void rl_softmax_free(struct rl_softmax *m)
{
	free(m->w);
	free(m);
}

double *rl_softmax_weights(struct rl_softmax *m)
{
	return m->w;
}

/* ---- what is done with the data, in tiles ------------------------------------------------------
 */

/* What the passes over the data of one fit share. */
struct pass {
	const struct rl_softmax *m;
	const struct rl_softmax_data *data;
	float *p;          /* [n,C] probabilities at the weights that were tried last */
	float *narrow;     /* [C,D+1] weights or a direction, rounded */
	float *residual;   /* [SLAB,C] */
	float *sum;        /* [C,D] of a slab */
	double *tile_loss; /* of each tile of rows */
};

static struct pass start(const struct rl_softmax *m, const struct rl_softmax_data *data)
{
	return (struct pass){
		.m = m,
		.data = data,
		.p = rl_realloc(NULL, data->n, m->nclass * sizeof(float)),
		.narrow = rl_realloc(NULL, m->size, sizeof(float)),
		.residual = rl_realloc(NULL, SLAB, m->nclass * sizeof(float)),
		.sum = rl_realloc(NULL, m->nclass, m->d * sizeof(float)),
		.tile_loss = rl_calloc(data->n / ROWS + 1, sizeof(double)),
	};
}

static void end(struct pass *s)
{
	free(s->p);
	free(s->narrow);
	free(s->residual);
	free(s->sum);
	free(s->tile_loss);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void round_to_float(const double *v, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (float)v[i];
}

/* out[n,C] = rows W^T + b.  Called from a parallel region, where OpenBLAS runs on one thread. */
static void scores(const struct rl_softmax *m, const float *narrow, const float *x, size_t n,
		   float *out)
{
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < m->nclass; c++)
			out[i * m->nclass + c] = narrow[c * m->stride + m->d];
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)m->nclass, (int)m->d, 1,
		    x, (int)m->d, narrow, (int)m->stride, 1, out, (int)m->nclass);
}

/* Scores become probabilities; returns the row's loss. */
static double softmax(float *z, size_t n, int32_t label)
{
	float top = z[0];
	double sum = 0;

	for (size_t c = 1; c < n; c++)
		top = fmaxf(top, z[c]);
	double own = (double)z[label] - (double)top;
	for (size_t c = 0; c < n; c++)
		sum += (double)(z[c] = expf(z[c] - top));
	float scale = (float)(1 / sum);
	for (size_t c = 0; c < n; c++)
		z[c] *= scale;
	return log(sum) - own;
}

/* The mean loss at w, and s->p. */
static double forward(struct pass *s, const double *w)
{
	const struct rl_softmax *m = s->m;
	size_t n = s->data->n, C = m->nclass;
	double loss = 0;

	round_to_float(w, m->size, s->narrow);
#pragma omp parallel for schedule(dynamic)
	for (size_t i = 0; i < n; i += ROWS) {
		size_t rows = smaller(ROWS, n - i);
		double sum = 0;

		scores(m, s->narrow, s->data->x + i * m->d, rows, s->p + i * C);
		for (size_t r = i; r < i + rows; r++)
			sum += softmax(s->p + r * C, C, s->data->label[r]);
		s->tile_loss[i / ROWS] = sum;
	}
	for (size_t i = 0; i < n; i += ROWS)
		loss += s->tile_loss[i / ROWS];
	return loss / (double)n;
}

/* out += residual^T x / n of the slab that begins at row `first`. */
static void add_slab(struct pass *s, size_t first, size_t rows, double *out)
{
	const struct rl_softmax *m = s->m;
	size_t C = m->nclass;
	double scale = 1 / (double)s->data->n;

#pragma omp parallel for schedule(dynamic)
	for (size_t j = 0; j < m->d; j += COLUMNS) {
		size_t columns = smaller(COLUMNS, m->d - j);

		cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)C, (int)columns,
			    (int)rows, 1, s->residual, (int)C, s->data->x + first * m->d + j,
			    (int)m->d, 0, s->sum + j, (int)m->d);
		for (size_t c = 0; c < C; c++)
			for (size_t k = j; k < j + columns; k++)
				out[c * m->stride + k] += scale * (double)s->sum[c * m->d + k];
	}
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < C; c++)
			out[c * m->stride + m->d] += scale * (double)s->residual[r * C + c];
}

static void add_decay(const struct rl_softmax *m, double wd, const double *v, double *out)
{
	for (size_t c = 0; c < m->nclass; c++)
		for (size_t j = 0; j < m->d; j++)
			out[c * m->stride + j] += wd * v[c * m->stride + j];
}

/* Of the objective at the weights w that forward() saw. */
static void gradient(struct pass *s, const double *w, double wd, double *out)
{
	const struct rl_softmax *m = s->m;
	size_t C = m->nclass;

	memset(out, 0, m->size * sizeof(*out));
	for (size_t i = 0; i < s->data->n; i += SLAB) {
		size_t rows = smaller(SLAB, s->data->n - i);

		memcpy(s->residual, s->p + i * C, rows * C * sizeof(float));
		for (size_t r = 0; r < rows; r++)
			s->residual[r * C + (size_t)s->data->label[i + r]] -= 1;
		add_slab(s, i, rows, out);
	}
	add_decay(m, wd, w, out);
}

/* out = the Hessian of the objective times v. */
static void curve(struct pass *s, const double *v, double wd, double *out)
{
	const struct rl_softmax *m = s->m;
	size_t C = m->nclass;

	memset(out, 0, m->size * sizeof(*out));
	round_to_float(v, m->size, s->narrow);
	for (size_t i = 0; i < s->data->n; i += SLAB) {
		size_t rows = smaller(SLAB, s->data->n - i);

#pragma omp parallel for schedule(dynamic)
		for (size_t t = 0; t < rows; t += ROWS) {
			size_t some = smaller(ROWS, rows - t);

			scores(m, s->narrow, s->data->x + (i + t) * m->d, some,
			       s->residual + t * C);
			for (size_t r = t; r < t + some; r++) {
				const float *p = s->p + (i + r) * C;
				float *a = s->residual + r * C;
				double mean = 0;

				for (size_t c = 0; c < C; c++)
					mean += (double)p[c] * (double)a[c];
				for (size_t c = 0; c < C; c++)
					a[c] = p[c] * (a[c] - (float)mean);
			}
		}
		add_slab(s, i, rows, out);
	}
	add_decay(m, wd, v, out);
}

/* ---- Newton's method ---------------------------------------------------------------------------
 */

static double dot(const double *a, const double *b, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static void add(double *a, double scale, const double *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] += scale * b[i];
}

static double decay_of(const struct rl_softmax *m, double wd, const double *w)
{
	double sum = 0;

	for (size_t c = 0; c < m->nclass; c++)
		sum += dot(w + c * m->stride, w + c * m->stride, m->d);
	return wd / 2 * sum;
}

/* Conjugate gradients on H step = -g until the residual is `enough` of g; returns the products. */
static int solve(struct pass *s, const double *g, double wd, double enough, double *step)
{
	size_t n = s->m->size;
	double *r = rl_malloc(n * sizeof(*r)), *p = rl_malloc(n * sizeof(*p));
	double *hp = rl_malloc(n * sizeof(*hp));
	double norm = dot(g, g, n), target = enough * enough * norm;
	int products = 0;

	memset(step, 0, n * sizeof(*step));
	for (size_t i = 0; i < n; i++)
		p[i] = r[i] = -g[i];
	while (norm > target && products < MOST_PRODUCTS) {
		curve(s, p, wd, hp);
		products++;
		double bend = dot(p, hp, n);
		if (bend <= 1e-14 * dot(p, p, n)) /* a constant added to all biases */
			break;
		double along = norm / bend, before = norm;
		add(step, along, p, n);
		add(r, -along, hp, n);
		norm = dot(r, r, n);
		for (size_t i = 0; i < n; i++)
			p[i] = r[i] + norm / before * p[i];
	}
	free(r);
	free(p);
	free(hp);
	return products;
}

/* The gradient's norm at zero, the scale of the tolerance; but where there is none, as of equal
 * classes whose features do not vary, what rounding leaves of one is to be tolerable. */
static double gradient_scale(struct pass *s)
{
	double *zero = rl_calloc(s->m->size, sizeof(*zero));
	double *g = rl_malloc(s->m->size * sizeof(*g));

	forward(s, zero);
	gradient(s, zero, 0, g);
	double norm = sqrt(dot(g, g, s->m->size));
	free(zero);
	free(g);
	return fmax(norm, FLT_EPSILON / RL_SOFTMAX_TOLERANCE);
}

/* Halve the step until the objective falls by a part of what its slope promises, up to the rounding
 * of the loss; *w is moved and *objective, *loss updated.  False when no step does. */
static bool search(struct pass *s, double wd, double slope, const double *step, double *objective,
		   double *loss)
{
	double *w = s->m->w, *tried = rl_malloc(s->m->size * sizeof(*tried)), length = 1;
	bool found = false;

	for (int i = 0; i < MOST_HALVINGS && !found; i++, length /= 2) {
		memcpy(tried, w, s->m->size * sizeof(*w));
		add(tried, length, step, s->m->size);
		double l = forward(s, tried), value = l + decay_of(s->m, wd, tried);
		found = value <= *objective + 1e-4 * length * slope + 1e-7 * *objective;
		if (found) {
			memcpy(w, tried, s->m->size * sizeof(*w));
			*objective = value;
			*loss = l;
		}
	}
	free(tried);
	return found;
}

struct rl_softmax_fit rl_softmax_fit(struct rl_softmax *m, const struct rl_softmax_data *data,
				     double wd)
{
	struct pass s = start(m, data);
	struct rl_softmax_fit fit = {0};
	double *g = rl_malloc(m->size * sizeof(*g)), *step = rl_malloc(m->size * sizeof(*step));
	double scale = gradient_scale(&s);

	fit.loss = forward(&s, m->w);
	double objective = fit.loss + decay_of(m, wd, m->w);
	for (;;) {
		gradient(&s, m->w, wd, g);
		fit.gradient = sqrt(dot(g, g, m->size)) / scale;
		fit.converged = fit.gradient <= RL_SOFTMAX_TOLERANCE;
		if (fit.converged || fit.steps == MOST_STEPS)
			break;
		fit.products += solve(&s, g, wd, fmin(0.3, sqrt(fit.gradient)), step);
		if (!search(&s, wd, dot(g, step, m->size), step, &objective, &fit.loss))
			break;
		fit.steps++;
	}
	free(g);
	free(step);
	end(&s);
	return fit;
}

double rl_softmax_objective(const struct rl_softmax *m, const struct rl_softmax_data *data,
			    double wd, double *g)
{
	struct pass s = start(m, data);
	double value = forward(&s, m->w) + decay_of(m, wd, m->w);

	gradient(&s, m->w, wd, g);
	end(&s);
	return value;
}

struct rl_topk rl_softmax_score(const struct rl_softmax *m, const struct rl_softmax_data *data,
				bool *right)
{
	float *narrow = rl_malloc(m->size * sizeof(*narrow));
	int64_t top1 = 0, top5 = 0;

	round_to_float(m->w, m->size, narrow);
#pragma omp parallel for schedule(dynamic) reduction(+ : top1, top5)
	for (size_t i = 0; i < data->n; i += ROWS) {
		size_t rows = smaller(ROWS, data->n - i);
		float *z = rl_malloc(rows * m->nclass * sizeof(*z));
		struct rl_topk tile = {0};

		scores(m, narrow, data->x + i * m->d, rows, z);
		for (size_t r = 0; r < rows; r++) {
			int64_t before = tile.top1;

			rl_topk_add(&tile, z + r * m->nclass, data->label + i + r, 1,
				    (int64_t)m->nclass);
			if (right)
				right[i + r] = tile.top1 > before;
		}
		top1 += tile.top1;
		top5 += tile.top5;
		free(z);
	}
	free(narrow);
	return (struct rl_topk){(int64_t)data->n, top1, top5};
}
