#include "eval/svm_step.h"

#include "base/err.h"
#include "eval/svm.h"
#include "eval/svm_path.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	FEW = 128,     /* so many active rows are always solved by Cholesky, */
	DIRECT = 2048, /* so many where the preconditioner would hardly be cheaper */
	SOON = 32,     /* cycles of conjugate gradients that a preconditioner should do with */
	PATIENCE = 32  /* m active rows are solved by Cholesky when m / 32 cycles with the best one
			  were not enough: by then these have cost as much */
};

/* The preconditioner leaves out of K what is below this part of D, unless the path needs more
 * effort: the whole factor, or no conjugate gradients. */
static const double LEAVE = 0.2;
enum { WHOLE = 1, CHOLESKY };

/* A step is solved until the gap would shrink by this. */
static const double FORCING = 1e-2;

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t length);
void dpotrs_(const char *uplo, const int *n, const int *columns, const double *a, const int *lda,
	     double *b, const int *ldb, int *info, size_t length);

/* That of max(0, a). */
static struct rl_svm_gap measure(const struct rl_svm_path *p, size_t n)
{
	struct rl_svm_gap gap = {0};

	for (size_t i = 0; i < n; i++) {
		if (!p->y[i])
			continue;
		double a = p->y[i] * p->beta[i], xi = 1 - p->y[i] * p->f[i], d = p->d[i];

		gap.half += p->beta[i] * p->f[i] / 2;
		if (a < 0) {
			gap.wrong -= a * (1 + fabs(xi));
			a = 0;
		}
		if (xi > 0) {
			gap.value += (a * d - xi) * (a * d - xi) / (2 * d);
			gap.loss += xi * xi / (2 * d);
		} else {
			gap.value += a * (a * d / 2 - xi);
		}
	}
	return gap;
}

/* Where the objective along beta + t delta is least.  Its derivative is piecewise linear and
 * increasing: Newton's method, kept within what is known to enclose the zero. */
static double search(const double *y_f, const double *y_g, const double *d, size_t m, double linear,
		     double square, double t)
{
	double low = 0, high = INFINITY;

	for (int round = 0; round < 60; round++) {
		double slope = linear + t * square, bend = square;

		for (size_t i = 0; i < m; i++) {
			double xi = 1 - y_f[i] - t * y_g[i];

			if (xi > 0) {
				slope -= xi * y_g[i] / d[i];
				bend += y_g[i] * y_g[i] / d[i];
			}
		}
		if (!(bend > 0))
			break;
		*(slope > 0 ? &high : &low) = t;
		double next = t - slope / bend;
		if (!(next > low && next < high))
			next = isinf(high) ? 2 * t : (low + high) / 2;
		if (fabs(next - t) <= 1e-6 * t)
			return next;
		t = next;
	}
	return t;
}

static double line_minimum(const struct rl_svm_path *p, size_t n)
{
	double *y_f = rl_malloc(3 * (n + 1) * sizeof(*y_f)), *y_g = y_f + n, *d = y_g + n;
	double linear = 0, square = 0;
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		linear += p->delta[i] * p->f[i];
		square += p->delta[i] * p->g[i];
		if (!p->y[i])
			continue;
		y_f[m] = p->y[i] * p->f[i];
		y_g[m] = p->y[i] * p->g[i];
		d[m++] = p->d[i];
	}
	double t = search(y_f, y_g, d, m, linear, square, 1);
	free(y_f);
	return t;
}

static void ask_exact(struct rl_svm_path *p, size_t n, bool last)
{
	for (size_t i = 0; i < n; i++)
		if (last && p->y[i] * p->beta[i] < 0)
			p->beta[i] = 0;
	memcpy(p->asked, p->beta, n * sizeof(*p->asked));
	p->last = last;
	p->wait = RL_SVM_EXACT;
}

static void ask_step(struct rl_svm_path *p, size_t n, enum rl_svm_wait wait)
{
	memcpy(p->asked, p->delta, n * sizeof(*p->asked));
	p->wait = wait;
}

