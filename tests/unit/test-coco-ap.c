/* COCO's average precision and recall against pycocotools (tests/golden/make-coco.py): every point
 * of the curves on one set of images, and every rule on another. */
#include "base/err.h"
#include "base/json.h"
#include "eval/coco-input.h"
#include "eval/coco-match.h"
#include "stream/box.h"
#include "tap.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIR "tests/golden/coco/"

struct set {
	struct rl_coco coco;
	struct rl_detections found;
	struct rl_coco_object *objects;
	struct rl_coco_task task;
};

static struct set read_set(const char *truth, const char *found)
{
	struct set s;
	struct rl_text text = rl_text_read(found);

	rl_coco_read(&s.coco, truth);
	s.found = rl_coco_detections(&text, &s.coco, truth);
	s.objects = rl_coco_objects(&s.coco, s.found.masks, truth);
	s.task = (struct rl_coco_task){s.coco.ncategory, s.objects, s.coco.nannotation,
				       s.found.all,      s.found.n, s.found.masks};
	rl_text_free(&text);
	return s;
}

static void free_set(struct set *s)
{
	rl_coco_objects_free(s->objects, s->coco.nannotation);
	rl_detections_free(&s->found);
	rl_coco_free(&s->coco);
}

static double worst(const double *got, const char *path, size_t n)
{
	size_t wanted;
	double *want = golden(path, &wanted), most = 0;

	if (wanted != n)
		rl_die("%s: %zu numbers, not %zu", path, wanted, n);
	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(got[i] - want[i]));
	free(want);
	return most;
}

/* Over recalls: what the second set keeps. */
static double *mean_precision(const struct rl_coco_ap *a)
{
	size_t cells = a->nclass * RL_COCO_RANGES;
	double *mean = rl_calloc(RL_COCO_IOUS * cells, sizeof(*mean));

	for (size_t t = 0; t < RL_COCO_IOUS; t++)
		for (size_t r = 0; r < RL_COCO_POINTS; r++)
			for (size_t i = 0; i < cells; i++)
				mean[t * cells + i] +=
					a->precision[(t * RL_COCO_POINTS + r) * cells + i] /
					RL_COCO_POINTS;
	return mean;
}

static void test_numbers(const struct rl_coco_ap *a, const char *set, const char *kind)
{
	double number[RL_COCO_NUMBERS], error;
	char path[128];

	rl_coco_numbers(a, number);
	snprintf(path, sizeof(path), "coco/%sstats.%s.npy", set, kind);
	error = worst(number, path, RL_COCO_NUMBERS);
	ok(error < 1e-12, "%s%s: the 12 numbers: %.1e", set, kind, error);
	snprintf(path, sizeof(path), "coco/%srecall.%s.npy", set, kind);
	error = worst(a->recall, path, a->nclass * RL_COCO_IOUS * RL_COCO_RANGES * RL_COCO_MOSTS);
	ok(error < 1e-12, "%s%s: recall of every class, area and number: %.1e", set, kind, error);
}

static void test_set(const char *set, const char *kind)
{
	char truth[128], found[128], path[128];
	snprintf(truth, sizeof(truth), DIR "%struth.json", set);
	snprintf(found, sizeof(found), DIR "%sfound.%s.json", set, kind);
	struct set s = read_set(truth, found);
	struct rl_coco_ap a = rl_coco_ap(&s.task);
	size_t cells = a.nclass * RL_COCO_RANGES;

	test_numbers(&a, set, kind);
	snprintf(path, sizeof(path), "coco/%sprecision.%s.npy", set, kind);
	double *mean = mean_precision(&a);
	double error = *set ? worst(mean, path, RL_COCO_IOUS * cells)
			    : worst(a.precision, path, RL_COCO_IOUS * RL_COCO_POINTS * cells);
	ok(error < (*set ? 1e-12 : 1e-7), "%s%s: precision: %.1e", set, kind, error);
	free(mean);

	omp_set_num_threads(1);
	struct rl_coco_ap one = rl_coco_ap(&s.task);
	omp_set_num_threads(3);
	ok(!memcmp(one.precision, a.precision,
		   RL_COCO_IOUS * RL_COCO_POINTS * cells * sizeof(double)) &&
		   !memcmp(one.recall, a.recall,
			   RL_COCO_IOUS * RL_COCO_MOSTS * cells * sizeof(double)),
	   "%s%s: the same bits from one thread", set, kind);
	rl_coco_ap_free(&one);
	rl_coco_ap_free(&a);
	free_set(&s);
}

static void test_nothing(void)
{
	struct set s = read_set(DIR "rules.truth.json", DIR "rules.found.bbox.json");
	double number[RL_COCO_NUMBERS];

	s.task.nfound = 0;
	struct rl_coco_ap a = rl_coco_ap(&s.task);
	rl_coco_numbers(&a, number);
	bool zero = true;
	for (int i = 0; i < RL_COCO_NUMBERS; i++)
		zero = zero && number[i] == 0;
	ok(zero, "nothing found is 0 of everything");
	ok(isnan(rl_coco_class_ap(&a, 2)) && rl_coco_class_ap(&a, 0) == 0,
	   "a class without objects has no AP");
	rl_coco_ap_free(&a);
	s.task.nobject = 0;
	a = rl_coco_ap(&s.task);
	rl_coco_numbers(&a, number);
	bool none = true;
	for (int i = 0; i < RL_COCO_NUMBERS; i++)
		none = none && isnan(number[i]);
	ok(none, "and where nothing is to be found there is no number");
	rl_coco_ap_free(&a);
	free_set(&s);
}

enum { CASES = 6 };

/* Each of the six masks against each, the second and the fifth being crowds. */
static void test_overlaps(bool masks)
{
	json_t *cases = rl_json_load(DIR "masks.json");
	struct rl_detection d[CASES] = {0};
	struct rl_coco_object o[CASES] = {0};
	const struct rl_detection *found[CASES];
	const struct rl_coco_object *objects[CASES];
	double overlap[CASES * CASES], area[CASES];

	for (size_t i = 0; i < CASES; i++) {
		const json_t *c = json_array_get(cases, i);
		double box[4];

		rl_box_parse(rl_json_get(c, "box", "masks.json"), box, "box", "masks.json");
		rl_region_sized(&d[i].region, box, "masks.json");
		if (!rl_rle_parse(rl_json_str(c, "counts", "masks.json"), &d[i].region.mask))
			rl_die("not runs");
		o[i] = (struct rl_coco_object){.region = d[i].region, .crowd = i == 1 || i == 4};
		found[i] = &d[i];
		objects[i] = &o[i];
	}
	rl_coco_overlaps(&(struct rl_coco_cell){found, objects, CASES, CASES}, masks, overlap,
			 area);
	ok(worst(overlap, masks ? "coco/iou.mask.npy" : "coco/iou.bbox.npy", CASES * CASES) == 0,
	   "overlaps of %s, with crowds", masks ? "masks" : "boxes");
	for (size_t i = 0; i < CASES; i++)
		free(d[i].region.mask.run);
	json_decref(cases);
}

int main(void)
{
	test_overlaps(false);
	test_overlaps(true);
	omp_set_num_threads(3);
	for (int i = 0; i < 4; i++)
		test_set(i < 2 ? "" : "rules.", i % 2 ? "segm" : "bbox");
	test_nothing();
	return tap_done();
}
