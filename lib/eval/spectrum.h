/*
 * How features fill their space, without labels.
 */
#ifndef RL_EVAL_SPECTRUM_H
#define RL_EVAL_SPECTRUM_H

#include <stddef.h>

struct rl_spectrum {
	/* RankMe, Garrido et al., arXiv 2210.02885: exp of the entropy of the singular values of
	 * x over their sum; 1 to d. */
	double rankme;
	/* alpha-ReQ, Agrawal et al. 2022: eigenvalues of the covariance fall as rank^-alpha.  The
	 * slope of their logarithms on those of ranks 4 to 100, or as far as they reach, rank i
	 * weighted by 1/i, as in the authors' code (fastssl, its stringer_get_powerlaw of
	 * 3..99 counted from 0).  NAN where there are fewer than two. */
	double alpha;
};

enum { RL_SPECTRUM_ROWS = 25600 }; /* which suffice, says RankMe's paper */

/* Of x[n,d], or of RL_SPECTRUM_ROWS rows evenly apart.  The same bits for any number of threads. */
struct rl_spectrum rl_spectrum(const float *x, size_t n, size_t d, int threads);
/* The first of them alone, which is half of the work. */
double rl_rankme(const float *x, size_t n, size_t d, int threads);

#endif
