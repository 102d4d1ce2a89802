#include "eval/coco-ap.h"

#include "base/err.h"
#include "eval/coco-match.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const size_t most_of[RL_COCO_MOSTS] = {1, 10, 100};
enum { MOST = 100 };

/* A detection as it is ranked. */
struct ranked {
	const struct rl_detection *d;
	struct rl_coco_verdict verdict;
	uint32_t rank; /* in its image, from 0 */
};

/* Everything of a class, image by image. */
struct class
{
	struct ranked *found;
	const struct rl_coco_object **objects;
	size_t nfound, nobject;
	size_t wanted[RL_COCO_RANGES];
};

/* What one image has of a class. */
struct cell {
	struct class *of;
	size_t found, nfound, object, nobject; /* where they begin, and how many */
};

/* ---- classes and cells --------------------------------------------------------------------------
 */

static int by_score(const struct ranked *a, const struct ranked *b)
{
	return (a->d->score < b->d->score) - (a->d->score > b->d->score);
}

/* Where detections lie in memory is the order they came in. */
static int by_image(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;
	int order = (a->d->image > b->d->image) - (a->d->image < b->d->image);

	order = order ? order : by_score(a, b);
	return order ? order : (a->d > b->d) - (a->d < b->d);
}

static int over_images(const void *a, const void *b)
{
	int order = by_score(a, b);

	return order ? order : by_image(a, b);
}

static int object_by_image(const void *pa, const void *pb)
{
	const struct rl_coco_object *a = *(const struct rl_coco_object *const *)pa;
	const struct rl_coco_object *b = *(const struct rl_coco_object *const *)pb;
	int order = (a->image > b->image) - (a->image < b->image);

	return order ? order : (a > b) - (a < b);
}

static struct class *deal(const struct rl_coco_task *t)
{
	struct class *classes = rl_calloc(t->nclass, sizeof(*classes)), *c;

	for (size_t i = 0; i < t->nfound; i++)
		classes[t->found[i].class].nfound++;
	for (size_t i = 0; i < t->nobject; i++)
		classes[t->objects[i].class].nobject++;
	for (size_t k = 0; k < t->nclass; k++) {
		c = &classes[k];
		c->found = rl_calloc(c->nfound, sizeof(*c->found));
		c->objects = rl_calloc(c->nobject, sizeof(*c->objects));
		c->nfound = c->nobject = 0;
	}
	for (size_t i = 0; i < t->nfound; i++) {
		c = &classes[t->found[i].class];
		c->found[c->nfound++].d = &t->found[i];
	}
	for (size_t i = 0; i < t->nobject; i++) {
		c = &classes[t->objects[i].class];
		c->objects[c->nobject++] = &t->objects[i];
		for (int range = 0; range < RL_COCO_RANGES; range++)
			c->wanted[range] += rl_coco_wanted(&t->objects[i], range);
	}
	return classes;
}

/* Sort, and leave the best of every image. */
static void sort_class(struct class *c)
{
	size_t kept = 0;
	uint32_t image = 0, rank = 0;

	qsort(c->found, c->nfound, sizeof(*c->found), by_image);
	qsort(c->objects, c->nobject, sizeof(*c->objects), object_by_image);
	for (size_t i = 0; i < c->nfound; i++) {
		struct ranked r = c->found[i];

		rank = i && r.d->image == image ? rank + 1 : 0;
		image = r.d->image;
		r.rank = rank;
		if (rank < MOST)
			c->found[kept++] = r;
	}
	c->nfound = kept;
}

static struct cell *cells_of(struct class *classes, size_t nclass, size_t *n)
{
	struct cell *cells = NULL;

	*n = 0;
	for (size_t k = 0; k < nclass; k++) {
		struct class *c = &classes[k];
		size_t object = 0;

		for (size_t i = 0, end; i < c->nfound; i = end) {
			uint32_t image = c->found[i].d->image;
			struct cell cell = {.of = c, .found = i};

			for (end = i; end < c->nfound && c->found[end].d->image == image;)
				end++;
			while (object < c->nobject && c->objects[object]->image < image)
				object++;
			cell.nfound = end - i;
			cell.object = object;
			while (object < c->nobject && c->objects[object]->image == image)
				object++;
			cell.nobject = object - cell.object;
			cells = rl_grown(cells, *n, sizeof(*cells));
			cells[(*n)++] = cell;
		}
	}
	return cells;
}

static void judge(const struct cell *cell, bool masks)
{
	struct ranked *r = cell->of->found + cell->found;
	const struct rl_detection *found[MOST];
	struct rl_coco_verdict verdict[MOST];

	for (size_t i = 0; i < cell->nfound; i++)
		found[i] = r[i].d;
	rl_coco_judge(&(struct rl_coco_cell){found, cell->of->objects + cell->object, cell->nfound,
					     cell->nobject},
		      masks, verdict);
	for (size_t i = 0; i < cell->nfound; i++)
		r[i].verdict = verdict[i];
}

/* ---- curves -----------------------------------------------------------------------------------
 */

/* Precision at each right detection, made the best from there on.  Returns how many are right;
 * where others lie, precision is lower and recall the same. */
static size_t curve(const struct class *c, int iou, int range, double *precision)
{
	double right = 0, wrong = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->nfound; i++) {
		wrong += c->found[i].verdict.wrong[range] >> iou & 1;
		if (!(c->found[i].verdict.right[range] >> iou & 1))
			continue;
		right++;
		precision[n++] = right / (wrong + right + DBL_EPSILON);
	}
	for (size_t i = n; i-- > 1;)
		precision[i - 1] = fmax(precision[i - 1], precision[i]);
	return n;
}

