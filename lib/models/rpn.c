#include "models/rpn.h"

#include "base/err.h"
#include "models/detloss.h"
#include "models/nms.h"

#include <stdlib.h>
#include <string.h>

static const double one[4] = {1, 1, 1, 1};

static int64_t area(const struct rl_level *l)
{
	return l->height * l->width;
}

/* All anchors of all levels; their number in *n.  free() them. */
static struct rl_box *all_anchors(const struct rl_rpn *c, const struct rl_level *level, size_t *n)
{
	struct rl_box *box, *at;

	*n = 0;
	for (int l = 0; l < c->levels; l++)
		*n += (size_t)(area(&level[l]) * rl_anchors_a_cell(&c->anchors[l]));
	at = box = rl_malloc(*n * sizeof(*box));
	for (int l = 0; l < c->levels; l++) {
		rl_anchors_fill(&c->anchors[l], level[l].height, level[l].width, at);
		at += area(&level[l]) * rl_anchors_a_cell(&c->anchors[l]);
	}
	return box;
}

/* Where anchor k of a level, counted within it, has its logit, and its four deltas `step` apart. */
struct place {
	int64_t logit, delta, step;
};

static struct place place_of(const struct rl_level *l, int a_cell, int64_t image, int64_t k)
{
	int64_t cell = k / a_cell, a = k % a_cell;

	return (struct place){(image * a_cell + a) * area(l) + cell,
			      (image * a_cell + a) * 4 * area(l) + cell, area(l)};
}

/* ---- learning ---------------------------------------------------------------------------------
 */

struct sample {
	int32_t *match; /* of all anchors */
	size_t *chosen, count, positive;
};

static bool is_inside(const struct rl_box *b, const struct rl_rcnn_objects *image)
{
	return b->x1 >= 0 && b->y1 >= 0 && b->x2 < image->width && b->y2 < image->height;
}

/* Anchors outside take no part in the matching, as in the reference. */
static struct sample sample_anchors(const struct rl_rpn *c, const struct rl_box *anchor, size_t n,
				    const struct rl_rcnn_objects *image, struct rl_rng *rng)
{
	struct rl_box *box = rl_malloc(n * sizeof(*box));
	size_t *number = rl_malloc(n * sizeof(*number)), used = 0;
	int32_t *match = rl_malloc(n * sizeof(*match));
	struct sample s = {.match = rl_malloc(n * sizeof(*s.match)),
			   .chosen = rl_malloc((c->sample < n ? c->sample : n) * sizeof(size_t))};

	for (size_t i = 0; i < n; i++) {
		s.match[i] = RL_UNUSED;
		if (c->inside && !is_inside(&anchor[i], image))
			continue;
		number[used] = i;
		box[used++] = anchor[i];
	}
	rl_match(&c->matcher, image->box, image->n, box, used, match, NULL);
	for (size_t i = 0; i < used; i++)
		s.match[number[i]] = match[i];
	s.count = rl_sample_matches(s.match, n, c->sample < n ? c->sample : n, c->positive, rng,
				    s.chosen, &s.positive);
	free(box);
	free(number);
	free(match);
	return s;
}

struct rl_rpn_loss rl_rpn_learn(const struct rl_rpn *c, const struct rl_level *level,
				const struct rl_rcnn_objects *image, int64_t images,
				struct rl_rng *rng)
{
	struct sample *sample = rl_malloc((size_t)images * sizeof(*sample));
	struct rl_rpn_loss loss = {0, 0};
	size_t n, sampled = 0;
	struct rl_box *anchor = all_anchors(c, level, &n);

	for (int l = 0; l < c->levels; l++) {
		size_t count =
			(size_t)(images * area(&level[l]) * rl_anchors_a_cell(&c->anchors[l]));

		memset(level[l].dlogit, 0, count * sizeof(float));
		memset(level[l].ddelta, 0, 4 * count * sizeof(float));
	}
	for (int64_t i = 0; i < images; i++) {
		sample[i] = sample_anchors(c, anchor, n, &image[i], &rng[i]);
		sampled += sample[i].count;
	}
	double norm = c->norm > 0 ? c->norm : (double)(sampled ? sampled : 1);

