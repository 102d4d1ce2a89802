/* Whole detectors against detectron2's, narrow, computed in double
 * (tests/golden/make-detection.py): losses, gradients, running statistics, proposals, detections.
 */
#include "digest.h"
#include "fill.h"
#include "tap.h"

#include "base/err.h"
#include "base/json.h"
#include "models/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 2, PAD = 32 };

struct golden_case {
	const char *name;
	bool fpn, frozen;
	double losses, gradients; /* tolerances: ten times the float error of the original */
};

struct rig {
	const struct golden_case *g;
	json_t *spec;
	struct rl_detector_config c;
	struct rl_params *params;
	struct rl_detector *d;
	int64_t height[IMAGES], width[IMAGES]; /* of the images, and of both together: */
	int64_t h, w;
	float *pixels;
	struct rl_rcnn_objects object[IMAGES];
	uint8_t *mask[IMAGES][3];
};

static char *path_of(const struct rig *r, const char *tensor, int i)
{
	return rl_asprintf("detection/%s.%s%d.npy", r->g->name, tensor, i);
}

static float *floats(const struct rig *r, const char *tensor, int i, size_t *n)
{
	char *path = path_of(r, tensor, i);
	float *x = golden_floats(path);

	free(golden(path, n));
	free(path);
	return x;
}

static int32_t *ints(const struct rig *r, const char *tensor, int i, size_t *n)
{
	char *path = path_of(r, tensor, i);
	int32_t *x = golden_ints(path);

	free(golden(path, n));
	free(path);
	return x;
}

/* Normalised, both in the upper left corner of one size. */
static void load_images(struct rig *r)
{
	static const int64_t size[IMAGES][2] = {{96, 128}, {112, 100}};
	static const float mean[3] = {123.675f, 116.28f, 103.53f},
			   std[3] = {58.395f, 57.12f, 57.375f};
	const int64_t unit = r->g->fpn ? PAD : 1;

	for (int i = 0; i < IMAGES; i++) {
		r->height[i] = size[i][0];
		r->width[i] = size[i][1];
		r->h = r->h > size[i][0] ? r->h : (size[i][0] + unit - 1) / unit * unit;
		r->w = r->w > size[i][1] ? r->w : (size[i][1] + unit - 1) / unit * unit;
	}
	r->pixels = rl_calloc((size_t)(IMAGES * 3 * r->h * r->w), sizeof(float));
	for (int i = 0; i < IMAGES; i++) {
		size_t n;
		float *x = floats(r, "img", i, &n), *from = x;

		for (int64_t row = 0; row < 3 * r->height[i]; row++)
			for (int64_t col = 0; col < r->width[i]; col++)
				r->pixels[((i * 3 + row / r->height[i]) * r->h +
					   row % r->height[i]) *
						  r->w +
					  col] = (*from++ - mean[row / r->height[i]]) /
						 std[row / r->height[i]];
		free(x);
	}
}

static void load_objects(struct rig *r)
{
	for (int i = 0; i < IMAGES; i++) {
		size_t n;
		struct rl_rcnn_objects *o = &r->object[i];

		*o = (struct rl_rcnn_objects){.width = (double)r->width[i],
					      .height = (double)r->height[i]};
		o->box = (struct rl_box *)floats(r, "gt_boxes", i, &n);
		o->class = ints(r, "gt_classes", i, &o->n);
	}
}

static void set_params(struct rig *r)
{
	json_t *entry;
	size_t i, known = 0;

	json_array_foreach(json_object_get(r->spec, "params"), i, entry)
	{
		const char *name = json_string_value(json_array_get(entry, 0));
		int p = rl_params_find(r->params, name);
		char *from = rl_asprintf("d2s.%s", json_string_value(json_array_get(entry, 1)));

		if (p >= 0) {
			fill(rl_params_data(r->params, p), r->params->list[p].count, from,
			     json_real_value(json_array_get(entry, 2)),
			     json_real_value(json_array_get(entry, 3)));
			known++;
		} else {
			diag("%s: not here", name);
		}
		free(from);
	}
	r->params->version++;
	size_t all = 0;
	for (int p = 0; p < r->params->n; p++)
		all += r->params->list[p].kind != RL_COUNT;
	ok(known == all && known == json_array_size(json_object_get(r->spec, "params")),
	   "%s: the same parameters, %zu", r->g->name, known);
}

