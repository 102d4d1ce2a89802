#include "eval/purity.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static double purity_of(const struct rl_purity_set *set, const struct rl_shows *shows,
			size_t *count)
{
	size_t most = 0;

	memset(count, 0, shows->nclass * sizeof(*count));
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = shows->begin[set->image[i]]; k < shows->begin[set->image[i] + 1];
		     k++)
			if (++count[shows->class[k]] > most)
				most = count[shows->class[k]];
	return (double)most / (double)set->n;
}

/* Insertion keeps the order of equals; the sets are some hundreds. */
static void sort(struct rl_purity_set *set, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct rl_purity_set e = set[i];
		size_t k = i;

		for (; k && set[k - 1].purity < e.purity; k--)
			set[k] = set[k - 1];
		set[k] = e;
	}
}

struct rl_purity rl_purity(struct rl_purity_set *set, size_t sets, const struct rl_shows *shows)
{
	size_t *count = rl_calloc(shows->nclass + 1, sizeof(*count)), covered = 0;
	bool *in = rl_calloc(shows->images + 1, sizeof(*in));
	double sum = 0, before = 0;
	struct rl_purity p = {.purity = rl_calloc(sets + 1, sizeof(double)),
			      .coverage = rl_calloc(sets + 1, sizeof(double)),
			      .at_half = NAN};

	for (size_t i = 0; i < sets; i++)
		set[i].purity = purity_of(&set[i], shows, count);
	sort(set, sets);
	for (size_t i = 0; i < sets; i++) {
		for (size_t k = 0; k < set[i].n; k++) {
			covered += !in[set[i].image[k]];
			in[set[i].image[k]] = true;
		}
		sum += set[i].purity;
		p.purity[i] = sum / (double)(i + 1);
		p.coverage[i] = (double)covered / (double)shows->images;
		p.area += (p.coverage[i] - before) * p.purity[i];
		p.area_half += (fmin(p.coverage[i], .5) - fmin(before, .5)) * p.purity[i];
		if (p.coverage[i] >= .5 && before < .5)
			p.at_half = p.purity[i];
		before = p.coverage[i];
	}
	free(count);
	free(in);
	return p;
}

double rl_purity_chance(const struct rl_purity_set *set, size_t sets, const struct rl_shows *shows,
			size_t draws, uint64_t seed)
{
	size_t *count = rl_calloc(shows->nclass + 1, sizeof(*count));
	int64_t *order = rl_calloc(shows->images + 1, sizeof(*order));
	struct rl_rng r = rl_rng_make(seed, 0, 0, RL_RNG_PERMUTE);
	double sum = 0;

	for (size_t i = 0; i < shows->images; i++)
		order[i] = (int64_t)i;
	for (size_t d = 0; d < draws; d++)
		for (size_t i = 0; i < sets; i++) {
			struct rl_purity_set any = {.n = set[i].n,
						    .image = rl_calloc(set[i].n, sizeof(size_t))};

			/* The beginning of a shuffle is enough. */
			for (size_t k = 0; k < any.n; k++) {
				size_t other = k + rl_rng_below(&r, (uint32_t)(shows->images - k));
				int64_t drawn = order[other];

				order[other] = order[k];
				order[k] = drawn;
				any.image[k] = (size_t)drawn;
			}
			sum += purity_of(&any, shows, count);
			free(any.image);
		}
	free(order);
	free(count);
	return sets ? sum / (double)(draws * sets) : 0;
}

void rl_purity_free(struct rl_purity *p)
{
	free(p->purity);
	free(p->coverage);
}
