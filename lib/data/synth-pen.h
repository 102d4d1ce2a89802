/*
 * Drawing parts: simple shapes in an object's own coordinates (x to the right, y up), put into a
 * layer by a similarity transform, with a material lit from one side.
 */
#ifndef RL_DATA_SYNTH_PEN_H
#define RL_DATA_SYNTH_PEN_H

#include "data/synth-canvas.h"
#include "data/synth-pattern.h"

struct rl_pen {
	struct rl_layer *layer;
	float scale;     /* pixels a unit */
	float turn[2];   /* cosine and sine of the rotation */
	float mirror;    /* 1 or -1 */
	float origin[2]; /* where (0, 0) is in the picture */
	float light[2];  /* where the light comes from, picture's x and y up; length below 1 */
};

/* An upright pen with y up whose (0, 0) is at picture (x, y). */
struct rl_pen rl_pen_make(struct rl_layer *layer, float x, float y, float scale);

void rl_paint(const struct rl_pen *p, const struct rl_outline *o, const struct rl_material *m);

void rl_ellipse(const struct rl_pen *p, float x, float y, float rx, float ry, float angle,
		const struct rl_material *m);
void rl_ring(const struct rl_pen *p, float x, float y, float outer, float inner,
	     const struct rl_material *m);
void rl_box(const struct rl_pen *p, float x0, float y0, float x1, float y1,
	    const struct rl_material *m);
/* Corners as drawn. */
void rl_polygon(const struct rl_pen *p, int n, const float at[][2], const struct rl_material *m);
/* A closed smooth curve through the points. */
void rl_blob(const struct rl_pen *p, int n, const float at[][2], const struct rl_material *m);
/* A round-ended bar from a (radius ra) to b (radius rb). */
void rl_limb(const struct rl_pen *p, float ax, float ay, float ra, float bx, float by, float rb,
	     const struct rl_material *m);

#endif
