/*
 * A shadow: a planned tape run again in double by the twins, op by op, and compared with what the
 * tape computed.
 *
 *	shadow_keep(net), before planning;
 *	set parameters, feeds and labels;
 *	s = shadow_new(net) takes what they are now;
 *	rl_net_forward(net), rl_net_backward(net);
 *	shadow_run(s, follow), then look or shadow_agrees().
 *
 * Where a ReLU's input is zero to rounding, float and double may fall on different sides, and the
 * gradients upstream differ by percents though nothing is wrong.  A shadow that follows takes the
 * tape's side there; all else must then agree to rounding.
 */
#ifndef RL_TESTS_SHADOW_H
#define RL_TESTS_SHADOW_H

#include "nn/net.h"

struct shadow {
	struct rl_net *net;
	double **value, **grad;   /* by value of the tape, row-major */
	double **param, **dparam; /* by index in params: value or state, and gradient */
	double *loss;             /* by op */
	double *terms;            /* by op that is a loss: what its error is measured by */
	double **start;           /* param before the first run */
	int followed;             /* elements where the tape's side of a ReLU was taken */
};

void shadow_keep(struct rl_net *n); /* every value, so that it can be compared */
struct shadow *shadow_new(struct rl_net *n);
void shadow_feeds(struct shadow *s); /* take the feeds again, as they are now */
void shadow_run(struct shadow *s, bool follow);
void shadow_free(struct shadow *s);

/* One test line: every value, loss and running statistic within `forward`, every gradient of a
 * parameter or feed within `backward`, relative to the largest of its tensor.  (What is zero but
 * for rounding is measured by the largest of all gradients of the kind, a value by what it was made
 * of.)
 */
bool shadow_agrees(const struct shadow *s, double forward, double backward, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
