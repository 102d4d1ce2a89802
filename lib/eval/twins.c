#include "eval/twins.h"

#include <math.h>

static const struct rl_neighbour *neighbours(const struct rl_contender *c, size_t i)
{
	return c->nearest + i * c->k;
}

struct rl_twin rl_twin_nearest(const struct rl_contender *c, size_t i)
{
	return (struct rl_twin){neighbours(c, i)->row, neighbours(c, i)->similarity};
}

static bool can_tell(const struct rl_contender *c, size_t i, double similar)
{
	const struct rl_neighbour *n = neighbours(c, i);
	double least = n[c->k - 1].similarity;

	return least < similar && n[0].similarity > least;
}

/* Below all where the row is none of the k. */
static double similarity_to(const struct rl_contender *c, size_t i, size_t row)
{
	const struct rl_neighbour *n = neighbours(c, i);

	for (size_t k = 0; k < c->k; k++)
		if (n[k].row == row)
			return n[k].similarity;
	return -1;
}

struct rl_twin rl_twin_agreed(const struct rl_contender *const *c, size_t n, size_t i,
			      double similar)
{
	struct rl_twin best = {0, -1};
	size_t first = 0;

	while (first < n && !can_tell(c[first], i, similar))
		first++;
	for (size_t j = 0; first < n && j < c[first]->k; j++) {
		struct rl_twin t = {neighbours(c[first], i)[j].row,
				    neighbours(c[first], i)[j].similarity};

		for (size_t k = first + 1; k < n; k++)
			if (can_tell(c[k], i, similar))
				t.similarity = fmin(t.similarity, similarity_to(c[k], i, t.row));
		if (t.similarity > best.similarity)
			best = t;
	}
	return best;
}
