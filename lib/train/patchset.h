/*
 * What relative location learns from: the patches of images, as rl-patchpairs makes them by its
 * recipes.
 *
 *	patches u1 [9,P,P,3]                       a 3 x 3 grid; the pairs go without saying
 *	patches f4 [9,P,P,3]                       the same, normalised already
 *	patches f4 [M,P,P,3], pairs i4 [K,3]       any; first, second, label 0 to 7: where the
 *	                                           second lies as seen from the first
 */
#ifndef RL_TRAIN_PATCHSET_H
#define RL_TRAIN_PATCHSET_H

#include "models/relloc.h"
#include "stream/keyset.h"
#include "stream/stream.h"

struct rl_patch_format {
	bool normalised, paired;
	int64_t side;                     /* P */
	const struct rl_keyset *held_out; /* keys that are to test on; NULL: none */
};

/* Of a head; dies, naming `where`, when it is none of these with patches of this side. */
struct rl_patch_format rl_patch_format_of(const json_t *head, int64_t side, const char *where);

/* An image's.  Zero at first. */
struct rl_patch_sample {
	int64_t patches, pairs; /* pairs 0: a grid */
	void *pixels;
	int32_t (*pair)[3];
};

/* Replaces what is in *to; dies, naming the sample, of a pair of patches that are not there, of a
 * label that is none, and of a key that is held out. */
void rl_patch_sample_take(struct rl_patch_sample *to, const struct rl_patch_format *f,
			  struct rl_sample *s);
void rl_patch_sample_copy(struct rl_patch_sample *to, const struct rl_patch_format *f,
			  const struct rl_patch_sample *from);
/* One of grey patches, for who has none. */
struct rl_patch_sample rl_patch_sample_blank(const struct rl_patch_format *f);
void rl_patch_sample_free(struct rl_patch_sample *p);

/* Images one behind the other, as a network takes them.  Zero at first. */
struct rl_patch_batch {
	int64_t images, patches, pairs;
	void *pixels;
	int32_t *first, *second; /* of each pair, among all patches; only where paired */
	int32_t *label;
	int64_t *image; /* of each pair */
	int64_t *index; /* [pairs or patches]: scratch of feeding */
};

void rl_patch_batch_join(struct rl_patch_batch *b, const struct rl_patch_format *f,
			 const struct rl_patch_sample *sample, int64_t images);
struct rl_patch_pixels rl_patch_batch_pixels(const struct rl_patch_batch *b,
					     const struct rl_patch_format *f);
void rl_patch_batch_free(struct rl_patch_batch *b);

#endif
