#include "eval/leak.h"

#include "base/err.h"
#include "base/rng.h"
#include "eval/moments.h"
#include "eval/placed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum part { FIT, HELD, TEST };

static enum part part_of(uint64_t seed, const char *key)
{
	struct rl_rng r = rl_rng_make(seed, 0, rl_rng_id(key), RL_RNG_HOLDOUT);
	uint32_t u = rl_rng_below(&r, RL_LEAK_PARTS);

	return u < RL_LEAK_TEST ? TEST : u < RL_LEAK_TEST + RL_LEAK_HELD ? HELD : FIT;
}

/* ---- fitting ----------------------------------------------------------------------------------
 */

struct regression {
	struct rl_ridge ridge;
	double mean[2]; /* place */
	double lambda;
	size_t images;
	char digest[17];
};

static double choose_lambda(const struct rl_moments *fit, const struct rl_moments *held,
			    const char *where)
{
	static const double lambda[] = {RL_LEAK_LAMBDAS};
	double best = lambda[0], least = INFINITY;

	for (size_t i = 0; i < RL_LEN(lambda); i++) {
		struct rl_ridge r = rl_ridge_fit(fit, lambda[i], where);
		double error = rl_ridge_error(&r, held);

		if (error < least) {
			least = error;
			best = lambda[i];
		}
		rl_ridge_free(&r);
	}
	return best;
}

static struct regression fit(const char *path, const char *layer, uint64_t seed)
{
	struct rl_placed *p = rl_placed_open(path, layer);
	struct rl_moments *m[2] = {NULL};
	struct regression r = {0};
	size_t images[3] = {0};

	while (rl_placed_next(p)) {
		enum part part = part_of(seed, p->key);

		images[part] += p->n > 0;
		if (part == TEST || !p->n)
			continue;
		if (!m[part])
			m[part] = rl_moments_new(p->d, 2);
		rl_moments_add(m[part], p->x, p->at[0], p->n);
	}
	for (int i = 0; i < 3; i++)
		if (images[i] < 2)
			rl_die("%s: too few images with patches: %zu to fit to, %zu to choose how, "
			       "%zu to test on",
			       p->path, images[FIT], images[HELD], images[TEST]);
	rl_moments_end(m[FIT]);
	rl_moments_end(m[HELD]);
	r.lambda = choose_lambda(m[FIT], m[HELD], p->path);
	rl_moments_merge(m[FIT], m[HELD]);
	if (!rl_moments_varies(m[FIT], 0) && !rl_moments_varies(m[FIT], 1))
		rl_die("%s: all patches are at one place: there is none to read", p->path);
	r.ridge = rl_ridge_fit(m[FIT], r.lambda, p->path);
	for (int axis = 0; axis < 2; axis++)
		r.mean[axis] = m[FIT]->z[axis] / (double)m[FIT]->n;
	r.images = images[FIT] + images[HELD];
	memcpy(r.digest, p->digest, sizeof(r.digest));
	rl_moments_free(m[FIT]);
	rl_moments_free(m[HELD]);
	rl_placed_close(p);
	return r;
}

/* ---- testing ----------------------------------------------------------------------------------
 */

/* Squared errors summed over the patches of an image. */
struct image {
	double read[2], mean[2]; /* of x and y: the regression's, the mean place's */
	double centre;           /* of both */
	size_t n;
};

static struct image test_image(const struct rl_placed *p, const struct regression *r)
{
	struct image m = {.n = p->n};
	double z[2];

	for (size_t i = 0; i < p->n; i++) {
		rl_ridge_predict(&r->ridge, p->x + i * p->d, z);
		for (int axis = 0; axis < 2; axis++) {
			double at = p->at[i][axis];

			m.read[axis] += (at - z[axis]) * (at - z[axis]);
			m.mean[axis] += (at - r->mean[axis]) * (at - r->mean[axis]);
			m.centre += (at - 0.5) * (at - 0.5);
		}
	}
	return m;
}

