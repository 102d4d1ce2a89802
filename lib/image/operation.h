/*
 * An operation of rl_augment: a row of the table in augment.c, and what its draws work with.
 * Private to lib/image.
 */
#ifndef RL_IMAGE_OPERATION_H
#define RL_IMAGE_OPERATION_H

#include "image/augment.h"

enum { RL_OPERATION_REALS = 4, RL_OPERATION_SIDES = 32 };

/* An operation's values as parsed, those that were left out by default. */
struct rl_values {
	int height, width; /* where the operation takes a size */
	int nside, side[RL_OPERATION_SIDES],
		longest; /* or one of several shorter sides, and a limit */
	double real[RL_OPERATION_REALS];
};

/* What is drawn for one image. */
struct rl_drawing {
	struct rl_rng *rng;
	int height, width;      /* of the image, after the steps so far */
	const uint8_t *classes; /* of its pixels before them, or NULL */
	int from_height, from_width;
	struct rl_steps *steps;
	char *why;
};

/* Append what was drawn. */
void rl_draw_colour(struct rl_drawing *d, void (*colour)(uint8_t *, size_t, double), double amount);
void rl_draw_view(struct rl_drawing *d, struct rl_view v);

double rl_draw_real(struct rl_drawing *d, double low, double high); /* uniform */
int rl_draw_int(struct rl_drawing *d, int most);                    /* uniform 0..most */

/* Each draws for one operation; false when it cannot be done, and d->why says why. */
typedef bool rl_draw(const struct rl_values *v, struct rl_drawing *d);

/* geometry.c */
rl_draw rl_draw_resize, rl_draw_multi_resize, rl_draw_ratio_resize, rl_draw_squash,
	rl_draw_center_crop, rl_draw_random_crop, rl_draw_class_crop, rl_draw_random_resized_crop,
	rl_draw_flip;
/* jitter.c */
rl_draw rl_draw_grey, rl_draw_project, rl_draw_color_jitter, rl_draw_photometric, rl_draw_lighting;

#endif
