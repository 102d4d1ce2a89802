/*
 * Average precision of one class, in the three variants that papers mix up.
 *
 * score[n] are decision values, larger is more confident; label[n] is 1 (positive), 0 (negative)
 * or -1 (left out, as VOC leaves out images that only hold difficult objects).  `missed` positives
 * have no score at all, as objects that a detector did not find: they are in recall alone.  The
 * result is in 0..1, or NAN when there is no positive.  A NaN score dies.
 */
#ifndef RL_EVAL_AP_H
#define RL_EVAL_AP_H

#include <stddef.h>
#include <stdint.h>

/* Sum of (R_i - R_{i-1}) P_i over the distinct scores, nothing interpolated: what scikit-learn's
 * average_precision_score computes.  Equal scores are one step, so their order does not matter. */
double rl_ap_step(const double *score, const int8_t *label, size_t n);

/* Area under precision made monotone from the right (VOC 2010 and later).  Equal scores rank by
 * descending index, which is what a stable ascending argsort read backwards gives. */
double rl_ap_area(const double *score, const int8_t *label, size_t n, size_t missed);

/* Mean over recall 0, 0.1 ... 1 of the best precision at that recall or beyond (VOC 2007). */
double rl_ap_11point(const double *score, const int8_t *label, size_t n, size_t missed);

#endif
