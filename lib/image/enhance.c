#include "image/enhance.h"

#include "base/clones.h"
#include "image/colour.h"

#include <math.h>

/* Pillow's Image.blend in its single precision, truncated; the limits only matter where it
 * extrapolates. */
static inline uint8_t blend(int from, int to, float alpha)
{
	float v = (float)from + alpha * (float)(to - from);

	v = v > 0 ? v : 0;
	return (uint8_t)(int)(v < 255 ? v : 255);
}

RL_CLONES static void blend_with(uint8_t *v, size_t n, int other, float alpha)
{
#pragma omp simd
	for (size_t i = 0; i < n; i++)
		v[i] = blend(other, v[i], alpha);
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

		for (int c = 0; c < 3; c++)
			rgb[3 * i + (size_t)c] = blend(grey, rgb[3 * i + (size_t)c], alpha);
	}
}

void rl_enhance_saturation(uint8_t *rgb, size_t n, double factor)
{
	blend_with_luma(rgb, n, (float)factor);
}

/* ---- hue: Pillow's mode HSV, colorsys in 8 bits
 * --------------------------------------------------
 */

static uint8_t hue_of(const uint8_t *p, int most, int least)
{
	float range = (float)(most - least);
	float r = (float)(most - p[0]) / range, g = (float)(most - p[1]) / range;
	float b = (float)(most - p[2]) / range, h;

	if (p[0] == most)
		h = b - g;
	else if (p[1] == most)
		h = (float)(2.0 + r - b);
	else
		h = (float)(4.0 + g - r);
	h = (float)fmod(h / 6.0 + 1.0, 1.0);
	return (uint8_t)(int)(h * 255.0);
}

static uint8_t part(uint8_t value, double of)
{
	return (uint8_t)(int)round((float)value * of);
}

static void from_hsv(uint8_t h, uint8_t s, uint8_t v, uint8_t *rgb)
{
	float turn = (float)(h * 6.0 / 255.0), sat = (float)(s / 255.0);
	int sector = (int)floor(h * 6.0 / 255.0);
	float f = (float)(turn - (float)sector);
	uint8_t p = part(v, 1.0 - sat), q = part(v, 1.0 - sat * f),
		t = part(v, 1.0 - sat * (1.0 - f));
	const uint8_t by_sector[6][3] = {{v, t, p}, {q, v, p}, {p, v, t},
					 {p, q, v}, {t, p, v}, {v, p, q}};

	for (int c = 0; c < 3; c++)
		rgb[c] = by_sector[sector % 6][c];
}

/* The shift is truncated to whole steps, and what passes 255 goes around. */
void rl_enhance_hue(uint8_t *rgb, size_t n, double shift)
{
	uint8_t steps = (uint8_t)(int)(shift * 255);

	for (uint8_t *p = rgb; p < rgb + 3 * n; p += 3) {
		int most = p[0] > p[1] ? p[0] : p[1], least = p[0] < p[1] ? p[0] : p[1];

		most = most > p[2] ? most : p[2];
		least = least < p[2] ? least : p[2];
		if (most == least)
			continue; /* grey has no hue, and comes back as it went */
		float range = (float)(most - least);
		uint8_t s = (uint8_t)(int)(range / (float)most * 255.0);

		from_hsv((uint8_t)(hue_of(p, most, least) + steps), s, (uint8_t)most, p);
	}
}
