/*
 * How well the places of patches are told: pairs of images, each with one of eight labels and one
 * answer.
 */
#ifndef RL_EVAL_PLACING_H
#define RL_EVAL_PLACING_H

#include <jansson.h>
#include <stdint.h>

enum { RL_PLACES = 8 };

/* Zero at first. */
struct rl_placing {
	int64_t confusion[RL_PLACES][RL_PLACES]; /* label, answer */
	int64_t pairs, correct, images;
	int64_t *pairs_of, *correct_of; /* of each image */
};

void rl_placing_add_image(struct rl_placing *p, int64_t pairs, const int32_t *label,
			  const int32_t *answer);
void rl_placing_free(struct rl_placing *p);

/* In percent: of all pairs, and of who always gives the commonest label. */
double rl_placing_accuracy(const struct rl_placing *p);
double rl_placing_chance(const struct rl_placing *p);

/* {"interval": [low, high] of the accuracy, 95 % by the percentiles of 2,000 bootstrap samples of
 * the images, drawn by the seed, and not there of one image; "confusion": [8][8], "prior": [8] and
 * "per_direction": {"up left": accuracy, ...}, null where there are no such pairs}, in percent but
 * for the confusion.  New reference. */
json_t *rl_placing_report(const struct rl_placing *p, uint64_t seed);

#endif