static void rig_open(struct rig *r, const struct golden_case *g, bool train)
{
	const struct rl_resnet resnet = {50, 8, 32, false, g->frozen, 1};
	char *path = rl_asprintf("tests/golden/detection/%s.json", g->name);

	*r = (struct rig){.g = g, .spec = rl_json_load(path), .params = rl_params_new()};
	free(path);
	load_images(r);
	load_objects(r);
	r->c = g->fpn ? rl_mask_rcnn_fpn(&resnet, 80) : rl_faster_rcnn_c4(&resnet, 20);
	for (int l = 0; l < r->c.rpn.levels; l++)
		r->c.rpn.anchors[l].size_major = true;
	r->c.rpn.matcher = (struct rl_matcher){0.3, 0.7, RL_LOW_QUALITY_OWN, 0};
	r->c.rpn.inside = false;
	r->c.rpn.sample = r->c.rcnn.sample = 100000;
	r->c.rpn.norm = 1e5 * IMAGES;
	r->c.rcnn.matcher = (struct rl_matcher){0.5, 0.5, RL_LOW_QUALITY_NONE, 0};
	r->c.before = r->c.before_test = 300;
	r->c.after = r->c.after_test = 60;
	r->c.extra_norm = !g->frozen;
	r->c.channels = 16;
	r->c.convs = 0;
	r->c.fcs = 2;
	r->c.fc = 32;
	r->c.norms = !g->frozen;
	r->c.head_norms = false;
	r->d = rl_detector_new(r->params, &r->c, &(struct rl_net_config){.train = train});
	set_params(r);
}

static void rig_close(struct rig *r)
{
	rl_detector_free(r->d);
	rl_params_free(r->params);
	json_decref(r->spec);
	free(r->pixels);
	for (int i = 0; i < IMAGES; i++) {
		free((void *)r->object[i].box);
		free((void *)r->object[i].class);
	}
}

static void loss_is(struct rig *r, const char *name, double have)
{
	json_t *want = json_object_get(json_object_get(r->spec, "losses"), name);
	double error = fabs(have / json_real_value(want) - 1);

	ok(error < r->g->losses, "%s: %s", r->g->name, name);
	diag("%.9g, %.1e off", have, error);
}

static void compare_digests(struct rig *r)
{
	char *path = rl_asprintf("detection/%s.digests.npy", r->g->name);
	struct digest d = digest_open(path);
	double worst = 0;
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(r->spec, "gradients"), i, name)
	{
		const char *text = json_string_value(name);

		/* The objects' masks are not among the golden data, so what the mask loss moves is
		 * not compared. */
		if (r->g->fpn && strncmp(text, "rpn_head.", 9) &&
		    strncmp(text, "roi_head.bbox_head.", 19)) {
			digest_skip(&d);
			continue;
		}
		int p = rl_params_find(r->params, json_string_value(name));
		double error = digest_error_f(&d, rl_params_grad(r->params, p),
					      r->params->list[p].count, 1e-6);

		if (error > worst)
			diag("%s: %.1e", json_string_value(name), error);
		worst = fmax(worst, error);
	}
	ok(worst < r->g->gradients, "%s: every gradient within %.0e", r->g->name, r->g->gradients);
	worst = 0;
	json_array_foreach(json_object_get(r->spec, "buffers"), i, name)
	{
		int p = rl_params_find(r->params, json_string_value(name));
		bool variance = strstr(json_string_value(name), "running_var");
		double error = digest_error_f(&d, rl_params_data(r->params, p),
					      r->params->list[p].count, 1e-6);

		/* detectron2's batch norm over ranks keeps the biased variance. */
		if (!variance)
			worst = fmax(worst, error);
	}
	ok(worst < 1e-4, "%s: running means", r->g->name);
	diag("worst %.1e", worst);
	digest_close(&d);
	free(path);
}

/* Rows of four within 1e-3 of a pixel, in any order among those of equal scores. */
static bool same_boxes(const float *have, const float *want, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < 4 * n; i++)
		worst = fmax(worst, fabs(have[i] - want[i]));
	diag("boxes differ by %.1e", worst);
	return worst < 5e-3;
}

static void test_learning(const struct golden_case *g)
{
	struct rig r;
	struct rl_rng rng[IMAGES] = {0};

	rig_open(&r, g, true);
	uint8_t *blank = rl_calloc((size_t)(r.h * r.w), 1);
	const uint8_t *const masks[3] = {blank, blank, blank};
	const uint8_t *const *const mask[IMAGES] = {masks, masks};
	const struct rl_detector_batch b = {.pixels = r.pixels,
					    .images = IMAGES,
					    .height = r.h,
					    .width = r.w,
					    .image = r.object,
					    .mask = mask,
					    .rng = rng};
	struct rl_detector_loss l = rl_detector_learn(r.d, &b);

	loss_is(&r, "loss_rpn_cls", l.objectness);
	loss_is(&r, "loss_rpn_loc", l.proposal);
	loss_is(&r, "loss_cls", l.class);
	loss_is(&r, "loss_box_reg", l.box);
	ok(l.regions == 125, "%s: 125 regions", g->name);
	compare_digests(&r);
	free(blank);
	rig_close(&r);
}

