/* What augmentation draws: distributions, and what a draw depends on.  No pixels are needed. */
#include "base/err.h"
#include "chance.h"
#include "image/augment.h"
#include "image/colour.h"
#include "image/enhance.h"
#include "image/photometric.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 8000, BINS = 20 };

/* The steps of image t under some words, "a b c". */
static void steps_of(const char *words, int t, int height, int width, struct rl_steps *out)
{
	struct rl_augment *a = rl_augment_parse_line(words);
	char key[32], why[RL_WHY];

	snprintf(key, sizeof(key), "train/%d", t);
	struct rl_rng rng = rl_rng_make(7, 1, rl_rng_id(key), RL_RNG_AUGMENT);
	if (!rl_augment_draw(a, height, width, &rng, out, why))
		rl_die("%s", why);
	rl_augment_free(a);
}

/* Count a number of least..most in bins; false when it lies outside. */
static bool bin(int *count, double x, double least, double most)
{
	int i = (int)((x - least) / (most - least) * BINS);

	if (x < least || x > most)
		return false;
	count[i < BINS ? i : BINS - 1]++;
	return true;
}

static void test_random_resized_crop(void)
{
	enum { SIDE = 10000 }; /* so large that whole pixels hardly matter */
	int area[BINS] = {0}, aspect[BINS] = {0}, top[BINS] = {0}, left[BINS] = {0};
	bool inside = true, sizes = true;
	struct rl_steps s;

	for (int t = 0; t < TRIALS; t++) {
		steps_of("random-resized-crop=224,0.08,0.5", t, SIDE, SIDE, &s);
		const struct rl_view *v = &s.step[0].view;
		double share = v->height * (double)v->width / SIDE / SIDE;
		double ratio = log(v->width / (double)v->height);

		sizes &= s.count == 1 && v->to_height == 224 && v->to_width == 224 && !v->mirror;
		inside &= v->top >= 0 && v->left >= 0 && v->height <= SIDE - v->top &&
			  v->width <= SIDE - v->left;
		inside &= bin(area, share, 0.0799, 0.5001);
		inside &= bin(aspect, ratio, log(0.7499), log(1.3335));
		inside &= bin(top, v->top, 0, SIDE - v->height);
		inside &= bin(left, v->left, 0, SIDE - v->width);
	}
	ok(sizes, "random-resized-crop: one view to the size");
	ok(inside, "it lies in the image, with scale and ratio within their limits");
	ok(excess(area, BINS) < 5, "the area is uniform: %.1f sigma", excess(area, BINS));
	ok(excess(aspect, BINS) < 5, "the aspect in its logarithm: %.1f sigma",
	   excess(aspect, BINS));
	ok(excess(top, BINS) < 5 && excess(left, BINS) < 5, "the place: %.1f, %.1f sigma",
	   excess(top, BINS), excess(left, BINS));

	/* Of a photo the largest shares often do not fit, and are drawn again: torchvision's mean
	 * over a million draws on 375 x 500 is 0.4963 of the area (standard deviation 0.2435). */
	double mean = 0;
	for (int t = 0; t < TRIALS; t++) {
		steps_of("random-resized-crop=224", t, 375, 500, &s);
		mean += s.step[0].view.height * (double)s.step[0].view.width / 375 / 500 / TRIALS;
	}
	ok(fabs(mean - 0.4328) < 4 * 0.2165 / sqrt(TRIALS), "a photo's mean share is %.4f", mean);
}

/* What MMDetection's formula, min(longest / max(h, w), n / min(h, w)), came to in Python. */
static const struct {
	int height, width, n, longest, to_height, to_width;
} fitted[] = {
	{480, 640, 800, 1333, 800, 1067},  {640, 480, 480, 1333, 640, 480},
	{333, 500, 800, 1333, 800, 1201},  {375, 500, 576, 1333, 576, 768},
	{100, 1000, 800, 1333, 133, 1333}, {1000, 100, 800, 1333, 1333, 133},
	{427, 640, 672, 1333, 672, 1007},  {612, 612, 704, 1333, 704, 704},
	{37, 53, 31, 64, 31, 44},          {1, 300, 800, 1333, 4, 1333},
	{800, 1333, 800, 1333, 800, 1333}, {640, 361, 736, 1333, 1305, 736},
	{281, 500, 768, 1333, 749, 1333},
};

