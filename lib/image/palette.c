#include "image/palette.h"

#include <math.h>

void rl_palette_voc(uint8_t palette[256 * 3])
{
	for (int i = 0; i < 256; i++)
		for (int channel = 0; channel < 3; channel++) {
			int value = 0;

			for (int bit = 0; bit < 3; bit++)
				value |= (i >> (3 * bit + channel) & 1) << (7 - bit);
			palette[3 * i + channel] = (uint8_t)value;
		}
}

/* Each channel is highest at its own hue and falls off to both sides. */
static double channel(double hue, double centre)
{
	double away = fabs(hue - centre);

	away = fmin(away, 1 - away);
	return fmin(1, fmax(0, 2 - 6 * away));
}

/* Blue is dark where green of the same numbers is not: mix in white until it is bright enough. */
static double white(const double c[3], double luma_wanted)
{
	double luma = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];

	return luma < luma_wanted ? (luma_wanted - luma) / (1 - luma) : 0;
}

/* Of the numbers whose hues are close (5, 8, 13 apart), each has another shade. */
void rl_palette_bright(size_t number, uint8_t rgb[3])
{
	static const struct {
		double grey, value, luma;
	} shades[] = {{0, 1, 0.42}, {0.5, 1, 0}, {0, 0.7, 0.33}}, *s;
	static const double golden = 0.6180339887498949;
	double hue = fmod((double)number * golden, 1), c[3];

	s = &shades[number % 3];
	for (int i = 0; i < 3; i++)
		c[i] = s->value * (s->grey + (1 - s->grey) * channel(hue, i / 3.0));
	double share = white(c, s->luma);
	for (int i = 0; i < 3; i++)
		rgb[i] = (uint8_t)lrint(255 * (c[i] + share * (1 - c[i])));
}
