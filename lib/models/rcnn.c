#include "models/rcnn.h"

#include "base/err.h"
#include "models/detloss.h"
#include "models/nms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t rl_rcnn_sample(const struct rl_rcnn *c, const struct rl_box *proposal, size_t n,
		      const struct rl_rcnn_objects *image, struct rl_rng *rng,
		      struct rl_rcnn_region *region, size_t *npositive)
{
	size_t all = n + image->n, count;
	struct rl_box *box = rl_malloc((all + 1) * sizeof(*box));
	int32_t *match = rl_malloc((all + 1) * sizeof(*match));
	size_t *chosen = rl_malloc((c->sample < all ? c->sample : all + 1) * sizeof(*chosen));

	memcpy(box, proposal, n * sizeof(*box));
	memcpy(box + n, image->box, image->n * sizeof(*box));
	if (!all)
		box[all++] = (struct rl_box){0, 0, (float)image->width, (float)image->height};
	rl_match(&c->matcher, image->box, image->n, box, all, match, NULL);
	count = rl_sample_matches(match, all, c->sample < all ? c->sample : all, c->positive, rng,
				  chosen, npositive);
	for (size_t i = 0; i < count; i++) {
		int32_t object = match[chosen[i]];

		region[i] = (struct rl_rcnn_region){
			box[chosen[i]], object < 0 ? c->classes : image->class[object], object};
	}
	free(box);
	free(match);
	free(chosen);
	return count;
}

struct rl_rcnn_loss rl_rcnn_learn(const struct rl_rcnn *c, const struct rl_rcnn_region *region,
				  const struct rl_box *target, size_t n, const float *logit,
				  const float *delta, float *dlogit, float *ddelta)
{
	struct rl_rcnn_loss loss = {0, 0};
	const size_t k = (size_t)c->classes;

	memset(ddelta, 0, n * 4 * k * sizeof(*ddelta));
	for (size_t i = 0; i < n; i++) {
		const struct rl_rcnn_region *r = &region[i];
		size_t at = (i * k + (size_t)r->class) * 4;
		float wanted[4];

		loss.class += rl_softmax_row(logit + i * (k + 1), c->classes + 1, r->class,
					     (double)n, dlogit + i * (k + 1));
		if (r->class == c->classes)
			continue;
		rl_box_encode(&r->box, &target[i], c->std, wanted);
		for (size_t d = 0; d < 4; d++)
			loss.box += rl_l1(delta[at + d], wanted[d], (double)n, &ddelta[at + d]);
	}
	return loss;
}

/* ---- detections -------------------------------------------------------------------------------
 */

size_t rl_rcnn_detect(const struct rl_rcnn *c, const struct rl_box *region, size_t n,
		      const float *logit, const float *delta, double width, double height,
		      struct rl_rcnn_detection *out)
{
	const size_t k = (size_t)c->classes;
	struct rl_box *box = rl_malloc((n * k + 1) * sizeof(*box));
	float *score = rl_malloc((n * k + 1) * sizeof(*score));
	int32_t *class = rl_malloc((n * k + 1) * sizeof(*class));
	size_t *keep = rl_malloc(c->most * sizeof(*keep)), found = 0, kept;

	for (size_t i = 0; i < n; i++) {
		const float *z = logit + i * (k + 1);
		double top = z[0], sum = 0;

		for (size_t j = 1; j <= k; j++)
			top = fmax(top, z[j]);
		for (size_t j = 0; j <= k; j++)
			sum += exp(z[j] - top);
		for (size_t j = 0; j < k; j++) {
			double p = exp(z[j] - top) / sum;

			if (!(p > c->score))
				continue;
			box[found] = rl_box_clip(
				rl_box_decode(&region[i], delta + (i * k + j) * 4, c->std), width,
				height);
			score[found] = (float)p;
			class[found++] = (int32_t)j;
		}
	}
	kept = rl_nms(box, score, class, found, c->nms, c->most, keep);
	for (size_t i = 0; i < kept; i++)
		out[i] = (struct rl_rcnn_detection){box[keep[i]], class[keep[i]], score[keep[i]]};
	free(box);
	free(score);
	free(class);
	free(keep);
	return kept;
}

