#include "eval/voc-ap.h"

#include "base/err.h"
#include "eval/ap.h"

#include <math.h>
#include <stdlib.h>

/* A detection, and the object it belongs to. */
struct ranked {
	const struct rl_detection *d;
	const struct rl_voc_object *object; /* NULL: its image has none of its class */
	double overlap;
};

/* Objects by image: those of image i are of[first[i]] to of[first[i + 1] - 1], in their order but
 * for difficult ones, which come last. */
struct index {
	size_t *first;
	const struct rl_voc_object **of;
};

static struct index index_of(const struct rl_voc_task *t)
{
	struct index x = {rl_calloc(t->nimage + 2, sizeof(*x.first)),
			  rl_calloc(t->nobject, sizeof(*x.of))};

	for (size_t i = 0; i < t->nobject; i++)
		x.first[t->objects[i].image + 2]++;
	for (size_t i = 0; i < t->nimage; i++)
		x.first[i + 2] += x.first[i + 1];
	for (int difficult = 0; difficult < 2; difficult++)
		for (size_t i = 0; i < t->nobject; i++)
			if (t->objects[i].difficult == difficult)
				x.of[x.first[t->objects[i].image + 1]++] = &t->objects[i];
	return x;
}

static double pixels(const double corner[4])
{
	return (corner[2] - corner[0] + 1) * (corner[3] - corner[1] + 1);
}

static double overlap(const double a[4], const double b[4])
{
	double w = fmin(a[2], b[2]) - fmax(a[0], b[0]) + 1;
	double h = fmin(a[3], b[3]) - fmax(a[1], b[1]) + 1;
	double common = w > 0 && h > 0 ? w * h : 0;

	return common / (pixels(a) + pixels(b) - common);
}

static void assign(struct ranked *r, const struct index *x)
{
	for (size_t i = x->first[r->d->image]; i < x->first[r->d->image + 1]; i++) {
		const struct rl_voc_object *o = x->of[i];
		double now = overlap(r->d->region.corner, o->corner);

		if (o->class != r->d->class || (r->object && now <= r->overlap))
			continue;
		r->object = o;
		r->overlap = now;
	}
}

static int by_score(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->d->score != b->d->score)
		return a->d->score < b->d->score ? 1 : -1;
	return (a->d > b->d) - (a->d < b->d);
}

/* Of a class, ranked and assigned. */
static struct ranked *rank(const struct rl_voc_task *t, const struct index *x, size_t class,
			   size_t *n)
{
	struct ranked *r = NULL;

	*n = 0;
	for (size_t i = 0; i < t->nfound; i++)
		if (t->found[i].class == class) {
			r = rl_grown(r, *n, sizeof(*r));
			r[(*n)++] = (struct ranked){.d = &t->found[i]};
		}
	if (*n)
		qsort(r, *n, sizeof(*r), by_score);
	for (size_t i = 0; i < *n; i++)
		assign(&r[i], x);
	return r;
}

/* 1 right, 0 wrong, -1 neither, with the scores, the last first: of equal scores rl_ap_area() ranks
 * the last first.  Returns how many objects are found. */
static size_t judge(const struct rl_voc_task *t, const struct ranked *r, size_t n, int iou,
		    double *score, int8_t *label)
{
	bool *taken = rl_calloc(t->nobject, sizeof(*taken));
	size_t right = 0;

	for (size_t i = 0; i < n; i++) {
		size_t object = r[i].object ? (size_t)(r[i].object - t->objects) : 0;
		bool reaches = r[i].object && r[i].overlap >= (50 + 5 * iou) / 100.0;
		int8_t *l = &label[n - 1 - i];

		score[n - 1 - i] = r[i].d->score;
		*l = reaches && r[i].object->difficult ? -1 : reaches && !taken[object];
		if (*l == 1)
			taken[object] = true;
		right += *l == 1;
	}
	free(taken);
	return right;
}

static void put_class(struct rl_voc_ap *a, const struct rl_voc_task *t, const struct index *x,
		      size_t class)
{
	size_t n, there = 0;
	struct ranked *r = rank(t, x, class, &n);
	double *score = rl_calloc(n, sizeof(*score));
	int8_t *label = rl_calloc(n, sizeof(*label));

	for (size_t i = 0; i < t->nobject; i++)
		there += t->objects[i].class == class && !t->objects[i].difficult;
	for (int iou = 0; iou < RL_VOC_IOUS; iou++) {
		size_t at = class * RL_VOC_IOUS + (size_t)iou;
		size_t missed = there - judge(t, r, n, iou, score, label);

		a->eleven[at] = rl_ap_11point(score, label, n, missed);
		a->area[at] = rl_ap_area(score, label, n, missed);
	}
	free(r);
	free(score);
	free(label);
}

struct rl_voc_ap rl_voc_ap(const struct rl_voc_task *t)
{
	struct rl_voc_ap a = {t->nclass, rl_calloc(t->nclass * RL_VOC_IOUS, sizeof(double)),
			      rl_calloc(t->nclass * RL_VOC_IOUS, sizeof(double))};
	struct index x = index_of(t);

#pragma omp parallel for schedule(dynamic)
	for (size_t k = 0; k < t->nclass; k++)
		put_class(&a, t, &x, k);
	free(x.first);
	free(x.of);
	return a;
}

void rl_voc_ap_free(struct rl_voc_ap *a)
{
	free(a->eleven);
	free(a->area);
	*a = (struct rl_voc_ap){0};
}

double rl_voc_mean(const double *ap, size_t nclass, int first, int last)
{
	double sum = 0;
	size_t n = 0;

	for (size_t k = 0; k < nclass; k++)
		for (int iou = first; iou <= last; iou++) {
			double x = ap[k * RL_VOC_IOUS + (size_t)iou];

			if (isnan(x))
				continue;
			sum += x;
			n++;
		}
	return n ? sum / (double)n : NAN;
}
