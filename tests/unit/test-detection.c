/* The parts of a detector against other implementations (tests/golden/make-detection.py), and its
 * losses against differences. */
#include "fill.h"
#include "tap.h"

#include "base/err.h"
#include "models/detloss.h"
#include "models/nms.h"
#include "models/rcnn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rl_box *boxes(const char *path, size_t *n)
{
	char full[96];
	size_t count;

	snprintf(full, sizeof(full), "detection/%s.npy", path);
	free(golden(full, &count));
	*n = count / 4;
	return (struct rl_box *)golden_floats(full);
}

static int32_t *ints(const char *path, size_t *n)
{
	char full[96];

	snprintf(full, sizeof(full), "detection/%s.npy", path);
	free(golden(full, n));
	return golden_ints(full);
}

static float *floats(const char *path)
{
	char full[96];

	snprintf(full, sizeof(full), "detection/%s.npy", path);
	return golden_floats(full);
}

static double worst(const float *a, const float *b, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)a[i] - b[i]) / fmax(1, fabs((double)b[i])));
	return most;
}

/* ---- anchors ---- */

static void test_anchors(void)
{
	static const struct {
		const char *name;
		int64_t height, width;
		struct rl_anchors anchors;
	} cases[] = {
		{"d2_c4_l0.anchors", 5, 7, {16, 5, 3, {32, 64, 128, 256, 512}, {0.5, 1, 2}, true}},
		{"d2_fpn_l1.anchors", 4, 6, {8, 1, 3, {64}, {0.5, 1, 2}, true}},
	};

	for (size_t i = 0; i < RL_LEN(cases); i++) {
		const struct rl_anchors *a = &cases[i].anchors;
		size_t n;
		struct rl_box *want = boxes(cases[i].name, &n);
		struct rl_box *have = rl_malloc(n * sizeof(*have));

		ok(n == (size_t)(cases[i].height * cases[i].width * rl_anchors_a_cell(a)),
		   "%s: as many", cases[i].name);
		rl_anchors_fill(a, cases[i].height, cases[i].width, have);
		ok(worst(&have->x1, &want->x1, 4 * n) < 1e-6, "%s: the same", cases[i].name);
		free(want);
		free(have);
	}

	struct rl_anchors ratio_major = cases[0].anchors;
	struct rl_box a[15], b[15];

	ratio_major.size_major = false;
	rl_anchors_fill(&cases[0].anchors, 1, 1, a);
	rl_anchors_fill(&ratio_major, 1, 1, b);
	bool same = true;
	for (int k = 0; k < 15; k++)
		same &= !memcmp(&a[k], &b[k % 3 * 5 + k / 3], sizeof(*a));
	ok(same, "ratio-major is the same anchors in another order");
}

/* ---- suppression ---- */

static void nms_case(const char *name, double iou, const char *scores, const char *keep,
		     bool by_class)
{
	char path[64];
	size_t n, nkeep, unused;
	snprintf(path, sizeof(path), "%s.boxes", name);
	struct rl_box *box = boxes(path, &n);
	snprintf(path, sizeof(path), "%s.%s", name, scores);
	float *score = floats(path);
	snprintf(path, sizeof(path), "%s.%s", name, keep);
	int32_t *want = ints(path, &nkeep), *class = NULL;
	size_t *have = rl_malloc(n * sizeof(*have));

	if (by_class) {
		snprintf(path, sizeof(path), "%s.cls", name);
		class = ints(path, &unused);
	}
	bool same = rl_nms(box, score, class, n, iou, n, have) == nkeep;
	for (size_t i = 0; i < nkeep && same; i++)
		same &= have[i] == (size_t)want[i];
	ok(same, "suppression of %s, %s: the same %zu stay in the same order", name, keep, nkeep);
	size_t few = rl_nms(box, score, class, n, iou, 3, have);
	ok(few == (nkeep < 3 ? nkeep : 3) && have[0] == (size_t)want[0], "%s: and the best three",
	   name);
	free(box);
	free(score);
	free(want);
	free(class);
	free(have);
}