static void begin_step(struct rl_svm_path *p, const struct rl_kernel *k);

static void add_step(struct rl_svm_path *p, size_t n, double t)
{
	for (size_t i = 0; i < n; i++) {
		p->beta[i] += t * p->delta[i];
		p->f[i] += t * p->g[i];
	}
}

static double error_of(const struct rl_svm_path *p, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		if (p->active[i])
			sum += p->residual[i] * p->residual[i] / (2 * p->d[i]);
	return sum;
}

/* I + 2 C_S L_S' L_S and its Cholesky factor: with it Woodbury inverts D_S + L_S L_S'. */
static void precondition(struct rl_svm_path *p, const struct rl_kernel *k)
{
	size_t m = p->rows, r = p->rank;
	double *l = rl_malloc((m * r + 1) * sizeof(*l)), *row = l;
	int order = (int)r, info;

	for (size_t i = 0; i < k->n; i++) {
		if (!p->active[i])
			continue;
		double scale = sqrt(1 / p->d[i]);
		for (size_t j = 0; j < r; j++)
			row[j] = scale * k->factor[i * k->stride + j];
		row += r;
	}
	p->factor = rl_realloc(p->factor, r * r + 1, sizeof(*p->factor));
	cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, order, (int)m, 1, l, order, 0, p->factor,
		    order);
	for (size_t j = 0; j < r; j++)
		p->factor[j * r + j] += 1;
	dpotrf_("U", &order, p->factor, &order, &info, 1);
	free(l);
	if (info)
		rl_die("SVM: cost %g: the preconditioner is singular", p->cost);
}

/* beta on the active rows, at once. */
static void solve(struct rl_svm_path *p, const struct rl_kernel *k)
{
	size_t m = p->rows;
	double *a = rl_malloc((m * m + 1) * sizeof(*a)), *b = rl_malloc((m + 1) * sizeof(*b));
	size_t *row = rl_malloc((m + 1) * sizeof(*row));
	int order = (int)m, one = 1, info = 0;

	m = 0;
	for (size_t i = 0; i < k->n; i++)
		if (p->active[i])
			row[m++] = i;
	for (size_t i = 0; i < m; i++) {
		for (size_t j = 0; j <= i; j++)
			a[i * m + j] = k->exact[row[i] * k->n + row[j]];
		a[i * m + i] += p->d[row[i]];
		b[i] = p->y[row[i]];
	}
	if (m)
		dpotrf_("U", &order, a, &order, &info, 1);
	if (info)
		rl_die("SVM: cost %g is too large for these features: rows cannot be told apart "
		       "in double precision",
		       p->cost);
	if (m)
		dpotrs_("U", &order, &one, a, &order, b, &order, &info, 1);
	for (size_t i = 0; i < m; i++)
		p->delta[row[i]] = b[i] - p->beta[row[i]];
	free(row);
	free(b);
	free(a);
	if (p->effort < CHOLESKY) {
		ask_step(p, k->n, RL_SVM_STEP);
		return;
	}
	/* Too dear to be spoilt by rounding. */
	for (size_t i = 0; i < k->n; i++)
		p->asked[i] = p->beta[i] + p->delta[i];
	p->wait = RL_SVM_SURE;
}

/* The next search direction. */
static void turn(struct rl_svm_path *p, const struct rl_kernel *k)
{
	size_t n = k->n;
	int r = (int)p->rank, stride = (int)k->stride;
	double *v = rl_malloc((2 * n + p->rank + 1) * sizeof(*v)), *w = v + n, *u = w + n;
	double rz = 0;

	for (size_t i = 0; i < n; i++)
		v[i] = p->active[i] ? p->residual[i] / p->d[i] : 0;
	cblas_dgemv(CblasRowMajor, CblasTrans, (int)n, r, 1, k->factor, stride, v, 1, 0, u, 1);
	cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, r, p->factor, r, u, 1);
	cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, r, p->factor, r, u, 1);
	cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)n, r, 1, k->factor, stride, u, 1, 0, w, 1);
	for (size_t i = 0; i < n; i++) {
		v[i] = p->active[i] ? v[i] - w[i] / p->d[i] : 0;
		rz += p->residual[i] * v[i];
	}
	double keep = p->again ? rz / p->rz : 0;
	for (size_t i = 0; i < n; i++)
		p->asked[i] = v[i] + keep * p->asked[i];
	p->rz = rz;
	p->again = true;
	free(v);
}

