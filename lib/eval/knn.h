/*
 * Exact nearest neighbours by cosine similarity, the database offered a block at a time.
 *
 * Rows are divided by their L2 norm and rounded to float; a similarity is the inner product of two
 * such rows, summed in double in one fixed order.  A float matrix product only rules out the rows
 * that cannot be among the nearest, within the bound of its rounding, so the answer has the same
 * bits whatever BLAS, threads and blocks.  Equal similarities are ordered by row.
 */
#ifndef RL_EVAL_KNN_H
#define RL_EVAL_KNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_neighbour {
	double similarity;
	size_t row;    /* of the database, in the order in which it was offered */
	int32_t label; /* its class */
};

struct rl_knn;

/* x[d] becomes a unit row; false when it has no direction: it is zero. */
bool rl_knn_unit(float *x, size_t d);

/* The k nearest of each of n unit rows query[n,d], which are borrowed.  With `key`, a row of the
 * same key as the query is none of its neighbours.  Memory is 24 k bytes a query, and that of a
 * matrix of 1024 queries by the rows of a block. */
struct rl_knn *rl_knn_new(const float *query, size_t n, size_t d, size_t k, char *const *key);

/* n more unit rows x[n,d] of the database, with their labels and, if it matters, keys. */
void rl_knn_offer(struct rl_knn *q, const float *x, const int32_t *label, char *const *key,
		  size_t n);

/* The same of rows that belong together where group[n] is equal, which are next to each other and
 * in one offer: only the nearest of each group counts, equal ones in their order. */
void rl_knn_offer_groups(struct rl_knn *q, const float *x, const int32_t *label, char *const *key,
			 const size_t *group, size_t n);

/* A query's neighbours, nearest first; fewer than k where there were not more.  Ends the offers to
 * this query. */
const struct rl_neighbour *rl_knn_nearest(struct rl_knn *q, size_t query, size_t *count);

void rl_knn_free(struct rl_knn *q);

/*
 * The vote of the first k neighbours, each for its label with weight exp(similarity / temperature):
 * the rank, from 0, of `label` among the classes with votes, equal ones in the order of their
 * numbers.  SIZE_MAX when it has none.  score[nclass] is zero before and after.
 */
size_t rl_knn_rank(const struct rl_neighbour *nearest, size_t k, double temperature, int32_t label,
		   double *score);

#endif