static void test_nms(void)
{
	nms_case("n300_t0.5", 0.5, "scores", "keep", false);
	nms_case("n300_t0.5", 0.5, "scores_tied", "keep_tied", false);
	nms_case("n300_t0.5", 0.5, "scores", "keep_percls", true);
	nms_case("n64_t0.3", 0.3, "scores", "keep", false);
	nms_case("n64_t0.3", 0.3, "scores_tied", "keep_tied", false);
	nms_case("n64_t0.3", 0.3, "scores", "keep_percls", true);
	nms_case("edge", 0.5, "scores", "keep", false);
	ok(rl_nms(NULL, NULL, NULL, 0, 0.5, 10, NULL) == 0, "of no box none stays");
}

/* ---- matching and sampling ---- */

static void match_case(const char *name, struct rl_matcher m)
{
	char path[64];
	size_t n, nobject, unused;
	snprintf(path, sizeof(path), "%s.anchors", name);
	struct rl_box *box = boxes(path, &n);
	snprintf(path, sizeof(path), "%s.gt", name);
	struct rl_box *object = boxes(path, &nobject);
	snprintf(path, sizeof(path), "%s.labels", name);
	int32_t *label = ints(path, &unused);
	snprintf(path, sizeof(path), "%s.matches", name);
	int32_t *want = ints(path, &unused);
	int32_t *match = rl_malloc(n * sizeof(*match));
	bool same = true;

	rl_match(&m, object, nobject, box, n, match, NULL);
	for (size_t i = 0; i < n; i++)
		same &= match[i] == (label[i] == 1   ? want[i]
				     : label[i] == 0 ? RL_NEGATIVE
						     : RL_UNUSED);
	ok(same, "%s: every box is matched as there", name);
	free(box);
	free(object);
	free(label);
	free(want);
	free(match);
}

/* An object that two boxes overlap alike but badly, one of them overlapping another object more. */
static void test_low_quality(void)
{
	static const struct rl_box object[] = {{0, 0, 10, 10}, {10, 0, 20, 10}};
	static const struct rl_box box[] = {{5, 0, 15, 10}, {0, 20, 5, 25}, {-5, 0, 5, 10}};
	const struct rl_matcher best = {0.3, 0.7, RL_LOW_QUALITY_BEST, 0.3},
				own = {0.3, 0.7, RL_LOW_QUALITY_OWN, 0.3},
				none = {0.3, 0.7, RL_LOW_QUALITY_NONE, 0};
	int32_t match[3];

	rl_match(&best, object, 2, box, 3, match, NULL);
	ok(match[0] == 1 && match[1] == RL_NEGATIVE && match[2] == 0,
	   "the best of an object becomes its own, ties and all");
	rl_match(&own, object, 2, box, 3, match, NULL);
	ok(match[0] == 0 && match[2] == 0, "or keeps what it overlaps most");
	rl_match(&none, object, 2, box, 3, match, NULL);
	ok(match[0] == RL_UNUSED && match[1] == RL_NEGATIVE, "or is not used");
	rl_match(&best, NULL, 0, box, 3, match, NULL);
	ok(match[0] == RL_NEGATIVE && match[2] == RL_NEGATIVE,
	   "without objects everything is background");
}

static void test_sample(void)
{
	enum { N = 1000 };
	int32_t match[N];
	size_t a[256], b[256], positive, n;

	for (int i = 0; i < N; i++)
		match[i] = i % 10 == 0 ? i / 10 : i % 10 < 7 ? RL_NEGATIVE : RL_UNUSED;
	struct rl_rng rng = rl_rng_make(1, 0, 0, RL_RNG_SAMPLE);
	n = rl_sample_matches(match, N, 256, 0.25, &rng, a, &positive);
	ok(n == 256 && positive == 64, "256 boxes, 64 of them positive");
	bool good = true;
	for (size_t i = 0; i < n; i++) {
		good &= i < positive ? match[a[i]] >= 0 : match[a[i]] == RL_NEGATIVE;
		good &= i == 0 || i == positive || a[i] > a[i - 1];
	}
	ok(good, "positives first, each kind in order and without repetition");
	rng = rl_rng_make(1, 0, 0, RL_RNG_SAMPLE);
	rl_sample_matches(match, N, 256, 0.25, &rng, b, &positive);
	ok(!memcmp(a, b, sizeof(a)), "the same draw gives the same boxes");
	rng = rl_rng_make(2, 0, 0, RL_RNG_SAMPLE);
	rl_sample_matches(match, N, 256, 0.25, &rng, b, &positive);
	ok(memcmp(a, b, sizeof(a)) != 0, "another draw gives others");
	rng = rl_rng_make(1, 0, 0, RL_RNG_SAMPLE);
	n = rl_sample_matches(match, 20, 256, 0.5, &rng, a, &positive);
	ok(n == 14 && positive == 2, "where there are few, all of them");
}