/* The step's equations are solved well enough, or as well as they will be. */
static void end_step(struct rl_svm_path *p, const struct rl_kernel *k)
{
	double half = 0;
	bool same = true;

	for (size_t i = 0; i < k->n; i++) {
		double f = p->f[i] + p->g[i];

		half += (p->beta[i] + p->delta[i]) * f / 2;
		same &= p->active[i] == (p->y[i] && p->y[i] * f < 1);
	}
	/* The error of the equations of the final rows is the duality gap. */
	double target = RL_SVM_GAP / 2 * p->strict * half;
	if (same && p->wait == RL_SVM_CYCLE && p->target > target && error_of(p, k->n) > target) {
		p->target = target;
		turn(p, k);
		return;
	}
	if (same) {
		add_step(p, k->n, 1);
		ask_exact(p, k->n, true);
		return;
	}
	double t = line_minimum(p, k->n);
	add_step(p, k->n, t);
	struct rl_svm_gap gap = measure(p, k->n);
	if (gap.value + gap.wrong <= RL_SVM_GAP * p->strict * gap.half ||
	    p->steps >= RL_SVM_STEPS) {
		ask_exact(p, k->n, true);
	} else if (t < 0.01 || p->steps % 10 == 0) {
		/* f is no longer K beta, or the step is not good enough to descend. */
		p->strict *= t < 0.01 ? 0.1 : 1;
		ask_exact(p, k->n, false);
	} else {
		begin_step(p, k);
	}
}

/* delta is what the inactive rows give up and g = K delta; the active ones are still to be found.
 */
static void begin_cycles(struct rl_svm_path *p, const struct rl_kernel *k)
{
	for (size_t i = 0; i < k->n; i++)
		p->residual[i] =
			p->active[i] ? p->y[i] - p->f[i] - p->g[i] - p->d[i] * p->beta[i] : 0;
	struct rl_svm_gap gap = measure(p, k->n);
	double error = error_of(p, k->n);
	p->target = fmax(RL_SVM_GAP / 4 * gap.half, FORCING * fmin(gap.value, error)) * p->strict;
	p->wait = RL_SVM_CYCLE;
	p->cycles = 0;
	p->again = false;
	precondition(p, k);
	if (error > p->target)
		turn(p, k);
	else
		end_step(p, k);
}

/* Conjugate gradients take too long, and will at higher costs. */
static void try_harder(struct rl_svm_path *p, const struct rl_kernel *k)
{
	if (p->rank == k->rank) {
		p->effort = CHOLESKY;
		solve(p, k);
		return;
	}
	p->effort = WHOLE;
	p->rank = k->rank;
	p->again = false;
	precondition(p, k);
	turn(p, k);
}

static void cycle(struct rl_svm_path *p, const struct rl_kernel *k)
{
	double curvature = 0;

	for (size_t i = 0; i < k->n; i++)
		if (p->active[i])
			curvature += p->asked[i] * (p->given[i] + p->d[i] * p->asked[i]);
	double length = p->rz / curvature;
	for (size_t i = 0; i < k->n; i++) {
		p->g[i] += length * p->given[i];
		p->delta[i] += length * p->asked[i];
		if (p->active[i])
			p->residual[i] -= length * (p->given[i] + p->d[i] * p->asked[i]);
	}
	if (error_of(p, k->n) <= p->target)
		end_step(p, k);
	else if (++p->cycles <= (p->rank < k->rank ? SOON : p->rows / PATIENCE))
		turn(p, k);
	else
		try_harder(p, k);
}

