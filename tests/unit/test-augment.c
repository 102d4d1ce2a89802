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

static struct rl_rng rng_of(int t)
{
	char key[32];

	snprintf(key, sizeof(key), "train/%d", t);
	return rl_rng_make(7, 1, rl_rng_id(key), RL_RNG_AUGMENT);
}

/* The steps of image t, whose pixels have these classes, under some words, "a b c". */
static void steps_with(const char *words, int t, int height, int width, const uint8_t *classes,
		       struct rl_steps *out)
{
	struct rl_augment *a = rl_augment_parse_line(words);
	struct rl_rng rng = rng_of(t);
	char why[RL_WHY];

	if (!rl_augment_draw(a, height, width, classes, &rng, out, why))
		rl_die("%s", why);
	rl_augment_free(a);
}

static void steps_of(const char *words, int t, int height, int width, struct rl_steps *out)
{
	steps_with(words, t, height, width, NULL, out);
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

/* What MMSegmentation's Resize with a ratio came to in Python: the base times the ratio, each side
 * int(), and mmcv's imrescale into that. */
static const struct {
	int height, width, base_width, base_height;
	double ratio;
	int to_height, to_width;
} scaled[] = {
	{375, 500, 2048, 512, 1, 512, 683},
	{500, 375, 2048, 512, 0.5, 341, 256},
	{333, 500, 2048, 512, 2, 1024, 1538},
	{100, 1000, 2048, 512, 0.77, 158, 1576},
	{1024, 2048, 2049, 1025, 1, 1025, 2049},
	{1024, 2048, 2049, 1025, 0.5, 512, 1024},
	{1024, 2048, 2049, 1025, 1.333, 1366, 2731},
	{281, 500, 2048, 512, 1.999, 1023, 1820},
	{17, 23, 96, 72, 0.613, 43, 58},
	{300, 301, 512, 2048, 0.9, 460, 462},
};

static void test_ratio_resize(void)
{
	int ratio[BINS] = {0};
	bool sizes = true, inside = true;
	struct rl_steps s;
	char words[64];

	for (size_t i = 0; i < RL_LEN(scaled); i++) {
		snprintf(words, sizeof(words), "ratio-resize=%dx%d,%g,%g", scaled[i].base_width,
			 scaled[i].base_height, scaled[i].ratio, scaled[i].ratio);
		steps_of(words, 1, scaled[i].height, scaled[i].width, &s);
		sizes &= s.count == 1 && s.step[0].view.height == scaled[i].height &&
			 s.step[0].view.width == scaled[i].width &&
			 s.step[0].view.to_height == scaled[i].to_height &&
			 s.step[0].view.to_width == scaled[i].to_width;
	}
	ok(sizes, "ratio-resize: the sizes that MMSegmentation gives");
	for (int t = 0; t < TRIALS; t++) {
		steps_of("ratio-resize=1000,0.5,1.5", t, 100, 100, &s);
		inside &= bin(ratio, s.step[0].view.to_width, 499, 1500);
	}
	ok(inside && excess(ratio, BINS) < 5, "the ratio is uniform: %.1f sigma",
	   excess(ratio, BINS));
}

enum { PLANE_HEIGHT = 40, PLANE_WIDTH = 60 };

/* A few rectangles of classes 0 to 3 and of none, on a ground of one class or none. */
static void draw_plane(int t, uint8_t plane[PLANE_HEIGHT * PLANE_WIDTH])
{
	struct rl_rng r = rl_rng_make(3, 0, (uint64_t)t, RL_RNG_SYNTH);

	memset(plane, rl_rng_below(&r, 4) ? 0 : 255, PLANE_HEIGHT * PLANE_WIDTH);
	for (int n = (int)rl_rng_below(&r, 5); n-- > 0;) {
		uint32_t class = rl_rng_below(&r, 5), top = rl_rng_below(&r, PLANE_HEIGHT),
			 left = rl_rng_below(&r, PLANE_WIDTH), height = rl_rng_below(&r, 25),
			 width = rl_rng_below(&r, 25);

		for (uint32_t y = top; y < top + height && y < PLANE_HEIGHT; y++)
			for (uint32_t x = left; x < left + width && x < PLANE_WIDTH; x++)
				plane[y * PLANE_WIDTH + x] = class == 4 ? 255 : (uint8_t) class;
	}
}

static int by_value(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* labels, cnt = np.unique(crop, return_counts=True); cnt = cnt[labels != 255];
 * len(cnt) > 1 and np.max(cnt) / np.sum(cnt) < 0.75 */
static bool is_taken(const uint8_t *plane, int width, const struct rl_view *crop)
{
	static uint8_t value[PLANE_HEIGHT * PLANE_WIDTH];
	int n = 0, labels = 0;
	double most = 0, sum = 0;

	for (int y = 0; y < crop->height; y++)
		for (int x = 0; x < crop->width; x++)
			value[n++] = plane[(crop->top + y) * width + crop->left + x];
	qsort(value, (size_t)n, 1, by_value);
	for (int i = 0, k; i < n; i = k) {
		for (k = i; k < n && value[k] == value[i];)
			k++;
		if (value[i] == 255)
			continue;
		labels++;
		most = fmax(most, k - i);
		sum += k - i;
	}
	return labels > 1 && most / sum < 0.75;
}

/* MMSegmentation's RandomCrop, step by step. */
static struct rl_view crop_of(const uint8_t *plane, int height, int width, int want_height,
			      int want_width, struct rl_rng *r, int *tries)
{
	struct rl_view crop = {0};

	for (*tries = 0; *tries <= 10; ++*tries) {
		int margin_height = height > want_height ? height - want_height : 0;
		int margin_width = width > want_width ? width - want_width : 0;

		crop.top = (int)rl_rng_below(r, (uint32_t)margin_height + 1);
		crop.left = (int)rl_rng_below(r, (uint32_t)margin_width + 1);
		crop.height = height < want_height ? height : want_height;
		crop.width = width < want_width ? width : want_width;
		if (*tries < 10 && is_taken(plane, width, &crop))
			break;
	}
	return crop;
}

static void test_class_crop(void)
{
	uint8_t plane[PLANE_HEIGHT * PLANE_WIDTH];
	int count[11] = {0}, tries;
	bool same = true, after = true, wide = true;
	struct rl_steps s;

	for (int t = 0; t < TRIALS; t++) {
		struct rl_rng r = rng_of(t);

		draw_plane(t, plane);
		steps_with("class-crop=24x16", t, PLANE_HEIGHT, PLANE_WIDTH, plane, &s);
		struct rl_view want = crop_of(plane, PLANE_HEIGHT, PLANE_WIDTH, 16, 24, &r, &tries);
		const struct rl_view *v = &s.step[0].view;

		same &= s.count == 1 && v->top == want.top && v->left == want.left &&
			v->height == 16 && v->width == 24 && v->to_height == 16 &&
			v->to_width == 24 && !v->mirror;
		count[tries < 10 ? tries : 10]++;
	}
	ok(same, "class-crop: the places that MMSegmentation's rule takes");
	ok(count[0] && count[1] && count[9] && count[10],
	   "at once %d times, after another %d, after nine %d, untried %d", count[0], count[1],
	   count[9], count[10]);

	/* The classes as they are once the image has been turned round and made smaller. */
	for (int t = 0; t < 500; t++) {
		struct rl_rng r = rng_of(t);
		struct rl_view flip = {.height = PLANE_HEIGHT,
				       .width = PLANE_WIDTH,
				       .to_height = 30,
				       .to_width = 45,
				       .mirror = true};

		draw_plane(t, plane);
		steps_with("squash=45x30 flip=1 class-crop=20", t, PLANE_HEIGHT, PLANE_WIDTH, plane,
			   &s);
		rl_rng_uniform(&r); /* flip's */
		uint8_t *now = rl_view_plane(&flip, plane, PLANE_WIDTH);
		struct rl_view want = crop_of(now, 30, 45, 20, 20, &r, &tries);

		after &= s.step[2].view.top == want.top && s.step[2].view.left == want.left;
		free(now);
	}
	ok(after, "the classes are looked at as they are by then");
	steps_with("class-crop=100x30", 1, PLANE_HEIGHT, PLANE_WIDTH, plane, &s);
	wide = s.step[0].view.width == PLANE_WIDTH && s.step[0].view.to_width == PLANE_WIDTH &&
	       s.step[0].view.left == 0 && s.step[0].view.height == 30;
	ok(wide, "of a smaller image there is as much as it has");
	memset(plane, 2, sizeof(plane));
	plane[0] = 255;
	steps_with("class-crop=20,0", 1, PLANE_HEIGHT, PLANE_WIDTH, plane, &s);
	ok(s.count == 1, "and of one class alone, too");
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

/* I - a^T a / (a a^T), a = [-1, 2, -1], in double. */
static void test_project(void)
{
	static const double a[3] = {-1, 2, -1};
	struct rl_rng r = rng_of(3);
	struct rl_steps steps;
	int wrong = 0;

	for (int t = 0; t < TRIALS; t++) {
		uint8_t rgb[3], was[3];
		double along = 0;

		for (int i = 0; i < 3; i++) {
			rgb[i] = was[i] = (uint8_t)rl_rng_below(&r, 256);
			along += a[i] * rgb[i] / 6;
		}
		rl_project(rgb, 1);
		for (int i = 0; i < 3; i++)
			wrong += rgb[i] !=
				 fmin(fmax(floor(was[i] - along * a[i] + 0.5 + 1e-9), 0), 255);
	}
	ok(wrong == 0, "project: nothing is left along green - magenta: %d differ", wrong);
	steps_with("project flip=1", 0, 20, 30, NULL, &steps);
	ok(steps.count == 2 && steps.step[0].colour, "it is always done");
}

int main(void)
{
	test_project();
	test_random_resized_crop();
	test_multi_resize();
	test_ratio_resize();
	test_class_crop();
	test_crop();
	test_rates();
	test_jitter();
	test_photometric();
	test_lighting();
	test_pinned();
	return tap_done();
}
