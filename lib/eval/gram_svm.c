#include "eval/gram_svm.h"

#include "base/err.h"
#include "eval/svm.h"

#include <libsvm/svm.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Row i holds node 0 with the point's number, as LIBSVM wants of a precomputed kernel, and then the
 * kernel with points 1..m+2; the last two are p and m. */
struct rl_gram_svm {
	size_t m, positives;
	const double *gram;
	size_t n;
	int32_t *row; /* borrowed numbers of the points, copied */
	double *y;
	struct svm_node **x, *node;
};

static void quiet(const char *said)
{
	(void)said;
}

struct rl_gram_svm *rl_gram_svm_new(const double *gram, size_t n, const int32_t *row, size_t m,
				    const int8_t *y)
{
	struct rl_gram_svm *s = rl_calloc(1, sizeof(*s));
	size_t points = m + 2;

	if (m > INT_MAX - 2)
		rl_die("SVM: %zu rows: too many for LIBSVM", m);
	s->m = m;
	s->n = n;
	s->gram = gram;
	s->row = rl_malloc((m + 1) * sizeof(*s->row));
	memcpy(s->row, row, m * sizeof(*row));
	s->y = rl_malloc(points * sizeof(*s->y));
	s->x = rl_malloc(points * sizeof(struct svm_node *));
	s->node = rl_calloc(points, (points + 1) * sizeof(*s->node));
	for (size_t i = 0; i < points; i++) {
		s->x[i] = s->node + i * (points + 1);
		s->x[i][0].value = (double)i + 1;
	}
	for (size_t i = 0; i < m; i++) {
		s->y[i] = y[i];
		s->positives += y[i] > 0;
	}
	if (s->positives == 0 || s->positives == m)
		rl_die("SVM: %zu positives among %zu rows: nothing to separate", s->positives, m);
	s->y[m] = 1;
	s->y[m + 1] = -1;
	return s;
}

void rl_gram_svm_free(struct rl_gram_svm *s)
{
	if (!s)
		return;
	free(s->row);
	free(s->y);
	free(s->x);
	free(s->node);
	free(s);
}

static void set_kernel(struct rl_gram_svm *s, double cost)
{
	double total = cost * (double)(s->positives * RL_SVM_POSITIVE_WEIGHT +
				       (s->m - s->positives) * RL_SVM_NEGATIVE_WEIGHT);
	double kappa = fmin(1, 1 / sqrt(2 * total)), beta = 1 - kappa / 2;

	for (size_t i = 0; i < s->m; i++) {
		const double *k = s->gram + (size_t)s->row[i] * s->n;
		struct svm_node *x = s->x[i] + 1;

		for (size_t j = 0; j < s->m; j++)
			x[j].value = k[s->row[j]] + beta;
		x[i].value += 1 / (2 * cost *
				   (s->y[i] > 0 ? RL_SVM_POSITIVE_WEIGHT : RL_SVM_NEGATIVE_WEIGHT));
	}
	for (size_t i = s->m; i < s->m + 2; i++)
		s->x[i][i + 1].value = kappa;
}

void rl_gram_svm_fit(struct rl_gram_svm *s, double cost, double eps, double *coef)
{
	size_t points = s->m + 2;
	struct svm_problem problem = {(int)points, s->y, s->x};
	struct svm_parameter parameter = {.svm_type = C_SVC,
					  .kernel_type = PRECOMPUTED,
					  .cache_size = 1 + (double)points * (double)points *
								    sizeof(float) / 1048576,
					  .eps = eps,
					  .C = 1e30, /* no upper bound */
					  .shrinking = 1};

	set_kernel(s, cost);
	const char *wrong = svm_check_parameter(&problem, &parameter);
	if (wrong)
		rl_die("SVM: cost %g, eps %g: %s", cost, eps, wrong);
	svm_set_print_string_function(quiet);
	struct svm_model *model = svm_train(&problem, &parameter);
	/* The coefficients' signs are for the label that LIBSVM lists first. */
	double sign = model->label[0];
	memset(coef, 0, s->m * sizeof(*coef));
	for (int i = 0; i < model->l; i++)
		if ((size_t)model->sv_indices[i] <= s->m)
			coef[model->sv_indices[i] - 1] = sign * model->sv_coef[0][i];
	svm_free_and_destroy_model(&model);
}