/* The golden detections are scaled to images half as large again. */
static const double scale = 1.5;

static size_t wrong_pixels(const struct rig *r, int i, const struct rl_rcnn_detection *found,
			   const float *soft)
{
	size_t n, wrong = 0;
	int32_t *packed = ints(r, "det_masks", i, &n);
	int64_t height = (int64_t)((double)r->height[i] * scale),
		width = (int64_t)((double)r->width[i] * scale), row = (width + 7) / 8;
	uint8_t *mask = rl_malloc((size_t)(height * width));

	for (int64_t k = 0; k < 8; k++) {
		struct rl_box b = found[k].box;
		float *side = &b.x1;

		for (int j = 0; j < 4; j++)
			side[j] *= (float)scale;
		rl_mask_paste(soft + k * RL_MASK * RL_MASK, &b, height, width, mask);
		for (int64_t p = 0; p < height * width; p++) {
			int32_t byte = packed[(k * height + p / width) * row + p % width / 8];

			wrong += mask[p] != (byte >> (7 - p % width % 8) & 1);
		}
	}
	free(packed);
	free(mask);
	return wrong;
}

static void test_predicting(const struct golden_case *g)
{
	struct rig r;

	rig_open(&r, g, false);
	for (int i = 0; i < IMAGES; i++) {
		size_t n, want;
		float *box = floats(&r, "det_boxes", i, &n),
		      *score = floats(&r, "det_scores", i, &want);
		int32_t *class = ints(&r, "det_classes", i, &n);
		struct rl_rcnn_detection found[100];
		float *soft = rl_malloc(100 * RL_MASK * RL_MASK * sizeof(*soft));
		float boxes[400], scores = 0;
		bool classes = true;

		n = rl_detector_detect(r.d, r.pixels + i * 3 * r.h * r.w, r.h, r.w,
				       (double)r.height[i], (double)r.width[i], found, soft);
		ok(n == want, "%s, image %d: %zu detections", g->name, i, want);
		for (size_t k = 0; k < n; k++) {
			for (int j = 0; j < 4; j++)
				boxes[4 * k + (size_t)j] = (float)(scale * (&found[k].box.x1)[j]);
			scores = fmaxf(scores, fabsf(found[k].score - score[k]));
			classes &= found[k].class == class[k];
		}
		ok(same_boxes(boxes, box, n) && classes && scores < 1e-5,
		   "%s, image %d: the same boxes, classes and scores", g->name, i);
		if (g->fpn) {
			size_t wrong = wrong_pixels(&r, i, found, soft);

			ok(wrong == 0, "%s, image %d: the same masks", g->name, i);
			diag("%zu pixels differ", wrong);
		}
		free(box);
		free(score);
		free(class);
		free(soft);
	}
	rig_close(&r);
}

static void test_proposals(const struct golden_case *g)
{
	struct rig r;

	rig_open(&r, g, false);
	for (int i = 0; i < IMAGES; i++) {
		size_t n, want;
		float *box = floats(&r, "prop_boxes", i, &n),
		      *logit = floats(&r, "prop_logits", i, &want);
		struct rl_box have[60];
		float score[60], worst = 0;

		n = rl_detector_propose(r.d, r.pixels + i * 3 * r.h * r.w, r.h, r.w,
					(double)r.height[i], (double)r.width[i], have, score);
		for (size_t k = 0; k < n && n == want; k++)
			worst = fmaxf(worst, fabsf(score[k] - logit[k]));
		ok(n == want && worst < 1e-4 && same_boxes(&have[0].x1, box, n),
		   "%s, image %d: the same %zu proposals", g->name, i, want);
		free(box);
		free(logit);
	}
	rig_close(&r);
}

int main(void)
{
	static const struct golden_case cases[] = {
		{"c4_frozen", false, true, 1e-5, 1e-4},
		{"c4_bn_extranorm", false, false, 1e-5, 7e-3},
		{"fpn_frozen", true, true, 1e-5, 7e-4},
		{"fpn_bn", true, false, 1e-5, 2e-4},
	};

	for (size_t i = 0; i < RL_LEN(cases); i++)
		test_learning(&cases[i]);
	for (size_t i = 0; i < RL_LEN(cases); i++)
		test_predicting(&cases[i]);
	/* Those of training: with batch statistics prediction makes others. */
	test_proposals(&cases[0]);
	test_proposals(&cases[2]);
	return tap_done();
}
