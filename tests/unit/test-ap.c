/* Average precision against values that scikit-learn and two VOC evaluations computed. */
#include "eval/ap.h"
#include "tap.h"

#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void compare(const char *name, double step, double area, double eleven)
{
	char path[256];
	size_t n;

	snprintf(path, sizeof(path), "svm_ap/%s.scores.npy", name);
	double *score = golden(path, &n);
	snprintf(path, sizeof(path), "svm_ap/%s.labels.npy", name);
	double *wide = golden(path, NULL);
	int8_t *label = rl_malloc(n);
	for (size_t i = 0; i < n; i++)
		label[i] = wide[i] > 0; /* +1 and -1 in the files */

	ok(fabs(rl_ap_step(score, label, n) - step) < 1e-12, "%s: step", name);
	if (!isnan(area))
		ok(fabs(rl_ap_area(score, label, n, 0) - area) < 1e-12, "%s: area", name);
	if (!isnan(eleven))
		ok(fabs(rl_ap_11point(score, label, n, 0) - eleven) < 1e-12, "%s: 11 points", name);
	free(label);
	free(wide);
	free(score);
}

static void nan_score(void *unused)
{
	(void)unused;
	rl_ap_step((double[]){1, NAN}, (int8_t[]){1, 0}, 2);
}

int main(void)
{
	compare("ap_all_pos", 1, 1, 1);
	compare("ap_n50", 0.47659234473551204, 0.500683173190474, 0.5156582813654152);
	compare("ap_n200_rare", 0.046493769037242755, 0.051591072496995835, 0.055683537945178746);
	compare("ap_n400", 0.5026473458053096, 0.5295523997387104, 0.5368701474170409);
	compare("ap_one_pos", 0.03571428571428571, 0.03571428571428571, 0.03571428571428572);
	compare("ap_ties", 0.32705203228244706, NAN, NAN);

	const double flat[] = {5, 5, 5, 5};
	ok(rl_ap_area(flat, (int8_t[]){0, 0, 0, 1}, 4, 0) == 1 &&
		   rl_ap_area(flat, (int8_t[]){1, 0, 0, 0}, 4, 0) == 0.25,
	   "equal scores rank by descending index");
	ok(rl_ap_step(flat, (int8_t[]){1, 0, 0, 0}, 4) == 0.25 &&
		   rl_ap_step(flat, (int8_t[]){0, 0, 0, 1}, 4) == 0.25,
	   "the step-wise value groups equal scores");

	const double score[] = {4, 3, 2, 1};
	ok(rl_ap_area(score, (int8_t[]){-1, 1, -1, 0}, 4, 0) == 1, "left-out samples are dropped");
	ok(isnan(rl_ap_step(score, (int8_t[]){0, 0, -1, 0}, 4)) &&
		   isnan(rl_ap_area(score, (int8_t[]){0, 0, -1, 0}, 4, 0)) &&
		   isnan(rl_ap_11point(score, (int8_t[]){0, 0, -1, 0}, 4, 0)),
	   "no positive: not a number");
	ok(isnan(rl_ap_area(score, (int8_t[]){0}, 0, 0)), "nothing at all: not a number");
	const int8_t found[] = {1, 0, 1, 0};
	ok(fabs(rl_ap_area(score, found, 4, 2) - (0.25 + 0.25 * 2 / 3)) < 1e-15 &&
		   fabs(rl_ap_11point(score, found, 4, 2) - 5.0 / 11) < 1e-15,
	   "what was missed lowers recall");
	ok(rl_ap_area(score, found, 0, 1) == 0 && rl_ap_11point(score, found, 0, 1) == 0,
	   "everything missed is 0");
	ok(dies(nan_score, NULL, RL_EXIT_FAILURE, "score 1 is not a number"), "a NaN score dies");
	return tap_done();
}