/* ---- masks ------------------------------------------------------------------------------------
 */

/* Bilinear at (y, x) of pixels that are numbered from 0 at their centres; RoIAlign's rule at the
 * rim. */
static double sample_mask(const uint8_t *mask, int64_t height, int64_t width, double y, double x)
{
	if (y < -1 || y > (double)height || x < -1 || x > (double)width)
		return 0;
	y = fmax(y, 0);
	x = fmax(x, 0);
	int64_t y0 = (int64_t)y, x0 = (int64_t)x, y1 = y0 + 1, x1 = x0 + 1;

	if (y0 >= height - 1)
		y = (double)(y0 = y1 = height - 1);
	if (x0 >= width - 1)
		x = (double)(x0 = x1 = width - 1);
	double fy = y - (double)y0, fx = x - (double)x0;

	return (1 - fy) * ((1 - fx) * mask[y0 * width + x0] + fx * mask[y0 * width + x1]) +
	       fy * ((1 - fx) * mask[y1 * width + x0] + fx * mask[y1 * width + x1]);
}

void rl_mask_crop(const uint8_t *mask, int64_t height, int64_t width, const struct rl_box *box,
		  uint8_t *out)
{
	double bw = ((double)box->x2 - box->x1) / RL_MASK,
	       bh = ((double)box->y2 - box->y1) / RL_MASK;
	int nx = (int)ceil(bw), ny = (int)ceil(bh);

	for (int bin = 0; bin < RL_MASK * RL_MASK; bin++) {
		double sum = 0;

		for (int i = 0; i < nx * ny; i++)
			sum += sample_mask(
				mask, height, width,
				box->y1 - 0.5 + (bin / RL_MASK + (i / nx + 0.5) / ny) * bh,
				box->x1 - 0.5 + (bin % RL_MASK + (i % nx + 0.5) / nx) * bw);
		out[bin] = nx * ny > 0 && sum / (nx * ny) >= 0.5;
	}
}

double rl_mask_learn(int classes, const int32_t *class, const uint8_t *target, size_t n,
		     const float *logit, float *dlogit)
{
	const size_t area = RL_MASK * RL_MASK;
	size_t learning = 0;
	double loss = 0;

	for (size_t i = 0; i < n; i++)
		learning += class[i] >= 0;
	memset(dlogit, 0, n * (size_t)classes * area * sizeof(*dlogit));
	for (size_t i = 0; i < n; i++) {
		size_t at = (i * (size_t)classes + (size_t) class[i]) * area;

		for (size_t p = 0; p < area && class[i] >= 0; p++)
			loss += rl_sigmoid_bce(logit[at + p], target[i * area + p],
					       (double)(learning * area), &dlogit[at + p]);
	}
	return loss;
}

/* Pixels beyond the mask count as 0. */
static double stretched(const float *p, double y, double x)
{
	double sum = 0, y0 = floor(y), x0 = floor(x);

	for (int k = 0; k < 4; k++) {
		double py = y0 + k / 2, px = x0 + k % 2;

		if (py >= 0 && py < RL_MASK && px >= 0 && px < RL_MASK)
			sum += (1 - fabs(y - py)) * (1 - fabs(x - px)) *
			       p[(int)py * RL_MASK + (int)px];
	}
	return sum;
}

void rl_mask_paste(const float *probability, const struct rl_box *box, int64_t height,
		   int64_t width, uint8_t *mask)
{
	double w = (double)box->x2 - box->x1, h = (double)box->y2 - box->y1;
	int64_t top = (int64_t)fmax(floor(box->y1) - 1, 0),
		left = (int64_t)fmax(floor(box->x1) - 1, 0);
	int64_t bottom = (int64_t)fmin(ceil(box->y2) + 1, (double)height);
	int64_t right = (int64_t)fmin(ceil(box->x2) + 1, (double)width);

	memset(mask, 0, (size_t)(height * width));
	for (int64_t y = top; y < bottom; y++)
		for (int64_t x = left; x < right; x++)
			mask[y * width + x] =
				stretched(probability,
					  ((double)y + 0.5 - box->y1) / h * RL_MASK - 0.5,
					  ((double)x + 0.5 - box->x1) / w * RL_MASK - 0.5) >= 0.5;
}
