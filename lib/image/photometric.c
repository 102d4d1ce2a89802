#include "image/photometric.h"

#include "base/clones.h"
#include "image/colour.h"

#include <math.h>

RL_CLONES static void convert(uint8_t *v, size_t n, float factor, float add)
{
#pragma omp simd
	for (size_t i = 0; i < n; i++)
		v[i] = (uint8_t)rl_level((float)v[i] * factor + add);
}

void rl_photometric_brightness(uint8_t *rgb, size_t n, double add)
{
	convert(rgb, 3 * n, 1, (float)add);
}

void rl_photometric_contrast(uint8_t *rgb, size_t n, double factor)
{
	convert(rgb, 3 * n, (float)factor, 0);
}

/* ---- OpenCV's HSV in 8 bits -------------------------------------------------------------------
 */

enum { CIRCLE = 180, BITS = 12, HALF = 1 << (BITS - 1) };

/* Reciprocals in fixed point, rounded to even. */
struct reciprocals {
	int saturation[256], hue[256];
};

static struct reciprocals reciprocals(void)
{
	struct reciprocals r = {{0}, {0}};

	for (int i = 1; i < 256; i++) {
		r.saturation[i] = (int)lrint((255 << BITS) / (1. * i));
		r.hue[i] = (int)lrint((CIRCLE << BITS) / (6. * i));
	}
	return r;
}

static void to_hsv(const struct reciprocals *rec, const uint8_t *rgb, uint8_t *hsv)
{
	int r = rgb[0], g = rgb[1], b = rgb[2], h;
	int most = r > g ? r : g, least = r < g ? r : g;

	most = most > b ? most : b;
	least = least < b ? least : b;
	int range = most - least;
	if (most == r)
		h = g - b;
	else if (most == g)
		h = b - r + 2 * range;
	else
		h = r - g + 4 * range;
	h = (h * rec->hue[range] + HALF) >> BITS;
	hsv[0] = (uint8_t)(h < 0 ? h + CIRCLE : h);
	hsv[1] = (uint8_t)((range * rec->saturation[most] + HALF) >> BITS);
	hsv[2] = (uint8_t)most;
}

static void from_hsv(const uint8_t *hsv, uint8_t *rgb)
{
	/* Of the four values below, those of red, green and blue. */
	static const uint8_t which[6][3] = {{0, 3, 1}, {2, 0, 1}, {1, 0, 3},
					    {1, 2, 0}, {3, 1, 0}, {0, 1, 2}};
	float h = (float)hsv[0] * (6.f / CIRCLE), s = (float)hsv[1] * (1.f / 255);
	float v = (float)hsv[2] * (1.f / 255);
	int sector = (int)h;
	float f = h - (float)sector;
	float value[4] = {v, v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f))};

	for (int c = 0; c < 3; c++)
		rgb[c] = (uint8_t)lrintf(value[which[sector % 6][c]] * 255);
}

void rl_photometric_saturation(uint8_t *rgb, size_t n, double factor)
{
	struct reciprocals rec = reciprocals();
	uint8_t hsv[3];

	for (uint8_t *p = rgb; p < rgb + 3 * n; p += 3) {
		to_hsv(&rec, p, hsv);
		hsv[1] = (uint8_t)rl_level((float)hsv[1] * (float)factor);
		from_hsv(hsv, p);
	}
}

void rl_photometric_hue(uint8_t *rgb, size_t n, double steps)
{
	struct reciprocals rec = reciprocals();
	int by = (int)steps + CIRCLE;
	uint8_t hsv[3];

	for (uint8_t *p = rgb; p < rgb + 3 * n; p += 3) {
		to_hsv(&rec, p, hsv);
		hsv[0] = (uint8_t)((hsv[0] + by) % CIRCLE);
		from_hsv(hsv, p);
	}
}
