#include "eval/discover.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	ENOUGH = 20, /* shuffles that are as good: a p to a quarter of itself */
	BOXES = 10,  /* that represent a find */
};

size_t rl_verified(const struct rl_match *m, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += m[i].square.error < RL_SQUARE_ERROR;
	return count;
}

size_t rl_verified_mirrored(const struct rl_match *m, size_t n)
{
	size_t count = 0;

	for (size_t j = 0; j < n; j++) {
		float place[4][4];

		for (int i = 0; i < 4; i++)
			memcpy(place[i], m[j].place[i ^ 1], sizeof(place[i]));
		count += rl_square_fit((const float(*)[4])place).error < RL_SQUARE_ERROR;
	}
	return count;
}

/* With the match of patch i in image j taken from image order[i][j]. */
static size_t verified_shuffled(const struct rl_match *m, size_t n, int64_t *const order[4])
{
	size_t count = 0;

	for (size_t j = 0; j < n; j++) {
		float place[4][4];

		for (int i = 0; i < 4; i++)
			memcpy(place[i], m[order[i][j]].place[i], sizeof(place[i]));
		count += rl_square_fit((const float(*)[4])place).error < RL_SQUARE_ERROR;
	}
	return count;
}

double rl_permutation_p(const struct rl_match *m, size_t n, size_t shuffles, uint64_t seed,
			uint64_t number, double *chance)
{
	struct rl_rng r = rl_rng_make(seed, 0, number, RL_RNG_PERMUTE);
	size_t verified = rl_verified(m, n), reached = 0, made = 0, all = 0;
	int64_t *order[4];

	for (int i = 0; i < 4; i++) {
		order[i] = rl_realloc(NULL, n + 1, sizeof(**order));
		for (size_t j = 0; j < n; j++)
			order[i][j] = (int64_t)j;
	}
	while (made < shuffles && reached < ENOUGH) {
		for (int i = 1; i < 4; i++)
			rl_rng_shuffle(&r, order[i], n);
		size_t count = verified_shuffled(m, n, order);
		made++;
		all += count;
		reached += count >= verified;
	}
	for (int i = 0; i < 4; i++)
		free(order[i]);
	*chance = n && made ? (double)all / ((double)n * (double)made) : 0;
	return reached == ENOUGH ? (double)reached / (double)made
				 : (double)(reached + 1) / (double)(made + 1);
}

/* ---- false discoveries ------------------------------------------------------------------------
 */

struct ranked {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

void rl_false_discovery(const double *p, size_t n, double *q)
{
	struct ranked *all = rl_calloc(n + 1, sizeof(*all));
	double least = 1;

	for (size_t i = 0; i < n; i++)
		all[i] = (struct ranked){p[i], i};
	qsort(all, n, sizeof(*all), by_p);
	for (size_t i = n; i-- > 0;) {
		least = fmin(least, all[i].p * (double)n / (double)(i + 1));
		q[all[i].at] = least;
	}
	free(all);
}

/* ---- what was found twice -----------------------------------------------------------------------
 */

static double sum_of_scores(const struct rl_find *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->match[i].square.error < RL_SQUARE_ERROR)
			sum += (double)f->match[i].score;
	return sum;
}

static int by_verified(const void *a, const void *b)
{
	const struct rl_find *x = a, *y = b;

	if (x->verified != y->verified)
		return x->verified > y->verified ? -1 : 1;
	double sx = sum_of_scores(x), sy = sum_of_scores(y);
	if (sx != sy)
		return sx > sy ? -1 : 1;
	return (x->constellation > y->constellation) - (x->constellation < y->constellation);
}

static bool overlap(const struct rl_match *a, const struct rl_match *b)
{
	double p[4], q[4];

	if (a->image != b->image)
		return false;
	rl_square_box(&a->square, p);
	rl_square_box(&b->square, q);
	double width = fmin(p[2], q[2]) - fmax(p[0], q[0]);
	double height = fmin(p[3], q[3]) - fmax(p[1], q[1]);
	double common = width > 0 && height > 0 ? width * height : 0;
	double both = 4 * (a->square.side * a->square.side + b->square.side * b->square.side);
	return common > 0.5 * (both - common);
}

static bool covered(const struct rl_match *m, const struct rl_find *by)
{
	for (size_t j = 0; j < by->n; j++)
		if (by->match[j].square.error < RL_SQUARE_ERROR && overlap(m, &by->match[j]))
			return true;
	return false;
}

static bool repeats(const struct rl_find *f, const struct rl_find *by)
{
	size_t boxes = 0, common = 0;

	for (size_t i = 0; i < f->n && boxes < BOXES; i++) {
		if (!(f->match[i].square.error < RL_SQUARE_ERROR))
			continue;
		boxes++;
		common += covered(&f->match[i], by);
	}
	return 2 * common > boxes;
}

size_t rl_finds_distinct(struct rl_find *f, size_t n)
{
	size_t kept = 0;

	qsort(f, n, sizeof(*f), by_verified);
	for (size_t i = 0; i < n; i++) {
		bool again = false;

		for (size_t k = 0; k < kept && !again; k++)
			again = repeats(&f[i], &f[k]);
		if (!again)
			f[kept++] = f[i];
	}
	return kept;
}