static double mean_read(const struct image *m)
{
	return (m->read[0] + m->read[1]) / (double)m->n;
}

static int by_error(const void *a, const void *b)
{
	double x = mean_read(a), y = mean_read(b);

	return (x > y) - (x < y);
}

/* Of the first n of them. */
static void errors(const struct image *m, size_t n, double *read, double *centre)
{
	double patches = 0, sum = 0, other = 0;

	for (size_t i = 0; i < n; i++) {
		patches += (double)m[i].n;
		sum += m[i].read[0] + m[i].read[1];
		other += m[i].centre;
	}
	*read = sqrt(sum / patches);
	*centre = sqrt(other / patches);
}

static void score(struct rl_leak *l, struct image *m, size_t n, uint64_t seed)
{
	double *gain = l->each = rl_malloc(n * sizeof(*gain)), mean = 0;

	for (int axis = 0; axis < 2; axis++) {
		double read = 0, fixed = 0;

		for (size_t i = 0; i < n; i++) {
			read += m[i].read[axis];
			fixed += m[i].mean[axis];
		}
		l->r2[axis] = fixed > 0 ? 1 - read / fixed : 0;
	}
	for (size_t i = 0; i < n; i++)
		mean += (m[i].mean[0] + m[i].mean[1]) / (double)m[i].n / (double)n;
	for (size_t i = 0; i < n; i++)
		gain[i] = mean > 0 ? ((m[i].mean[0] + m[i].mean[1]) / (double)m[i].n -
				      mean_read(&m[i])) /
					     mean
				   : 0;
	l->gain = rl_bootstrap(gain, n, RL_BOOTSTRAP_RESAMPLES, 0.95, seed);
	qsort(m, n, sizeof(*m), by_error);
	errors(m, n, &l->error, &l->centre);
	errors(m, (n + 9) / 10, &l->best, &l->best_centre);
}

struct rl_leak rl_leak_measure(const char *path, const char *layer, uint64_t seed)
{
	if (!strcmp(path, "-"))
		rl_die("stdin can be read once: position is fitted first, then tested");
	struct regression r = fit(path, layer, seed);
	struct rl_placed *p = rl_placed_open(path, layer);
	struct rl_leak l = {.d = r.ridge.d, .fitted = r.images, .lambda = r.lambda};
	struct image *m = NULL;

	while (rl_placed_next(p)) {
		if (part_of(seed, p->key) != TEST || !p->n)
			continue;
		m = rl_grown(m, l.tested, sizeof(*m));
		m[l.tested++] = test_image(p, &r);
		l.patches += p->n;
		l.keys = l.keys * 0x9E3779B97F4A7C15u + rl_rng_id(p->key);
	}
	if (strcmp(p->digest, r.digest))
		rl_die("%s: changed while it was read", p->path);
	score(&l, m, l.tested, seed);
	l.provenance = rl_placed_provenance(p);
	rl_placed_close(p);
	rl_ridge_free(&r.ridge);
	free(m);
	return l;
}

bool rl_leak_found(const struct rl_leak *l)
{
	return rl_interval_sign(&l->gain) > 0;
}

bool rl_leak_difference(const struct rl_leak *a, const struct rl_leak *b, uint64_t seed,
			struct rl_interval *out)
{
	if (a->tested != b->tested || a->keys != b->keys)
		return false;
	double *d = rl_malloc(a->tested * sizeof(*d));
	for (size_t i = 0; i < a->tested; i++)
		d[i] = a->each[i] - b->each[i];
	*out = rl_bootstrap(d, a->tested, RL_BOOTSTRAP_RESAMPLES, 0.95, seed);
	free(d);
	return true;
}

void rl_leak_free(struct rl_leak *l)
{
	free(l->each);
	json_decref(l->provenance);
	*l = (struct rl_leak){0};
}