static void test_multi_resize(void)
{
	int side[11] = {0};
	bool whole = true, sizes = true;
	struct rl_steps s;
	char words[32];

	for (size_t i = 0; i < RL_LEN(fitted); i++) {
		snprintf(words, sizeof(words), "multi-resize=%d:%d", fitted[i].n,
			 fitted[i].longest);
		steps_of(words, 1, fitted[i].height, fitted[i].width, &s);
		sizes &= s.step[0].view.to_height == fitted[i].to_height &&
			 s.step[0].view.to_width == fitted[i].to_width;
	}
	ok(sizes, "multi-resize: the sizes that MMDetection gives");
	for (int t = 0; t < TRIALS; t++) {
		steps_of("multi-resize=480,512,544,576,608,640,672,704,736,768,800:1333", t, 480,
			 640, &s);
		const struct rl_view *v = &s.step[0].view;

		whole &= s.count == 1 && v->top == 0 && v->left == 0 && v->height == 480 &&
			 v->width == 640 && v->to_height % 32 == 0 && v->to_height >= 480 &&
			 v->to_height <= 800;
		if (whole)
			side[v->to_height / 32 - 15]++;
	}
	ok(whole, "of the whole image, to one of its sides");
	ok(excess(side, 11) < 5, "each as likely: %.1f sigma", excess(side, 11));
}

static void test_crop(void)
{
	int top[BINS] = {0}, left[BINS] = {0};
	bool inside = true;
	struct rl_steps s;

	for (int t = 0; t < TRIALS; t++) {
		steps_of("random-crop=21x31", t, 50, 40, &s);
		const struct rl_view *v = &s.step[0].view;

		inside &= v->height == 31 && v->width == 21 && v->to_height == 31 &&
			  v->to_width == 21 && v->top >= 0 && v->top < BINS && v->left >= 0 &&
			  v->left < BINS;
		if (inside)
			top[v->top]++, left[v->left]++;
	}
	ok(inside, "random-crop lies in the image");
	ok(excess(top, BINS) < 5 && excess(left, BINS) < 5, "anywhere: %.1f, %.1f sigma",
	   excess(top, BINS), excess(left, BINS));
}

static void test_rates(void)
{
	static const struct {
		const char *words;
		double rate;
	} cases[] = {{"flip", 0.5}, {"flip=0.1", 0.1}, {"grey=0.2", 0.2}};
	struct rl_steps s;

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		int hits = 0;

		for (int t = 0; t < TRIALS; t++) {
			steps_of(cases[i].words, t, 50, 40, &s);
			hits += s.count;
		}
		ok(deviation(hits, TRIALS, cases[i].rate) < 4, "%s: a rate of %g", cases[i].words,
		   (double)hits / TRIALS);
	}
	steps_of("flip=1 flip=0 grey=0 grey", 1, 50, 40, &s);
	ok(s.count == 2 && s.step[0].view.mirror && s.step[1].colour, "never and always");
}

static int kind_of(const struct rl_step *s)
{
	void (*const kind[])(uint8_t *, size_t, double) = {
		rl_enhance_brightness, rl_enhance_contrast, rl_enhance_saturation, rl_enhance_hue};
	int i = 0;

	while (s->colour != kind[i])
		i++;
	return i;
}

static void test_jitter(void)
{
	static const double least[] = {0.6, 0, 0.9, -0.2}, most[] = {1.4, 2.5, 1.1, 0.2};
	int order[24] = {0}, amount[4][BINS] = {{0}};
	bool inside = true;
	struct rl_steps s;

	for (int t = 0; t < TRIALS; t++) {
		int kind[4], rank = 0;

		steps_of("color-jitter=0.4,1.5,0.1,0.2", t, 50, 40, &s);
		for (int i = 0; i < 4; i++) {
			kind[i] = kind_of(&s.step[i]);
			inside &= bin(amount[kind[i]], s.step[i].amount, least[kind[i]],
				      most[kind[i]]);
		}
		for (int i = 0; i < 4; i++) {
			int smaller = 0;

			for (int k = i + 1; k < 4; k++)
				smaller += kind[k] < kind[i];
			rank = rank * (4 - i) + smaller;
		}
		order[rank]++;
	}
	ok(inside, "color-jitter: factors are within their limits");
	for (int i = 0; i < 4; i++)
		ok(excess(amount[i], BINS) < 5, "and uniform: %.1f sigma", excess(amount[i], BINS));
	ok(excess(order, 24) < 5, "all orders are as likely: %.1f sigma", excess(order, 24));
	steps_of("color-jitter=0,0.4,0", 1, 50, 40, &s);
	ok(s.count == 1 && kind_of(&s.step[0]) == 1, "what is 0 is left out");
}