/* ---- coding ---- */

static void code_case(const char *name, const double std[4])
{
	char path[64];
	size_t n, unused;
	snprintf(path, sizeof(path), "%s.src", name);
	struct rl_box *from = boxes(path, &n);
	snprintf(path, sizeof(path), "%s.dst", name);
	struct rl_box *to = boxes(path, &unused);
	snprintf(path, sizeof(path), "%s.deltas", name);
	float *delta = floats(path);
	snprintf(path, sizeof(path), "%s.apply_in", name);
	float *in = floats(path);
	snprintf(path, sizeof(path), "%s.apply_out", name);
	float *out = floats(path);
	float *have = rl_malloc(8 * n * sizeof(*have));

	for (size_t i = 0; i < n; i++)
		rl_box_encode(&from[i], &to[i], std, have + 4 * i);
	ok(worst(have, delta, 4 * n) < 1e-5, "%s: deltas", name);
	for (size_t i = 0; i < 2 * n; i++) {
		struct rl_box b = rl_box_decode(&from[i / 2], in + 4 * i, std);

		memcpy(have + 4 * i, &b, sizeof(b));
	}
	ok(worst(have, out, 8 * n) < 1e-5, "%s: boxes from deltas, clamped ones too", name);
	free(from);
	free(to);
	free(delta);
	free(in);
	free(out);
	free(have);
}

/* ---- masks ---- */

static void test_masks(void)
{
	size_t n, count;
	struct rl_box *box = boxes("bitmask_target_28.boxes", &n);
	int32_t *mask = ints("bitmask_target_28.masks", &count);
	int32_t *want = ints("bitmask_target_28.out", &count);
	uint8_t crop[RL_MASK * RL_MASK], bitmap[110 * 110], pasted[80 * 90];
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t p = 0; p < sizeof(bitmap); p++)
			bitmap[p] = (uint8_t)mask[i * sizeof(bitmap) + p];
		rl_mask_crop(bitmap, 110, 110, &box[i], crop);
		for (size_t p = 0; p < sizeof(crop); p++)
			wrong += crop[p] != want[i * sizeof(crop) + p];
	}
	ok(wrong == 0, "masks cropped to a box: every pixel");
	free(box);
	free(mask);
	free(want);

	box = boxes("paste.boxes", &n);
	float *soft = floats("paste.masks");
	want = ints("paste.out", &count);
	wrong = 0;
	for (size_t i = 0; i < n; i++) {
		rl_mask_paste(soft + i * RL_MASK * RL_MASK, &box[i], 80, 90, pasted);
		for (size_t p = 0; p < sizeof(pasted); p++)
			wrong += pasted[p] != want[i * sizeof(pasted) + p];
	}
	ok(wrong == 0, "masks pasted into an image: every pixel");
	diag("%zu pixels differ", wrong);
	free(box);
	free(soft);
	free(want);
}

/* ---- losses ---- */

enum { REGIONS = 6, CLASSES = 3 };

struct heads {
	float logit[REGIONS * (CLASSES + 1)], delta[REGIONS * 4 * CLASSES];
	float dlogit[REGIONS * (CLASSES + 1)], ddelta[REGIONS * 4 * CLASSES];
	struct rl_rcnn_region region[REGIONS];
	struct rl_box target[REGIONS];
};

