#include "eval/svm.h"

#include "base/err.h"
#include "eval/gram.h"

#include <limits.h>
#include <linear.h>
#include <stdlib.h>
#include <string.h>

struct rl_svm_set {
	const double *x;
	size_t n, d, dim;
	int *pivot; /* which row of x has coordinate row i; NULL when the features are used as they
		       are */
	struct feature_node **row; /* in the order of x, bias included */
	struct feature_node *node;
};

/* One row of values, the constant feature, the end mark.  Zeros are left out. */
static struct feature_node *put_row(struct feature_node *p, const double *value, size_t n,
				    size_t dim)
{
	for (size_t j = 0; j < n; j++)
		if (value[j] != 0)
			*p++ = (struct feature_node){(int)j + 1, value[j]};
	*p++ = (struct feature_node){(int)dim + 1, 1};
	*p++ = (struct feature_node){-1, 0};
	return p;
}

static void rotate(struct rl_svm_set *s, int threads)
{
	double *k = rl_malloc(s->n * s->n * sizeof(*k));
	size_t length = 0;

	rl_gram(s->x, s->n, s->d, k, threads);
	s->pivot = rl_malloc(s->n * sizeof(*s->pivot));
	s->dim = rl_gram_factor(k, s->n, s->pivot);
	for (size_t i = 0; i < s->n; i++)
		length += (i < s->dim ? i + 1 : s->dim) + 2;
	struct feature_node *p = s->node = rl_malloc(length * sizeof(*p));
	for (size_t i = 0; i < s->n; i++) {
		s->row[s->pivot[i]] = p;
		p = put_row(p, k + i * s->n, i < s->dim ? i + 1 : s->dim, s->dim);
	}
	free(k);
}

static void take(struct rl_svm_set *s)
{
	struct feature_node *p = s->node = rl_malloc(s->n * (s->d + 2) * sizeof(*p));

	s->dim = s->d;
	for (size_t i = 0; i < s->n; i++) {
		s->row[i] = p;
		p = put_row(p, s->x + i * s->d, s->d, s->d);
	}
}

static struct rl_svm_set *new_set(const double *x, size_t n, size_t d)
{
	struct rl_svm_set *s = rl_calloc(1, sizeof(*s));

	if (n >= INT_MAX || d >= INT_MAX)
		rl_die("SVM: %zu rows of %zu features: too large for LIBLINEAR", n, d);
	s->x = x;
	s->n = n;
	s->d = d;
	s->row = rl_malloc((n + 1) * sizeof(struct feature_node *));
	return s;
}

struct rl_svm_set *rl_svm_set_new(const double *x, size_t n, size_t d, int threads)
{
	struct rl_svm_set *s = new_set(x, n, d);

	if (d > n)
		rotate(s, threads);
	else
		take(s);
	return s;
}

struct rl_svm_set *rl_svm_set_plain(const double *x, size_t n, size_t d)
{
	struct rl_svm_set *s = new_set(x, n, d);

	take(s);
	return s;
}

void rl_svm_set_free(struct rl_svm_set *s)
{
	if (!s)
		return;
	free(s->pivot);
	free(s->row);
	free(s->node);
	free(s);
}

size_t rl_svm_set_dim(const struct rl_svm_set *s)
{
	return s->dim;
}

/* LIBLINEAR tells only its print function that it gave up, and hands it nothing of ours; hence the
 * one variable of this library that is not on somebody's stack.  It is as global as the rand() that
 * LIBLINEAR uses, and under the same rule: one fit at a time in a process. */
static bool gave_up;

static void listen_to_liblinear(const char *said)
{
	gave_up |= strstr(said, "reaching max number of iterations") != NULL;
}

bool rl_svm_fit(const struct rl_svm_set *s, const int32_t *row, size_t m, const int8_t *y,
		double cost, double eps, uint32_t seed, double *v)
{
	int label[] = {1, -1};
	double weight[] = {RL_SVM_POSITIVE_WEIGHT, RL_SVM_NEGATIVE_WEIGHT};
	struct parameter parameter = {.solver_type = L2R_L2LOSS_SVC_DUAL,
				      .eps = eps,
				      .C = cost,
				      .nr_weight = 2,
				      .weight_label = label,
				      .weight = weight};
	struct problem problem = {.l = (int)m,
				  .n = (int)s->dim + 1,
				  .y = rl_malloc(m * sizeof(double)),
				  .x = rl_malloc(m * sizeof(struct feature_node *)),
				  .bias = 1};
	size_t positives = 0;

	for (size_t i = 0; i < m; i++) {
		problem.x[i] = s->row[row[i]];
		problem.y[i] = y[i];
		positives += y[i] > 0;
	}
	const char *wrong = check_parameter(&problem, &parameter);
	if (wrong)
		rl_die("SVM: cost %g, eps %g: %s", cost, eps, wrong);
	if (positives == 0 || positives == m)
		rl_die("SVM: %zu positives among %zu rows: nothing to separate", positives, m);

	gave_up = false;
	set_print_string_function(listen_to_liblinear);
	srand(seed);
	struct model *model = train(&problem, &parameter);
	/* LIBLINEAR's weights point to the label it lists first. */
	double sign = model->label[0];
	for (size_t j = 0; j <= s->dim; j++)
		v[j] = sign * model->w[j];
	free_and_destroy_model(&model);
	free(problem.x);
	free(problem.y);
	return !gave_up;
}

void rl_svm_decide(const struct rl_svm_set *s, const double *v, const int32_t *row, size_t m,
		   double *score)
{
	for (size_t i = 0; i < m; i++) {
		double sum = 0;

		for (const struct feature_node *p = s->row[row[i]]; p->index > 0; p++)
			sum += v[p->index - 1] * p->value;
		score[i] = sum;
	}
}

/* The first `dim` pivots span everything, and their coordinates are the rows of a lower triangle L.
 * w = sum_i beta_i x_pivot[i] has coordinates L^T beta, so L^T beta = v gives beta from the last to
 * the first. */
void rl_svm_weights(const struct rl_svm_set *s, const double *v, double *w)
{
	if (!s->pivot) {
		memcpy(w, v, s->d * sizeof(*w));
		return;
	}
	double *rest = rl_malloc((s->dim + 1) * sizeof(*rest));
	memcpy(rest, v, s->dim * sizeof(*rest));
	memset(w, 0, s->d * sizeof(*w));
	for (size_t i = s->dim; i-- > 0;) {
		const struct feature_node *start = s->row[s->pivot[i]], *p = start;
		const double *x = s->x + (size_t)s->pivot[i] * s->d;

		while (p->index <= (int)i)
			p++;
		double beta = rest[i] / p->value; /* the diagonal */
		for (p = start; p->index <= (int)i; p++)
			rest[p->index - 1] -= beta * p->value;
		for (size_t j = 0; j < s->d; j++)
			w[j] += beta * x[j];
	}
	free(rest);
}
