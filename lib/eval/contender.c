#include "eval/contender.h"

#include "base/err.h"
#include "base/utf8.h"
#include "eval/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16384 }; /* rows offered at once: bounds the memory of knn.h */

/* A feature that does not vary but for rounding gets 0. */
static void take_mean(const float *train, size_t n, size_t d, double *mean, bool *varies)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < d; j++) {
			mean[j] += (double)train[i * d + j] / (double)n;
			varies[j] = varies[j] || train[i * d + j] != train[j];
		}
}

static float *unit_rows(const struct rl_block *b, const double *mean, const bool *varies)
{
	size_t d = b->d;
	float *x = rl_realloc(NULL, b->n, d * sizeof(*x));

	for (size_t i = 0; i < b->n; i++) {
		for (size_t j = 0; j < d; j++)
			x[i * d + j] = varies[j] ? (float)((double)b->x[i * d + j] - mean[j]) : 0;
		rl_knn_unit(x + i * d, d);
	}
	return x;
}

static void vote(struct rl_contender *c)
{
	const struct rl_block *a = &c->images.train, *b = &c->images.test;
	size_t d = a->d, count;
	double *mean = rl_calloc(d, sizeof(*mean));
	double *score = rl_calloc((size_t)c->images.nclass, sizeof(*score));
	bool *varies = rl_calloc(d, sizeof(*varies));

	take_mean(a->x, a->n, d, mean, varies);
	float *x = unit_rows(a, mean, varies), *query = unit_rows(b, mean, varies);
	struct rl_knn *q = rl_knn_new(query, b->n, d, c->k, NULL);
	for (size_t i = 0; i < a->n; i += BLOCK)
		rl_knn_offer(q, x + i * d, a->label + i, NULL, a->n - i < BLOCK ? a->n - i : BLOCK);
	for (size_t i = 0; i < b->n; i++) {
		const struct rl_neighbour *n = rl_knn_nearest(q, i, &count);

		memcpy(c->nearest + i * c->k, n, c->k * sizeof(*n));
		c->knn[i] = !rl_knn_rank(n, c->k, RL_CONTENDER_TEMPERATURE, b->label[i], score);
	}
	rl_knn_free(q);
	free(x);
	free(query);
	free(mean);
	free(varies);
	free(score);
}

static void fit(struct rl_contender *c, uint64_t seed)
{
	static const double decay[] = {RL_CONTENDER_DECAYS};
	struct rl_probe_point point[RL_LEN(decay)] = {0};
	struct rl_block *a = &c->images.train, *b = &c->images.test;
	int32_t *label = rl_realloc(NULL, a->n, sizeof(*label));
	struct rl_progress quiet = {0};

	memcpy(label, a->label, a->n * sizeof(*label)); /* which the probe reorders */
	struct rl_probe p = {.nclass = (size_t)c->images.nclass,
			     .d = a->d,
			     .train = a->x,
			     .test = b->x,
			     .train_label = label,
			     .test_label = b->label,
			     .ntrain = a->n,
			     .ntest = b->n,
			     .seed = seed,
			     .right = c->probe};
	rl_probe_need_classes(&p, c->images.train_path);
	rl_probe_standardise(&p);
	for (size_t i = 0; i < RL_LEN(decay); i++)
		point[i].weight_decay = decay[i];
	size_t best = rl_probe_run(&p, point, RL_LEN(decay), &quiet);
	c->weight_decay = decay[best];
	c->converged = point[best].whole.converged;
	free(label);
}

struct rl_contender rl_contender_score(const char *name, const char *train, const char *test,
				       const char *layer, uint64_t seed, int threads)
{
	struct rl_contender c = {.name = rl_utf8_clean(name),
				 .images = rl_pair_read(train, test, layer)};
	struct rl_block *a = &c.images.train, *b = &c.images.test;

	c.d = a->d;
	c.knn = rl_calloc(b->n, sizeof(*c.knn));
	c.probe = rl_calloc(b->n, sizeof(*c.probe));
	c.k = a->n < RL_CONTENDER_K ? a->n : RL_CONTENDER_K;
	c.nearest = rl_calloc(b->n, c.k * sizeof(*c.nearest));
	c.spectrum = rl_spectrum(a->x, a->n, a->d, threads);
	vote(&c);
	fit(&c, seed);
	free(a->x);
	free(b->x);
	a->x = b->x = NULL;
	return c;
}

static void same_images(const struct rl_block *a, const char *a_path, const struct rl_block *b,
			const char *b_path)
{
	if (a->n != b->n)
		rl_die("%s: %zu images, in %s %zu", b_path, b->n, a_path, a->n);
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->key[i], b->key[i]))
			rl_die("%s: sample %zu is %.200s, in %s %.200s: not the same images in the "
			       "same order",
			       b_path, i, b->key[i], a_path, a->key[i]);
		if (a->label[i] != b->label[i])
			rl_die("%s: %.200s is of class %d, in %s of %d", b_path, b->key[i],
			       b->label[i], a_path, a->label[i]);
	}
}

void rl_contenders_alike(const struct rl_contender *a, const struct rl_contender *b)
{
	const struct rl_pair *p = &a->images, *q = &b->images;

	same_images(&p->train, p->train_path, &q->train, q->train_path);
	same_images(&p->test, p->test_path, &q->test, q->test_path);
}

void rl_contender_free(struct rl_contender *c)
{
	free(c->name);
	rl_pair_free(&c->images);
	free(c->knn);
	free(c->probe);
	free(c->nearest);
}