static double heads_loss(struct heads *h)
{
	const struct rl_rcnn c = {.classes = CLASSES, .std = {0.1, 0.1, 0.2, 0.2}};
	struct rl_rcnn_loss l = rl_rcnn_learn(&c, h->region, h->target, REGIONS, h->logit, h->delta,
					      h->dlogit, h->ddelta);

	return l.class + l.box;
}

static bool differs_right(double (*loss)(struct heads *), struct heads *h, float *x,
			  const float *gradient, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		float keep = x[i], analytic = gradient[i];
		double up, down;

		x[i] = keep + 0x1p-10f;
		up = loss(h);
		x[i] = keep - 0x1p-10f;
		down = loss(h);
		x[i] = keep;
		loss(h);
		most = fmax(most, fabs((up - down) / 0x1p-9 - analytic));
	}
	diag("worst difference %.1e", most);
	return most < 1e-5;
}

static void test_losses(void)
{
	struct heads h = {0};

	fill(h.logit, RL_LEN(h.logit), "logit", -2, 2);
	fill(h.delta, RL_LEN(h.delta), "delta", -2, 2);
	for (int i = 0; i < REGIONS; i++) {
		h.region[i].box = (struct rl_box){(float)i, 0, (float)(20 + i), 30};
		h.region[i].class = i % (CLASSES + 1);
		h.target[i] = (struct rl_box){1, 2, 25, 26};
	}
	heads_loss(&h);
	ok(differs_right(heads_loss, &h, h.logit, h.dlogit, RL_LEN(h.logit)),
	   "class loss: gradient against differences");
	ok(differs_right(heads_loss, &h, h.delta, h.ddelta, RL_LEN(h.delta)),
	   "box loss: gradient against differences");

	float g;
	double a = rl_sigmoid_bce(0.7f, 1, 2, &g);
	ok(fabs(a - log1p(exp(-0.7f)) / 2) < 1e-9 && fabs(g - (rl_sigmoid(0.7f) - 1) / 2) < 1e-6,
	   "binary cross-entropy and its gradient");
	a = rl_sigmoid_bce(-200, 1, 1, &g);
	ok(a == 200 && g == -1, "far from the target it neither overflows nor saturates");
	float row[2] = {9, 9};
	ok(rl_softmax_row((float[]){1, 2}, 2, -1, 1, row) == 0 && row[0] == 0 && row[1] == 0,
	   "an ignored target has no loss and no gradient");

	static float logit[2 * 2 * RL_MASK * RL_MASK], dlogit[RL_LEN(logit)];
	static uint8_t target[2 * RL_MASK * RL_MASK];
	const int32_t class[2] = {1, -1};
	fill(logit, RL_LEN(logit), "mask", -2, 2);
	for (size_t p = 0; p < RL_LEN(target); p++)
		target[p] = p % 3 == 0;
	double before = rl_mask_learn(2, class, target, 2, logit, dlogit);
	size_t at = RL_MASK * RL_MASK + 5;
	double slope = dlogit[at];
	logit[at] += 0.125f;
	double after = rl_mask_learn(2, class, target, 2, logit, dlogit);
	ok(fabs((after - before) / 0.125 - slope) < 1e-4 && dlogit[5] == 0 &&
		   dlogit[3 * RL_MASK * RL_MASK + 5] == 0,
	   "mask loss: of the object's class and of objects alone");
}

int main(void)
{
	test_anchors();
	test_nms();
	match_case("matcher_rpn", (struct rl_matcher){0.3, 0.7, RL_LOW_QUALITY_OWN, 0});
	match_case("matcher_rpn_nolq", (struct rl_matcher){0.3, 0.7, RL_LOW_QUALITY_NONE, 0});
	match_case("matcher_roi", (struct rl_matcher){0.5, 0.5, RL_LOW_QUALITY_NONE, 0});
	test_low_quality();
	test_sample();
	code_case("box2box_w1", (const double[]){1, 1, 1, 1});
	code_case("box2box_w10", (const double[]){0.1, 0.1, 0.2, 0.2});
	test_masks();
	test_losses();
	return tap_done();
}
