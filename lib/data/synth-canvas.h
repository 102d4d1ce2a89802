/*
 * The drawing surface of the synthetic world: layers of premultiplied RGBA and outlines filled with
 * exact area coverage, so that edges are antialiased and masks are the true ones.
 */
#ifndef RL_DATA_SYNTH_CANVAS_H
#define RL_DATA_SYNTH_CANVAS_H

#include <stddef.h>
#include <stdint.h>

/* A rectangle of the image plane; it may reach beyond the picture, so that what is cut off by the
 * frame is known too. */
struct rl_layer {
	int x0, y0;   /* its first pixel in the picture's coordinates */
	int w, h;     /* at least 1 */
	float *rgba;  /* [h,w,4], premultiplied, 0 to 1 */
	float *cover; /* [h,w+2], scratch of rl_layer_cover() */
};

void rl_layer_init(struct rl_layer *l, int x0, int y0, int w, int h); /* transparent */
void rl_layer_free(struct rl_layer *l);

enum { RL_OUTLINE_POINTS = 400, RL_OUTLINE_CONTOURS = 4 };

/* Closed contours; a hole runs the other way round than what it is cut from. */
struct rl_outline {
	int n, ncontour;
	int end[RL_OUTLINE_CONTOURS];   /* one past the last point of each contour */
	float at[RL_OUTLINE_POINTS][2]; /* x, y */
};

void rl_outline_point(struct rl_outline *o, float x, float y);
void rl_outline_close(struct rl_outline *o);

/* The part of a layer that an outline can touch. */
struct rl_span {
	int x0, y0, x1, y1; /* layer's own pixels, x1 and y1 exclusive */
};

/* How much of each pixel the outline (picture coordinates, pixel centres at .5) covers, 0 to 1,
 * into l->cover for the pixels of the span that is returned. */
struct rl_span rl_layer_cover(struct rl_layer *l, const struct rl_outline *o);

/* libm's fminf() is a call where the compiler must honour NaNs; there are none here. */
static inline float rl_unit(float x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Put colour with this opacity over a pixel. */
static inline void rl_blend(float *rgba, const float rgb[3], float alpha)
{
	for (int i = 0; i < 3; i++)
		rgba[i] += alpha * (rgb[i] - rgba[i]);
	rgba[3] += alpha * (1 - rgba[3]);
}

/* Put a layer over a picture-sized one whose alpha is 1. */
void rl_layer_over(struct rl_layer *picture, const struct rl_layer *l);

#endif
