#include "eval/coco-match.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>

/* Both limits belong to a range. */
static const double range_of[RL_COCO_RANGES][2] = {
	{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}};

/* As numpy.linspace has them: .9 is the double before. */
double rl_coco_threshold(int i)
{
	return i < RL_COCO_IOUS - 1 ? 0.5 + i * ((0.95 - 0.5) / (RL_COCO_IOUS - 1)) : 0.95;
}

static bool in_range(double area, int range)
{
	return area >= range_of[range][0] && area <= range_of[range][1];
}

bool rl_coco_wanted(const struct rl_coco_object *o, int range)
{
	return !o->crowd && in_range(o->area, range);
}

/* ---- overlaps ---------------------------------------------------------------------------------
 */

static double box_area(const struct rl_region *r)
{
	return r->size[0] * r->size[1];
}

static double box_common(const struct rl_region *a, const struct rl_region *b)
{
	double w = fmin(a->corner[2], b->corner[2]) - fmax(a->corner[0], b->corner[0]);
	double h = fmin(a->corner[3], b->corner[3]) - fmax(a->corner[1], b->corner[1]);

	return w > 0 && h > 0 ? w * h : 0;
}

static double area_of(const struct rl_region *r, bool masks)
{
	return masks ? (double)rl_rle_area(&r->mask) : box_area(r);
}

static double common(const struct rl_region *a, const struct rl_region *b, bool masks)
{
	return masks ? (double)rl_rle_common(&a->mask, &b->mask) : box_common(a, b);
}

void rl_coco_overlaps(const struct rl_coco_cell *c, bool masks, double *overlap, double *area)
{
	for (size_t d = 0; d < c->nfound; d++)
		area[d] = area_of(&c->found[d]->region, masks);
	for (size_t g = 0; g < c->nobject; g++) {
		const struct rl_coco_object *o = c->objects[g];
		double own = area_of(&o->region, masks);

		for (size_t d = 0; d < c->nfound; d++) {
			double both = common(&c->found[d]->region, &o->region, masks);
			double all = o->crowd ? area[d] : area[d] + own - both;

			overlap[d * c->nobject + g] = both > 0 ? both / all : 0;
		}
	}
}

/* ---- who takes what -----------------------------------------------------------------------------
 */

/* Those wanted first, the others last, each in their order. */
static size_t put_wanted_first(const struct rl_coco_cell *c, int range, size_t *order)
{
	size_t wanted = 0, n;

	for (size_t g = 0; g < c->nobject; g++)
		if (rl_coco_wanted(c->objects[g], range))
			order[wanted++] = g;
	n = wanted;
	for (size_t g = 0; g < c->nobject; g++)
		if (!rl_coco_wanted(c->objects[g], range))
			order[n++] = g;
	return wanted;
}

/* The place in `order` of what a detection takes; nobject when it takes nothing. */
static size_t choose(const struct rl_coco_cell *c, const double *overlap, const size_t *order,
		     size_t wanted, const bool *taken, double threshold)
{
	double best = fmin(threshold, 1 - 1e-10);
	size_t chosen = c->nobject;

	for (size_t i = 0; i < c->nobject; i++) {
		if (i == wanted && chosen < wanted)
			break;
		if ((taken[i] && !c->objects[order[i]]->crowd) || overlap[order[i]] < best)
			continue;
		best = overlap[order[i]];
		chosen = i;
	}
	return chosen;
}

struct room {
	double *overlap; /* [nfound,nobject] */
	double *area;    /* [nfound] */
	size_t *order;   /* [nobject] */
	bool *taken;     /* [nobject], by place in order */
};

static void judge_range(const struct rl_coco_cell *c, int range, const struct room *room,
			struct rl_coco_verdict *verdict)
{
	size_t wanted = put_wanted_first(c, range, room->order);

	for (int t = 0; t < RL_COCO_IOUS; t++) {
		uint16_t bit = (uint16_t)(1u << t);

		for (size_t g = 0; g < c->nobject; g++)
			room->taken[g] = false;
		for (size_t d = 0; d < c->nfound; d++) {
			size_t i = choose(c, room->overlap + d * c->nobject, room->order, wanted,
					  room->taken, rl_coco_threshold(t));

			if (i < c->nobject)
				room->taken[i] = true;
			if (i < wanted)
				verdict[d].right[range] |= bit;
			else if (i == c->nobject && in_range(room->area[d], range))
				verdict[d].wrong[range] |= bit;
		}
	}
}

void rl_coco_judge(const struct rl_coco_cell *c, bool masks, struct rl_coco_verdict *verdict)
{
	struct room room = {rl_calloc(c->nfound * c->nobject, sizeof(double)),
			    rl_calloc(c->nfound, sizeof(double)),
			    rl_calloc(c->nobject, sizeof(size_t)),
			    rl_calloc(c->nobject, sizeof(bool))};

	rl_coco_overlaps(c, masks, room.overlap, room.area);
	for (size_t d = 0; d < c->nfound; d++)
		verdict[d] = (struct rl_coco_verdict){0};
	for (int range = 0; range < RL_COCO_RANGES; range++)
		judge_range(c, range, &room, verdict);
	free(room.overlap);
	free(room.area);
	free(room.order);
	free(room.taken);
}
