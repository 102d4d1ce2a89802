/* Nearest neighbours, their votes and whitening against numpy; the same bits however the database
 * comes and whoever computes. */
#include "eval/knn.h"
#include "eval/whiten.h"
#include "tap.h"

#include "base/err.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { N = 300, M = 60, D = 24, CLASSES = 7, K = 100, WHITENED = 10 };

struct data {
	float *train, *test;
	int32_t *label, *test_label;
};

static void units(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!rl_knn_unit(x + i * D, D))
			rl_die("row %zu is zero", i);
}

/* The k nearest of every query, out[M,k], with the database in blocks. */
static void search(const struct data *d, size_t k, size_t block, int threads, char *const *key,
		   struct rl_neighbour *out)
{
	struct rl_knn *q = rl_knn_new(d->test, M, D, k, key);

	omp_set_num_threads(threads);
	for (size_t i = 0; i < N; i += block)
		rl_knn_offer(q, d->train + i * D, d->label + i, key ? key + i : NULL,
			     block < N - i ? block : N - i);
	for (size_t i = 0; i < M; i++) {
		size_t count;
		const struct rl_neighbour *nearest = rl_knn_nearest(q, i, &count);

		if (count != k)
			rl_die("query %zu: %zu neighbours", i, count);
		memcpy(out + i * k, nearest, k * sizeof(*out));
	}
	rl_knn_free(q);
}

/* Equal similarities are told apart by numpy's rounding, not ours: it sums in another order. */
static void compare(const struct rl_neighbour *got, size_t k, const char *rows,
		    const char *similarities, double tolerance, const char *name)
{
	int32_t *row = golden_ints(rows);
	double *similarity = golden(similarities, NULL), worst = 0;
	size_t wrong = 0;

	for (size_t i = 0; i < M * k; i++) {
		wrong += got[i].row != (size_t)row[i];
		worst = fmax(worst, fabs(got[i].similarity - similarity[i]));
	}
	ok(wrong == 0, "%s: the neighbours, in order: %zu differ", name, wrong);
	ok(worst < tolerance, "%s: their similarities: %.1e", name, worst);
	free(row);
	free(similarity);
}

static void test_votes(const struct data *d, const struct rl_neighbour *nearest)
{
	static const size_t k[] = {1, 5, 20, 100};
	int32_t *right = golden_ints("knn/right.npy");
	double score[CLASSES] = {0};
	bool same = true;

	for (size_t t = 0; t < RL_LEN(k); t++) {
		int top1 = 0, top5 = 0;

		for (size_t i = 0; i < M; i++) {
			size_t rank =
				rl_knn_rank(nearest + i * K, k[t], 0.07, d->test_label[i], score);

			top1 += rank < 1;
			top5 += rank < 5;
		}
		same = same && top1 == right[2 * t] && top5 == right[2 * t + 1];
	}
	ok(same, "top-1 and top-5 for each k");
	for (size_t c = 0; c < CLASSES; c++)
		same = same && score[c] == 0;
	ok(same, "the scores are left as they were found");
	free(right);
}

static void test_rank(void)
{
	const struct rl_neighbour n[] = {{0.5, 0, 2}, {0.5, 1, 1}, {-0.5, 2, 0}};
	double score[CLASSES] = {0};

	ok(rl_knn_rank(n, 3, 0.07, 1, score) == 0 && rl_knn_rank(n, 3, 0.07, 2, score) == 1,
	   "equal votes: the lower number first");
	ok(rl_knn_rank(n, 3, 0.07, 0, score) == 2, "a distant neighbour weighs little");
	ok(rl_knn_rank(n, 3, 1e-6, 1, score) == 0, "a low temperature overflows nothing");
	ok(rl_knn_rank(n, 2, 0.07, 0, score) == SIZE_MAX, "a class without a vote has no rank");
}

static void test_keys(const struct data *d)
{
	struct rl_neighbour *nearest = rl_malloc(M * sizeof(*nearest));
	char **key = rl_calloc(N, sizeof(*key));

	for (size_t i = 0; i < N; i++)
		key[i] = rl_asprintf("%zu", i);
	struct data self = *d;
	self.test = self.train;
	search(&self, 1, 50, 2, key, nearest);
	size_t own = 0;
	for (size_t i = 0; i < M; i++)
		own += nearest[i].row == i;
	ok(own == 0 && nearest[7].row == 100, "a row of the query's own key is left out");
	for (size_t i = 0; i < N; i++)
		free(key[i]);
	free(key);
	free(nearest);
}