	for (int64_t i = 0; i < images; i++) {
		int l = 0;
		size_t first = 0; /* anchor of level l */

		/* The chosen are in order twice: positives, then background. */
		for (size_t k = 0; k < sample[i].count; k++) {
			size_t a = sample[i].chosen[k];
			int32_t match = sample[i].match[a];

			if (k == sample[i].positive)
				l = 0, first = 0;
			for (size_t of;
			     a >= first + (of = (size_t)(area(&level[l]) *
							 rl_anchors_a_cell(&c->anchors[l])));
			     l++)
				first += of;
			struct place p = place_of(&level[l], rl_anchors_a_cell(&c->anchors[l]), i,
						  (int64_t)(a - first));
			float target[4];

			loss.objectness += rl_sigmoid_bce(level[l].logit[p.logit], match >= 0, norm,
							  &level[l].dlogit[p.logit]);
			if (match < 0)
				continue;
			rl_box_encode(&anchor[a], &image[i].box[match], one, target);
			for (int d = 0; d < 4; d++)
				loss.box += rl_l1(level[l].delta[p.delta + d * p.step], target[d],
						  norm, &level[l].ddelta[p.delta + d * p.step]);
		}
		free(sample[i].match);
		free(sample[i].chosen);
	}
	free(sample);
	free(anchor);
	return loss;
}

/* ---- proposals --------------------------------------------------------------------------------
 */

struct candidates {
	struct rl_box *box;
	float *score;
	int32_t *level;
	size_t n;
};

static void add_level(const struct rl_rpn *c, const struct rl_level *level, int l, int64_t image,
		      double width, double height, size_t before, struct candidates *to)
{
	const int a_cell = rl_anchors_a_cell(&c->anchors[l]);
	size_t n = (size_t)(area(level) * a_cell), limit = n < before ? n : before;
	struct rl_box *anchor = rl_malloc(n * sizeof(*anchor));
	float *logit = rl_malloc(n * sizeof(*logit));
	size_t *rank;

	rl_anchors_fill(&c->anchors[l], level->height, level->width, anchor);
	for (size_t k = 0; k < n; k++)
		logit[k] = level->logit[place_of(level, a_cell, image, (int64_t)k).logit];
	rank = rl_rank(logit, n);
	for (size_t k = 0; k < limit; k++) {
		struct place p = place_of(level, a_cell, image, (int64_t)rank[k]);
		float delta[4];

		for (int d = 0; d < 4; d++)
			delta[d] = level->delta[p.delta + d * p.step];
		struct rl_box b =
			rl_box_clip(rl_box_decode(&anchor[rank[k]], delta, one), width, height);

		if (!(b.x2 > b.x1 && b.y2 > b.y1))
			continue;
		to->box[to->n] = b;
		to->score[to->n] = logit[rank[k]];
		to->level[to->n++] = l;
	}
	free(anchor);
	free(logit);
	free(rank);
}

size_t rl_rpn_propose(const struct rl_rpn *c, const struct rl_level *level, int64_t image,
		      double width, double height, size_t before, size_t after, struct rl_box *box,
		      float *score)
{
	size_t room = (size_t)c->levels * before, *keep = rl_malloc(after * sizeof(*keep));
	struct candidates all = {rl_malloc(room * sizeof(*all.box)),
				 rl_malloc(room * sizeof(*all.score)),
				 rl_malloc(room * sizeof(*all.level)), 0};
	size_t n;

	for (int l = 0; l < c->levels; l++)
		add_level(c, &level[l], l, image, width, height, before, &all);
	n = rl_nms(all.box, all.score, all.level, all.n, c->nms, after, keep);
	for (size_t k = 0; k < n; k++) {
		box[k] = all.box[keep[k]];
		score[k] = all.score[keep[k]];
	}
	free(keep);
	free(all.box);
	free(all.score);
	free(all.level);
	return n;
}
