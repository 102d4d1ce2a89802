/* Scores of segmentations against the reference's (tests/golden/make-miou.py), and the rules that
 * its drawn maps do not touch. */
#include "base/err.h"
#include "eval/confusion.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double *case_file(const char *name, const char *what, size_t *n)
{
	char path[64];

	snprintf(path, sizeof(path), "miou/%s.%s.npy", name, what);
	return golden(path, n);
}

/* Labels of the case: as they are, or as the classes that their numbers stand for. */
static uint8_t *classes_of(const char *name, const char *what, const double *relabel, size_t *n)
{
	double *x = case_file(name, what, n);
	uint8_t *classes = rl_malloc(*n);

	for (size_t i = 0; i < *n; i++)
		classes[i] = (uint8_t)(relabel ? relabel[(size_t)x[i]] : x[i]);
	free(x);
	return classes;
}

/* The same bits: scores are quotients of whole numbers. */
static bool equal(const double *got, const double *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (got[i] != want[i] && !(isnan(got[i]) && isnan(want[i])))
			return false;
	return true;
}

static void test_case(const char *name, size_t nclass, bool official)
{
	double *relabel = official ? case_file(name, "relabel", NULL) : NULL;
	double *sizes, *hist = case_file(name, "hist", NULL), *iou = case_file(name, "iou", NULL);
	double *acc = official ? NULL : case_file(name, "acc", NULL);
	size_t n, nmeans, nsizes, at = 0, wrong = 0;
	uint8_t *truth = classes_of(name, "gt", relabel, &n);
	uint8_t *found = classes_of(name, "pred", relabel, &n);
	double *means = case_file(name, "means", &nmeans);
	struct rl_confusion *c = rl_confusion_new();

	sizes = case_file(name, "sizes", &nsizes);
	for (size_t i = 0; i < nsizes; i += 2) {
		size_t pixels = (size_t)(sizes[i] * sizes[i + 1]);

		rl_confusion_add(c, truth + at, found + at, pixels);
		at += pixels;
	}
	for (size_t t = 0; t < nclass; t++)
		for (size_t p = 0; p < nclass; p++)
			wrong += (double)rl_confusion_pixels(c, t, p) != hist[t * nclass + p];
	ok(at == n && !wrong, "%s: every pair of classes is counted", name);
	struct rl_confusion_scores s = rl_confusion_scores(c, nclass);
	const double got[] = {s.mean_iou, s.mean_accuracy, s.all_accuracy};

	ok(equal(s.iou, iou, nclass), "%s: IoU of each class", name);
	if (acc)
		ok(equal(s.accuracy, acc, nclass), "%s: accuracy of each class", name);
	for (size_t i = 0; i < nmeans; i++)
		ok(fabs(got[i] - means[i]) < 1e-15, "%s: mean %zu: %.1e", name, i,
		   got[i] - means[i]);
	rl_confusion_scores_free(&s);
	rl_confusion_free(c);
	free(relabel);
	free(sizes);
	free(hist);
	free(iou);
	free(acc);
	free(means);
	free(truth);
	free(found);
}

static void test_rules(void)
{
	/* Class 0: 1 of 3 pixels right, one given to 1, one to none.  Class 1: 1 of 1, 1 too many.
	 */
	const uint8_t truth[] = {0, 0, 0, 1, RL_NO_CLASS, RL_NO_CLASS};
	const uint8_t found[] = {0, 1, RL_NO_CLASS, 1, 0, RL_NO_CLASS};
	struct rl_confusion *c = rl_confusion_new();

	rl_confusion_add(c, truth, found, sizeof(truth));
	struct rl_confusion_scores s = rl_confusion_scores(c, 3);
	ok(s.iou[0] == 1. / 3 && s.accuracy[0] == 1. / 3,
	   "a prediction of no class is a miss of the truth's");
	ok(s.iou[1] == 1. / 2 && s.accuracy[1] == 1, "and no other class's");
	ok(s.pixels == 4 && s.all_accuracy == 2. / 4, "pixels without truth do not count");
	ok(isnan(s.iou[2]) && isnan(s.accuracy[2]), "a class that is nowhere has no score");
	ok(fabs(s.mean_iou - 5. / 12) < 1e-15 && fabs(s.mean_accuracy - 2. / 3) < 1e-15,
	   "and is in no mean");
	rl_confusion_scores_free(&s);

	rl_confusion_add(c, (uint8_t[]){0}, (uint8_t[]){2}, 1);
	s = rl_confusion_scores(c, 3);
	ok(s.iou[2] == 0 && isnan(s.accuracy[2]), "one that is only predicted has an IoU of 0");
	rl_confusion_scores_free(&s);
	rl_confusion_free(c);

	c = rl_confusion_new();
	rl_confusion_add(c, truth + 4, found + 4, 2);
	s = rl_confusion_scores(c, 3);
	ok(s.pixels == 0 && isnan(s.mean_iou) && isnan(s.all_accuracy), "nothing to score");
	rl_confusion_scores_free(&s);
	rl_confusion_free(c);
}

int main(void)
{
	test_case("voc21", 21, false);
	test_case("absent", 21, false);
	test_case("city19", 19, false);
	test_case("cityscapes", 19, true);
	test_rules();
	return tap_done();
}
