/* VOC's average precision of boxes against detectron2's evaluation (tests/golden/make-voc.py), and
 * the rules that its drawn boxes do not touch. */
#include "base/err.h"
#include "eval/voc-ap.h"
#include "tap.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 3, CELLS = CLASSES * RL_VOC_IOUS };

static struct rl_voc_object *objects_of(const double *row, size_t n, size_t *nimage)
{
	struct rl_voc_object *o = rl_calloc(n, sizeof(*o));

	for (size_t i = 0; i < n; i++, row += 7) {
		o[i] = (struct rl_voc_object){.image = (uint32_t)row[0],
					      .class = (uint32_t)row[1],
					      .difficult = row[2] != 0};
		memcpy(o[i].corner, row + 3, sizeof(o[i].corner));
		*nimage = o[i].image + 1 > *nimage ? o[i].image + 1 : *nimage;
	}
	return o;
}

static struct rl_detection *detections_of(const double *row, size_t n, size_t *nimage)
{
	struct rl_detection *d = rl_calloc(n, sizeof(*d));

	for (size_t i = 0; i < n; i++, row += 7) {
		d[i] = (struct rl_detection){
			.image = (uint32_t)row[0], .class = (uint32_t)row[1], .score = row[2]};
		rl_region_corners(&d[i].region, row + 3);
		*nimage = d[i].image + 1 > *nimage ? d[i].image + 1 : *nimage;
	}
	return d;
}

static double worst(const double *got, const double *want)
{
	double most = 0;

	for (size_t i = 0; i < CELLS; i++)
		most = fmax(most, fabs(got[i] - want[i]));
	return most;
}

static void test_golden(void)
{
	size_t ngt, ndt;
	double *gt = golden("voc_eval/gt.npy", &ngt), *dt = golden("voc_eval/dt.npy", &ndt);
	double *ap = golden("voc_eval/ap.npy", NULL);
	struct rl_voc_task t = {.nclass = CLASSES, .nobject = ngt / 7, .nfound = ndt / 7};
	struct rl_voc_object *objects = objects_of(gt, t.nobject, &t.nimage);
	struct rl_detection *found = detections_of(dt, t.nfound, &t.nimage);

	t.objects = objects;
	t.found = found;
	omp_set_num_threads(3);
	struct rl_voc_ap got = rl_voc_ap(&t);
	ok(worst(got.eleven, ap) < 1e-12, "11 points, every class and IoU: %.1e",
	   worst(got.eleven, ap));
	ok(worst(got.area, ap + CELLS) < 1e-12, "area: %.1e", worst(got.area, ap + CELLS));
	ok(fabs(rl_voc_mean(got.eleven, CLASSES, 0, 9) - 0.311145529125253) < 1e-12 &&
		   fabs(rl_voc_mean(got.eleven, CLASSES, 0, 0) - 0.6239044855065888) < 1e-12 &&
		   fabs(rl_voc_mean(got.area, CLASSES, 5, 5) - 0.3692561035789808) < 1e-12,
	   "and their means");
	omp_set_num_threads(1);
	struct rl_voc_ap one = rl_voc_ap(&t);
	ok(!memcmp(one.eleven, got.eleven, CELLS * sizeof(double)) &&
		   !memcmp(one.area, got.area, CELLS * sizeof(double)),
	   "the same bits from one thread");
	rl_voc_ap_free(&one);
	rl_voc_ap_free(&got);
	free(objects);
	free(found);
	free(gt);
	free(dt);
	free(ap);
}

/* Area AP50 of one class in two images. */
static double ap50(const struct rl_voc_object *o, size_t nobject, const struct rl_detection *d,
		   size_t n)
{
	struct rl_voc_ap a = rl_voc_ap(&(struct rl_voc_task){2, 1, o, nobject, d, n});
	double ap = a.area[0];

	rl_voc_ap_free(&a);
	return ap;
}

static struct rl_detection at(uint32_t image, double score, double x1, double y1, double x2,
			      double y2)
{
	return (struct rl_detection){
		.image = image, .score = score, .region = {.corner = {x1, y1, x2, y2}}};
}

static void test_rules(void)
{
	const struct rl_voc_object one = {0, 0, {0, 0, 9, 9}, false};
	const struct rl_voc_object hard = {0, 0, {0, 0, 9, 9}, true};
	const struct rl_voc_object pair[] = {hard, one},
				   two[] = {one, {0, 0, {4, 0, 13, 9}, false}};
	struct rl_detection d[3];

	d[0] = at(0, 1, 0, 0, 9, 19);
	ok(ap50(&one, 1, d, 1) == 1, "an IoU of .5 is enough, of boxes that include their corners");
	d[0] = at(0, 1, 0, 0, 9, 20);
	ok(ap50(&one, 1, d, 1) == 0, "a pixel more is too much");
	d[0] = at(1, 1, 0, 0, 9, 9);
	ok(ap50(&one, 1, d, 1) == 0, "another image's object is none");

	d[0] = at(0, 2, 0, 0, 9, 9);
	d[1] = at(0, 3, 1, 0, 9, 9);
	ok(ap50(two, 2, d, 2) == 0.5, "a second detection of an object is wrong");
	d[2] = at(0, 1, 4, 0, 13, 9);
	ok(fabs(ap50(two, 2, d, 3) - (0.5 + 0.5 * 2 / 3)) < 1e-15,
	   "though another object be free and overlapped");

	d[0] = at(0, 2, 0, 0, 9, 9);
	ok(isnan(ap50(&hard, 1, d, 1)), "a difficult object is not looked for");
	const struct rl_voc_object beside[] = {hard, {1, 0, {0, 0, 9, 9}, false}};
	d[1] = at(1, 1, 0, 0, 9, 9);
	ok(ap50(beside, 2, d, 2) == 1, "who finds one is neither right nor wrong");
	d[1] = at(0, 1, 0, 0, 9, 9);
	ok(ap50(pair, 2, d, 1) == 1, "of equal overlaps the ordinary object comes first");

	d[0] = at(0, 1, 50, 0, 59, 9);
	d[1] = at(0, 1, 0, 0, 9, 9);
	ok(ap50(&one, 1, d, 2) == 0.5, "equal scores rank in the order they came in");
}

int main(void)
{
	test_golden();
	test_rules();
	return tap_done();
}
