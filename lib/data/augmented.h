/*
 * A sample, augmented: its image and all that follows it.
 */
#ifndef RL_DATA_AUGMENTED_H
#define RL_DATA_AUGMENTED_H

#include "image/augment.h"
#include "stream/stream.h"

/* Declare what comes out; dies when the stream cannot be augmented. */
void rl_augmented_head(const struct rl_augment *a, json_t *head);

/* Augment a sample of such a stream.  Every draw is a function of (seed, epoch, key).  False: why
 * says why this one cannot be. */
bool rl_augmented_sample(const struct rl_augment *a, uint64_t seed, struct rl_resizer *r,
			 struct rl_sample *s, char why[RL_WHY]);

/* What whoever turns images into numbers must add to them: whether the stream has a field lighting,
 * which dies, naming `where`, if it is not f4 [3]; and a sample's, which dies if it is not finite.
 */
bool rl_lighting_declared(const json_t *head, const char *where);
void rl_lighting_of(struct rl_sample *s, float lighting[3]);

#endif