static void put_precision(struct rl_coco_ap *a, const struct class *c, size_t k, int iou, int range,
			  double *room)
{
	size_t n = curve(c, iou, range, room), i = 0;

	for (int point = 0; point < RL_COCO_POINTS; point++) {
		size_t at =
			((size_t)(iou * RL_COCO_POINTS + point) * a->nclass + k) * RL_COCO_RANGES +
			(size_t)range;

		while (i < n && (double)(i + 1) / (double)c->wanted[range] < point * 0.01)
			i++;
		a->precision[at] = i < n ? room[i] : 0;
	}
}

static void put_recall(struct rl_coco_ap *a, const struct class *c, size_t k, int iou, int range)
{
	size_t right[RL_COCO_MOSTS] = {0};
	size_t at =
		(((size_t)iou * a->nclass + k) * RL_COCO_RANGES + (size_t)range) * RL_COCO_MOSTS;

	for (size_t i = 0; i < c->nfound; i++)
		for (int m = 0; m < RL_COCO_MOSTS; m++)
			right[m] += c->found[i].rank < most_of[m] &&
				    c->found[i].verdict.right[range] >> iou & 1;
	for (int m = 0; m < RL_COCO_MOSTS; m++)
		a->recall[at + (size_t)m] = (double)right[m] / (double)c->wanted[range];
}

static void put_class(struct rl_coco_ap *a, struct class *c, size_t k)
{
	double *room = rl_calloc(c->nfound, sizeof(*room));

	qsort(c->found, c->nfound, sizeof(*c->found), over_images);
	for (int range = 0; range < RL_COCO_RANGES; range++)
		for (int iou = 0; iou < RL_COCO_IOUS && c->wanted[range]; iou++) {
			put_precision(a, c, k, iou, range, room);
			put_recall(a, c, k, iou, range);
		}
	free(room);
}

static double *nowhere(size_t n)
{
	double *x = rl_calloc(n, sizeof(*x));

	for (size_t i = 0; i < n; i++)
		x[i] = -1;
	return x;
}

struct rl_coco_ap rl_coco_ap(const struct rl_coco_task *t)
{
	struct class *classes = deal(t);
	struct rl_coco_ap a = {.nclass = t->nclass};
	size_t ncell;

	a.precision = nowhere((size_t)RL_COCO_IOUS * RL_COCO_POINTS * RL_COCO_RANGES * t->nclass);
	a.recall = nowhere((size_t)RL_COCO_IOUS * RL_COCO_RANGES * RL_COCO_MOSTS * t->nclass);
#pragma omp parallel for schedule(dynamic)
	for (size_t k = 0; k < t->nclass; k++)
		sort_class(&classes[k]);
	struct cell *cells = cells_of(classes, t->nclass, &ncell);
#pragma omp parallel for schedule(dynamic, 16)
	for (size_t i = 0; i < ncell; i++)
		judge(&cells[i], t->masks);
#pragma omp parallel for schedule(dynamic)
	for (size_t k = 0; k < t->nclass; k++)
		put_class(&a, &classes[k], k);
	for (size_t k = 0; k < t->nclass; k++) {
		free(classes[k].found);
		free(classes[k].objects);
	}
	free(classes);
	free(cells);
	return a;
}

void rl_coco_ap_free(struct rl_coco_ap *a)
{
	free(a->precision);
	free(a->recall);
	*a = (struct rl_coco_ap){0};
}

/* ---- means ------------------------------------------------------------------------------------
 */

const char *const rl_coco_number_names[RL_COCO_NUMBERS] = {
	"AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};

struct mean {
	double sum;
	size_t n;
};

static void add(struct mean *m, double x)
{
	if (x < 0)
		return;
	m->sum += x;
	m->n++;
}

static double value(const struct mean *m)
{
	return m->n ? m->sum / (double)m->n : NAN;
}

/* Over thresholds from .. to and classes first .. end. */
static double mean_precision(const struct rl_coco_ap *a, int from, int to, size_t first, size_t end,
			     int range)
{
	struct mean m = {0};

	for (size_t i = (size_t)from * RL_COCO_POINTS; i < (size_t)(to + 1) * RL_COCO_POINTS; i++)
		for (size_t k = first; k < end; k++)
			add(&m, a->precision[(i * a->nclass + k) * RL_COCO_RANGES + (size_t)range]);
	return value(&m);
}

static double mean_recall(const struct rl_coco_ap *a, int range, int most)
{
	struct mean m = {0};

	for (size_t i = 0; i < RL_COCO_IOUS * a->nclass; i++)
		add(&m,
		    a->recall[(i * RL_COCO_RANGES + (size_t)range) * RL_COCO_MOSTS + (size_t)most]);
	return value(&m);
}

void rl_coco_numbers(const struct rl_coco_ap *a, double number[RL_COCO_NUMBERS])
{
	enum { IOU_50 = 0, IOU_75 = 5, LAST = RL_COCO_IOUS - 1 };
	double *n = number;

	*n++ = mean_precision(a, 0, LAST, 0, a->nclass, 0);
	*n++ = mean_precision(a, IOU_50, IOU_50, 0, a->nclass, 0);
	*n++ = mean_precision(a, IOU_75, IOU_75, 0, a->nclass, 0);
	for (int range = 1; range < RL_COCO_RANGES; range++)
		*n++ = mean_precision(a, 0, LAST, 0, a->nclass, range);
	for (int most = 0; most < RL_COCO_MOSTS; most++)
		*n++ = mean_recall(a, 0, most);
	for (int range = 1; range < RL_COCO_RANGES; range++)
		*n++ = mean_recall(a, range, RL_COCO_MOSTS - 1);
}

double rl_coco_class_ap(const struct rl_coco_ap *a, size_t class)
{
	return mean_precision(a, 0, RL_COCO_IOUS - 1, class, class + 1, 0);
}