/* Rows in groups of three: of each only the nearest. */
static void test_groups(const struct data *d)
{
	size_t group[N], wrong = 0;
	struct rl_neighbour *all = rl_malloc(M * N * sizeof(*all));
	struct rl_knn *q = rl_knn_new(d->test, M, D, K, NULL);

	for (size_t i = 0; i < N; i++)
		group[i] = i / 3;
	search(d, N, 50, 1, NULL, all);
	rl_knn_offer_groups(q, d->train, d->label, NULL, group, 150);
	rl_knn_offer_groups(q, d->train + 150 * D, d->label + 150, NULL, group + 150, N - 150);
	for (size_t i = 0; i < M; i++) {
		bool seen[N / 3] = {false};
		size_t count, n = 0;
		const struct rl_neighbour *nearest = rl_knn_nearest(q, i, &count);

		for (size_t k = 0; k < N && n < count; k++) {
			size_t g = all[i * N + k].row / 3;

			wrong += !seen[g] && all[i * N + k].row != nearest[n].row;
			n += !seen[g];
			seen[g] = true;
		}
		wrong += count != K;
	}
	ok(wrong == 0, "of each group only the nearest: %zu are not", wrong);
	rl_knn_free(q);
	free(all);
}

static void test_whitening(struct data *d)
{
	struct rl_neighbour *nearest = rl_malloc(M * WHITENED * sizeof(*nearest));
	struct rl_whiten *w = rl_whiten_new(D), *one = rl_whiten_new(D);

	omp_set_num_threads(3);
	rl_whiten_add(w, d->train, 100);
	rl_whiten_add(w, d->train + 100 * D, N - 100);
	rl_whiten_fit(w, "train");
	float *again = rl_malloc(N * D * sizeof(*again));
	memcpy(again, d->train, N * D * sizeof(*again));
	rl_whiten_apply(w, again, N);
	omp_set_num_threads(1);
	rl_whiten_add(one, d->train, 100);
	rl_whiten_add(one, d->train + 100 * D, N - 100);
	rl_whiten_fit(one, "train");
	rl_whiten_apply(one, d->train, N);
	rl_whiten_apply(one, d->test, M);
	ok(!memcmp(again, d->train, N * D * sizeof(*again)), "whitening: any number of threads");

	double mean = 0, square = 0, cross = 0;
	for (size_t i = 0; i < N; i++) {
		mean += (double)d->train[i * D + 3] / N;
		square += (double)d->train[i * D + 3] * (double)d->train[i * D + 3] / N;
		cross += (double)d->train[i * D + 3] * (double)d->train[i * D + 17] / N;
	}
	ok(fabs(mean) < 1e-6 && fabs(square - 1) < 1e-3 && fabs(cross) < 1e-3,
	   "mean 0, variance 1, no covariance");
	units(d->train, N);
	units(d->test, M);
	search(d, WHITENED, 77, 2, NULL, nearest);
	compare(nearest, WHITENED, "knn/whitened.nearest.npy", "knn/whitened.similarity.npy", 1e-6,
		"whitened");
	rl_whiten_free(w);
	rl_whiten_free(one);
	free(again);
	free(nearest);
}

static void fit_constant(void *arg)
{
	const float x[4 * D] = {0};
	struct rl_whiten *w = rl_whiten_new(D);

	(void)arg;
	rl_whiten_add(w, x, 4);
	rl_whiten_fit(w, "a.tar");
}

int main(void)
{
	struct data d = {golden_floats("knn/train.npy"), golden_floats("knn/test.npy"),
			 golden_ints("knn/train.label.npy"), golden_ints("knn/test.label.npy")};
	struct data raw = {golden_floats("knn/train.npy"), golden_floats("knn/test.npy"), d.label,
			   d.test_label};
	struct rl_neighbour *whole = rl_calloc(M * K, sizeof(*whole));
	struct rl_neighbour *other = rl_calloc(M * K, sizeof(*other));

	/* First: threads do not survive a fork. */
	ok(dies(fit_constant, NULL, 1, "a.tar: whitening: the rows do not vary"),
	   "nothing to whiten");
	units(d.train, N);
	units(d.test, M);
	search(&d, K, N, 1, NULL, whole);
	compare(whole, K, "knn/nearest.npy", "knn/similarity.npy", 1e-12, "numpy");
	ok(whole[0].row == 7 && whole[1].row == 100 && whole[2].row == 250,
	   "equal rows are in their own order");
	bool same = true;
	for (size_t block = 1; block <= N; block = 3 * block + 1)
		for (int threads = 1; threads <= 3; threads += 2) {
			search(&d, K, block, threads, NULL, other);
			for (size_t i = 0; i < M * K; i++)
				same = same && other[i].row == whole[i].row &&
				       other[i].similarity == whole[i].similarity;
		}
	ok(same, "the same bits in blocks of any size, with any number of threads");
	test_votes(&d, whole);
	test_rank();
	test_groups(&d);
	test_keys(&d);
	test_whitening(&raw);
	ok(!rl_knn_unit((float[D]){0}, D), "a zero row has no direction");
	free(whole);
	free(other);
	free(d.train);
	free(d.test);
	free(raw.train);
	free(raw.test);
	free(d.label);
	free(d.test_label);
	return tap_done();
}