static void test_photometric(void)
{
	int rate[4] = {0}, hue[36] = {0}, before = 0, after = 0;
	bool inside = true;
	struct rl_steps s;

	for (int t = 0; t < TRIALS; t++) {
		bool hsv = false;

		steps_of("photometric", t, 50, 40, &s);
		for (int i = 0; i < s.count; i++) {
			double v = s.step[i].amount;

			if (s.step[i].colour == rl_photometric_brightness) {
				rate[0]++;
				inside &= i == 0 && v >= -32 && v < 32;
			} else if (s.step[i].colour == rl_photometric_contrast) {
				rate[1]++;
				inside &= v >= 0.5 && v < 1.5;
				before += !hsv && i + 1 < s.count;
				after += hsv;
			} else if (s.step[i].colour == rl_photometric_saturation) {
				rate[2]++;
				hsv = true;
				inside &= v >= 0.5 && v < 1.5;
			} else {
				rate[3]++;
				hsv = true;
				inside &= v >= -18 && v < 18 && v == rint(v);
				hue[(int)v + 18]++;
			}
		}
	}
	ok(inside, "photometric: amounts are within mmsegmentation's limits");
	for (int i = 0; i < 4; i++)
		ok(deviation(rate[i], TRIALS, 0.5) < 4, "each part at a rate of %g",
		   (double)rate[i] / TRIALS);
	ok(deviation(before, before + after, 0.5) < 4, "contrast before the hue %d times, after %d",
	   before, after);
	ok(excess(hue, 36) < 5, "hues are uniform: %.1f sigma", excess(hue, 36));
}

/* Its covariance is std^2 V diag(value^2) V', computed here from the constants of the recipe. */
static void test_lighting(void)
{
	static const double want[3][3] = {{1.5421e-4, 1.5585e-4, 1.5494e-4},
					  {1.5585e-4, 1.5971e-4, 1.6029e-4},
					  {1.5494e-4, 1.6029e-4, 1.6286e-4}};
	double got[3][3] = {{0}}, worst = 0;
	struct rl_steps s;

	for (int t = 0; t < 4 * TRIALS; t++) {
		steps_of("flip=0 lighting", t, 50, 40, &s);
		for (int i = 0; i < 3; i++)
			for (int k = 0; k < 3; k++)
				got[i][k] += s.lighting[i] * s.lighting[k] / (4 * TRIALS);
	}
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 3; k++)
			worst = fmax(worst, fabs(got[i][k] / want[i][k] - 1));
	ok(worst < 0.04, "lighting has AlexNet's covariance to %.3f", worst);
	steps_of("lighting=0", 1, 50, 40, &s);
	ok(s.count == 0 && s.lighting[0] == 0 && s.lighting[2] == 0,
	   "of standard deviation 0 none");
}

/* Part of what a seed means: this must never change. */
static void test_pinned(void)
{
	struct rl_steps s;

	steps_of("random-resized-crop=224 flip color-jitter=0.4,0.4,0.4 lighting=0.1", 3, 375, 500,
		 &s);
	const struct rl_view *v = &s.step[0].view;
	ok(v->top == 9 && v->left == 137 && v->height == 292 && v->width == 250,
	   "pinned: a crop of %d x %d at %d, %d", v->height, v->width, v->top, v->left);
	ok(s.count == 4, "pinned: %d steps", s.count);
	ok(kind_of(&s.step[s.count - 1]) == 2 && fabs(s.step[s.count - 1].amount - 1.189366) < 1e-6,
	   "pinned: %d comes last, with %.6f", kind_of(&s.step[s.count - 1]),
	   s.step[s.count - 1].amount);
	ok(fabs(s.lighting[0] + 0.0136619) < 1e-7, "pinned: lighting %.7f", s.lighting[0]);
}

int main(void)
{
	test_random_resized_crop();
	test_multi_resize();
	test_crop();
	test_rates();
	test_jitter();
	test_photometric();
	test_lighting();
	test_pinned();
	return tap_done();
}
