#include "image/enhance.h"

#include "base/clones.h"
#include "image/colour.h"

/* Pillow's Image.blend in its single precision, truncated; the limits only matter where it
 * extrapolates. */
static inline int32_t blend(int from, int to, float alpha)
{
	return rl_level((float)from + alpha * (float)(to - from));
}

RL_CLONES static void blend_with(uint8_t *v, size_t n, int other, float alpha)
{
#pragma omp simd
	for (size_t i = 0; i < n; i++)
		v[i] = (uint8_t)blend(other, v[i], alpha);
}

void rl_enhance_brightness(uint8_t *rgb, size_t n, double factor)
{
	blend_with(rgb, 3 * n, 0, (float)factor);
}

RL_CLONES static uint64_t luma_sum(const uint8_t *rgb, size_t n)
{
	uint64_t sum = 0;

#pragma omp simd reduction(+ : sum)
	for (size_t i = 0; i < n; i++)
		sum += rl_luma(rgb + 3 * i);
	return sum;
}

void rl_enhance_contrast(uint8_t *rgb, size_t n, double factor)
{
	int mean = (int)((double)luma_sum(rgb, n) / (double)n + 0.5);

	blend_with(rgb, 3 * n, mean, (float)factor);
}

RL_CLONES static void blend_with_luma(uint8_t *rgb, size_t n, float alpha)
{
#pragma omp simd
	for (size_t i = 0; i < n; i++) {
		uint8_t grey = rl_luma(rgb + 3 * i);

		rgb[3 * i] = (uint8_t)blend(grey, rgb[3 * i], alpha);
		rgb[3 * i + 1] = (uint8_t)blend(grey, rgb[3 * i + 1], alpha);
		rgb[3 * i + 2] = (uint8_t)blend(grey, rgb[3 * i + 2], alpha);
	}
}

void rl_enhance_saturation(uint8_t *rgb, size_t n, double factor)
{
	blend_with_luma(rgb, n, (float)factor);
}

/* ---- hue: Pillow's mode HSV, colorsys in 8 bits
 * --------------------------------------------------
 */

/* Where each hue lies: its sixth of the circle, and how far into it. */
struct circle {
	uint8_t sector[256];
	float into[256];
};

static struct circle circle(void)
{
	struct circle c;

	for (int h = 0; h < 256; h++) {
		int sector = (int)(h * 6.0 / 255.0);

		c.into[h] = (float)(h * 6.0 / 255.0 - sector);
		c.sector[h] = (uint8_t)(sector % 6);
	}
	return c;
}

static int hue_of(const uint8_t *p, int most, float range)
{
	float r = (float)(most - p[0]) / range, g = (float)(most - p[1]) / range;
	float b = (float)(most - p[2]) / range, h;

	if (p[0] == most)
		h = b - g;
	else if (p[1] == most)
		h = (float)(2.0 + r - b);
	else
		h = (float)(4.0 + g - r);
	double turn = h / 6.0 + 1.0;
	h = (float)(turn >= 1 ? turn - 1 : turn);
	return (int)(h * 255.0);
}

/* Rounded away from 0; adding a half would round up what is the least bit below one. */
static uint8_t part(int value, double of)
{
	double v = value * of;
	int whole = (int)v;

	return (uint8_t)(whole + (v - whole >= 0.5));
}

static void from_hsv(const struct circle *k, uint8_t hue, int s, int value, uint8_t *rgb)
{
	/* Of the four values below, those of red, green and blue. */
	static const uint8_t which[6][3] = {{0, 3, 1}, {2, 0, 1}, {1, 0, 3},
					    {1, 2, 0}, {3, 1, 0}, {0, 1, 2}};
	float f = k->into[hue], saturation = (float)(s / 255.0);
	const uint8_t *w = which[k->sector[hue]];
	const uint8_t v[4] = {(uint8_t)value, part(value, 1.0 - saturation),
			      part(value, 1.0 - saturation * f),
			      part(value, 1.0 - saturation * (1.0 - f))};

	rgb[0] = v[w[0]], rgb[1] = v[w[1]], rgb[2] = v[w[2]];
}

/* The shift is truncated to whole steps, and what passes 255 goes around. */
void rl_enhance_hue(uint8_t *rgb, size_t n, double shift)
{
	const struct circle k = circle();
	int steps = (int)(shift * 255);

	for (uint8_t *p = rgb; p < rgb + 3 * n; p += 3) {
		int most = p[0] > p[1] ? p[0] : p[1], least = p[0] < p[1] ? p[0] : p[1];

		most = most > p[2] ? most : p[2];
		least = least < p[2] ? least : p[2];
		if (most == least)
			continue; /* grey has no hue, and comes back as it went */
		float range = (float)(most - least);
		int saturation = (int)(range / (float)most * 255.0);

		from_hsv(&k, (uint8_t)(hue_of(p, most, range) + steps), saturation, most, p);
	}
}
