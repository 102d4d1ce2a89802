/* The operations that change colours. */
#include "image/colour.h"
#include "image/enhance.h"
#include "image/operation.h"
#include "image/photometric.h"

#include <math.h>

static void grey(uint8_t *rgb, size_t n, double unused)
{
	(void)unused;
	rl_grey(rgb, n);
}

bool rl_draw_grey(const struct rl_values *v, struct rl_drawing *d)
{
	if (rl_draw_real(d, 0, 1) < v->real[0])
		rl_draw_colour(d, grey, 0);
	return true;
}

static void project(uint8_t *rgb, size_t n, double unused)
{
	(void)unused;
	rl_project(rgb, n);
}

bool rl_draw_project(const struct rl_values *v, struct rl_drawing *d)
{
	(void)v;
	rl_draw_colour(d, project, 0);
	return true;
}

/* In an order of its own for every image.  An amount of 0 is no operation and draws nothing. */
bool rl_draw_color_jitter(const struct rl_values *v, struct rl_drawing *d)
{
	enum { HUE = 3, KINDS };
	static void (*const kind[KINDS])(uint8_t *, size_t, double) = {
		rl_enhance_brightness, rl_enhance_contrast, rl_enhance_saturation, rl_enhance_hue};
	int64_t order[KINDS] = {0, 1, 2, HUE};

	rl_rng_shuffle(d->rng, order, KINDS);
	for (int i = 0; i < KINDS; i++) {
		double most = v->real[order[i]], middle = order[i] == HUE ? 0 : 1;
		double least = order[i] == HUE ? -most : fmax(0, middle - most);

		if (most > 0)
			rl_draw_colour(d, kind[order[i]], rl_draw_real(d, least, middle + most));
	}
	return true;
}

/* AlexNet's noise along the principal components of ImageNet's colours: eigenvalues and, in
 * columns, eigenvectors as fb.resnet.torch and MMSelfSup have them. */
bool rl_draw_lighting(const struct rl_values *v, struct rl_drawing *d)
{
	static const double value[3] = {0.2175, 0.0188, 0.0045};
	static const double vector[3][3] = {
		{-0.5675, 0.7192, 0.4009}, {-0.5808, -0.0045, -0.8140}, {-0.5836, -0.6948, 0.4203}};
	double shift[3] = {0};

	for (int j = 0; j < 3; j++) {
		double alpha = v->real[0] * rl_rng_normal(d->rng);

		for (int c = 0; c < 3; c++)
			shift[c] += vector[c][j] * alpha * value[j];
	}
	for (int c = 0; c < 3; c++)
		d->steps->lighting[c] = (float)shift[c];
	return true;
}

static bool coin(struct rl_drawing *d)
{
	return rl_draw_int(d, 1);
}

/* mmsegmentation's defaults.  Each part is as likely as not; contrast comes before or after what
 * goes by way of HSV. */
bool rl_draw_photometric(const struct rl_values *v, struct rl_drawing *d)
{
	(void)v;
	bool first;

	if (coin(d))
		rl_draw_colour(d, rl_photometric_brightness, rl_draw_real(d, -32, 32));
	first = coin(d);
	if (first && coin(d))
		rl_draw_colour(d, rl_photometric_contrast, rl_draw_real(d, 0.5, 1.5));
	if (coin(d))
		rl_draw_colour(d, rl_photometric_saturation, rl_draw_real(d, 0.5, 1.5));
	if (coin(d))
		rl_draw_colour(d, rl_photometric_hue, rl_draw_int(d, 35) - 18);
	if (!first && coin(d))
		rl_draw_colour(d, rl_photometric_contrast, rl_draw_real(d, 0.5, 1.5));
	return true;
}
