/*
 * What the writers of the synthetic world's layouts share.
 */
#ifndef RL_DATA_SYNTH_WRITE_H
#define RL_DATA_SYNTH_WRITE_H

#include "data/synth.h"

#include <stdio.h>

/* Draw every picture, several at a time, and hand each to save(), which is called from any thread
 * but once for each number.  labelled: one large object a picture, of category number modulo their
 * count, and easy to see. */
void rl_synth_each(const struct rl_synth_set *set, bool labelled,
		   void (*save)(const struct rl_synth_set *, int64_t number,
				const struct rl_synth_scene *, void *user),
		   void *user);

/* A file of the set, named from set->dir; close dies when anything could not be written. */
FILE *rl_synth_open(const struct rl_synth_set *set, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void rl_synth_close(const struct rl_synth_set *set, FILE *f);
void rl_synth_mkdir(const struct rl_synth_set *set, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Write the scene's picture and close. */
void rl_synth_jpeg(const struct rl_synth_set *set, const struct rl_synth_scene *scene, FILE *f);

#endif
