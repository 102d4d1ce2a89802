#include "train/collapse.h"

#include "base/err.h"
#include "eval/spectrum.h"

#include <math.h>
#include <omp.h>

static double dead_percent(const float *y, const int64_t dim[])
{
	int64_t dead = 0;

	for (int64_t k = 0; k < dim[1]; k++) {
		int64_t i = 0;

		while (i < dim[0] && y[i * dim[1] + k] == 0)
			i++;
		dead += i == dim[0];
	}
	return 100.0 * (double)dead / (double)dim[1];
}

static bool all_finite(const float *x, const int64_t dim[])
{
	for (int64_t i = 0; i < dim[0] * dim[1]; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

void rl_collapse_watch(struct rl_collapse *c, const float *x, const int64_t *of_x, const float *y,
		       const int64_t *of_y, json_t *line)
{
	if (!all_finite(x, of_x)) /* which the loss says */
		return;
	const double dead = dead_percent(y, of_y);
	const double rank = rl_rankme(x, (size_t)of_x[0], (size_t)of_x[1], omp_get_max_threads());
	const long long step = (long long)json_integer_value(json_object_get(line, "step"));

	json_object_set_new(line, "rank", json_real(rank));
	json_object_set_new(line, "dead", json_real(dead));
	if (dead > 50 && !c->dead_said) {
		rl_warn("step %lld: %.0f %% of the neck's units are 0 for every pair of a batch: "
			"the network is collapsing",
			step, dead);
		c->dead_said = true;
	}
	if (of_x[0] > c->rows)
		c->rows = of_x[0];
	if (10 * of_x[0] < 9 * c->rows)
		return;
	if (rank > c->widest)
		c->widest = rank;
	if (rank < c->widest / 2 && !c->rank_said) {
		rl_warn("step %lld: the features' effective rank is %.1f and was %.1f: the network "
			"is collapsing",
			step, rank, c->widest);
		c->rank_said = true;
	}
}