static void begin_step(struct rl_svm_path *p, const struct rl_kernel *k)
{
	bool dropped = false;

	p->steps++;
	p->rows = 0;
	for (size_t i = 0; i < k->n; i++) {
		p->active[i] = p->y[i] && p->y[i] * p->f[i] < 1;
		p->delta[i] = p->active[i] ? 0 : -p->beta[i];
		p->g[i] = 0;
		dropped |= p->delta[i] != 0;
		p->rows += p->active[i];
	}
	p->rank = 1; /* K_ii >= 1: there is always one */
	while (p->rank < k->rank && (p->effort || k->rest[p->rank] > LEAVE / (2 * p->cost)))
		p->rank++;
	if (p->effort == CHOLESKY || p->rows <= FEW || (p->rows <= DIRECT && p->rank > p->rows / 4))
		solve(p, k);
	else if (dropped)
		ask_step(p, k->n, RL_SVM_DROP);
	else
		begin_cycles(p, k);
}

struct rl_svm_path *rl_svm_path_new(const int8_t *y, size_t n)
{
	enum { VECTORS = 8 };
	struct rl_svm_path *p = rl_calloc(1, sizeof(*p));
	double *v = rl_calloc(n + 1, VECTORS * sizeof(*v));

	p->y = y;
	p->beta = v;
	p->f = v + n;
	p->delta = v + 2 * n;
	p->g = v + 3 * n;
	p->residual = v + 4 * n;
	p->asked = v + 5 * n;
	p->given = v + 6 * n;
	p->d = v + 7 * n;
	p->active = rl_malloc(n + 1);
	return p;
}

void rl_svm_path_free(struct rl_svm_path *p)
{
	free(p->beta);
	free(p->active);
	free(p->factor);
	free(p);
}

/* The last fit, stretched to where the objective at this cost is least. */
void rl_svm_begin(struct rl_svm_path *p, const struct rl_kernel *k, double cost)
{
	p->cost = cost;
	p->steps = 0;
	p->strict = 1;
	for (size_t i = 0; i < k->n; i++) {
		int weight = p->y[i] > 0 ? RL_SVM_POSITIVE_WEIGHT : RL_SVM_NEGATIVE_WEIGHT;

		p->d[i] = p->y[i] ? 1 / (2 * cost * weight) : 0;
		p->delta[i] = p->beta[i];
		p->g[i] = p->f[i];
	}
	add_step(p, k->n, line_minimum(p, k->n));
	begin_step(p, k);
}

static bool judge(struct rl_svm_path *p, const struct rl_kernel *k)
{
	memcpy(p->f, p->given, k->n * sizeof(*p->f));
	if (p->last) {
		p->gap = measure(p, k->n);
		if (p->gap.value <= RL_SVM_GAP * p->gap.half || p->steps >= RL_SVM_STEPS) {
			p->wait = RL_SVM_NOTHING;
			return true;
		}
		p->strict *= 0.1;
	}
	begin_step(p, k);
	return false;
}

bool rl_svm_proceed(struct rl_svm_path *p, const struct rl_kernel *k)
{
	switch (p->wait) {
	case RL_SVM_DROP:
		memcpy(p->g, p->given, k->n * sizeof(*p->g));
		begin_cycles(p, k);
		return false;
	case RL_SVM_STEP:
		memcpy(p->g, p->given, k->n * sizeof(*p->g));
		end_step(p, k);
		return false;
	case RL_SVM_SURE:
		for (size_t i = 0; i < k->n; i++)
			p->g[i] = p->given[i] - p->f[i];
		end_step(p, k);
		return false;
	case RL_SVM_CYCLE: cycle(p, k); return false;
	case RL_SVM_EXACT: return judge(p, k);
	case RL_SVM_NOTHING: break;
	}
	return false;
}
