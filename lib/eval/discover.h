/*
 * Objects that recur in images nobody labelled (Doersch, Gupta and Efros 2015, section 4.3 there):
 * for each constellation the images in which its four patches have the strongest matches, wherever
 * these lie; then whether they lie as the constellation's do; and whether that happens more often
 * than it would by chance.
 */
#ifndef RL_EVAL_DISCOVER_H
#define RL_EVAL_DISCOVER_H

#include "eval/constellation.h"
#include "eval/copies.h"
#include "eval/square.h"

/* A constellation's match in an image. */
struct rl_match {
	float score;       /* the sum of the four similarities */
	uint32_t image;    /* which of the stream's, from 0 */
	uint32_t group;    /* of copies, see copies.h; 0: it has none */
	float place[4][4]; /* of each patch's most similar one */
	struct rl_square square;
};

/* ---- the search -------------------------------------------------------------------------------
 */

/* The `top` images of each constellation, by score, equal ones in their order; its own is none,
 * nor is a copy of it, and of the copies of another the best one stands for all.
 * Images come in blocks of whole ones; rows are unit vectors.  The products are of fixed tiles, one
 * BLAS call of one thread each: the same bits for any number of threads.  Memory is 140 bytes for
 * each of the matches that are kept, and a product of 256 patches by a block for each thread,
 * whatever the number of images. */
struct rl_search;

/* Constellations and copies are borrowed; the former's rows are unit vectors, too. */
struct rl_search *rl_search_new(const struct rl_constellations *c, size_t top,
				const struct rl_copies *copies);
void rl_search_show(struct rl_search *s, const struct rl_block *b);
/* A constellation's matches, the highest score first, squares fitted.  Ends the search for it. */
struct rl_match *rl_search_matches(struct rl_search *s, size_t constellation, size_t *n);
void rl_search_free(struct rl_search *s);

/* ---- how many verify, and whether that is chance ------------------------------------------------
 */

size_t rl_verified(const struct rl_match *m, size_t n);
/* How many would be with left and right exchanged: where that is about as many, matches lie close
 * together, but not as they should. */
size_t rl_verified_mirrored(const struct rl_match *m, size_t n);

/*
 * The permutation null: which image each patch's match came from is shuffled, for each patch by
 * itself, so that the four have as little to do with each other as they may, while each lies where
 * it likes to lie in these images.  p is the share of shuffles in which at least as many verify,
 * with the matches as they are counted as one; a shuffle that has been reached or beaten 20 times
 * is certain enough, and no more are made (Besag and Clifford 1991).  *chance is the mean share of
 * images that verified.  A function of (seed, number).
 */
double rl_permutation_p(const struct rl_match *m, size_t n, size_t shuffles, uint64_t seed,
			uint64_t number, double *chance);

/* q[n] of p[n]: the false discovery rate if all with at most this p were called discoveries
 * (Benjamini and Hochberg 1995). */
void rl_false_discovery(const double *p, size_t n, double *q);

/* ---- what was found twice -----------------------------------------------------------------------
 */

struct rl_find {
	size_t constellation;
	const struct rl_match *match; /* all, the highest score first */
	size_t n, verified;
};

/* Sort by verified matches, then by the sum of their scores, and drop each find of which more than
 * half of the first ten verified boxes overlap (IoU > 0.5) verified boxes of a better one that
 * stays.  Returns how many stay, in front. */
size_t rl_finds_distinct(struct rl_find *f, size_t n);

#endif
