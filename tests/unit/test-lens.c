/* Lateral chromatic aberration, put in and measured: on textures that are known everywhere, so that
 * no resampling comes between, and on pictures of the synthetic world. */
#include "image/lens.h"
#include "tap.h"

#include "base/rng.h"
#include "data/synth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WAVES = 40, WIDTH = 320, HEIGHT = 240 };

struct wave {
	double x, y, phase, height;
};

static double texture(const struct wave *w, double x, double y)
{
	double sum = 0;

	for (int i = 0; i < WAVES; i++)
		sum += w[i].height * sin(w[i].x * x + w[i].y * y + w[i].phase);
	return sum;
}

static uint8_t level(double v)
{
	return (uint8_t)lrint(fmin(fmax(v, 0), 255));
}

/* Red and blue differ, and green is a multiple of their mean, as under a coloured light. */
static struct rl_image draw(uint64_t seed, double shift)
{
	struct rl_image im = rl_image_new(HEIGHT, WIDTH);
	struct rl_rng r = rl_rng_make(seed, 0, 0, RL_RNG_SYNTH);
	struct wave w[WAVES];
	uint8_t *p = im.data;

	for (int i = 0; i < WAVES; i++) {
		double angle = 2 * M_PI * rl_rng_uniform(&r), k = 0.03 + 0.5 * rl_rng_uniform(&r);

		w[i] = (struct wave){k * cos(angle), k * sin(angle), 6.3 * rl_rng_uniform(&r), 8};
	}
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++, p += 3) {
			double dx = x - (WIDTH - 1) / 2., dy = y - (HEIGHT - 1) / 2.;
			double v = texture(w, dx, dy);

			p[0] = level(120 + 1.2 * v);
			p[1] = level(140 + 0.7 * texture(w, dx / (1 + shift), dy / (1 + shift)));
			p[2] = level(100 + 0.8 * v);
		}
	return im;
}

static void test_textures(void)
{
	static const double shift[] = {0, 0.001, -0.004, 0.008, -0.02};
	double half = hypot((WIDTH - 1) / 2., (HEIGHT - 1) / 2.);

	for (size_t i = 0; i < sizeof(shift) / sizeof(*shift); i++) {
		struct rl_image im = draw(i + 1, shift[i]);
		struct rl_lens l = rl_lens_measure(&im);
		double worst = 0;

		for (int k = 1; k < RL_LENS_BINS; k++)
			if (l.bin[k].weight > 0)
				worst = fmax(worst, fabs(l.bin[k].rest / l.bin[k].weight * half));
		ok(l.weight > 0 && fabs(l.shift - shift[i]) * half < 0.1 && worst < 0.1,
		   "green magnified by 1 %+.3f: %.2f of %.2f pixels at the corner, and no bin is "
		   "off by more than %.2f",
		   shift[i], l.shift * half, shift[i] * half, worst);
		rl_image_free(&im);
	}
}

static void test_magnify(void)
{
	struct rl_image im = draw(9, 0), want = draw(9, 0.01);
	struct rl_image same = draw(9, 0);
	int worst = 0, other = 0;

	rl_lens_magnify_green(&same, 0);
	ok(!memcmp(same.data, im.data, (size_t)HEIGHT * WIDTH * 3), "magnified by 1: as it was");
	rl_lens_magnify_green(&im, 0.01);
	for (int y = 4; y < HEIGHT - 4; y++)
		for (int x = 4; x < WIDTH - 4; x++) {
			size_t i = 3 * ((size_t)y * WIDTH + (size_t)x);

			worst = abs(im.data[i + 1] - want.data[i + 1]) > worst
					? abs(im.data[i + 1] - want.data[i + 1])
					: worst;
			other += im.data[i] != want.data[i] || im.data[i + 2] != want.data[i + 2];
		}
	ok(worst <= 3 && other == 0, "green is moved, to %d levels, and nothing else", worst);
	rl_image_free(&im);
	rl_image_free(&want);
	rl_image_free(&same);
}

static void test_pictures(void)
{
	const struct rl_synth_cast cast = rl_synth_cast(NULL);
	double half = hypot((WIDTH - 1) / 2., (HEIGHT - 1) / 2.), sum = 0, weight = 0;

	for (int64_t n = 0; n < 12; n++) {
		struct rl_synth_scene s;

		rl_synth_draw(&s, 5, n, WIDTH, HEIGHT, &cast, RL_SYNTH_ANY);
		rl_lens_magnify_green(&s.image, 0.006);
		struct rl_lens l = rl_lens_measure(&s.image);
		sum += l.shift * l.weight;
		weight += l.weight;
		rl_synth_free(&s);
	}
	ok(fabs(sum / weight - 0.006) * half < 0.1, "pictures: %.2f of %.2f pixels at the corner",
	   sum / weight * half, 0.006 * half);
}

static void test_nothing(void)
{
	struct rl_image flat = rl_image_new(64, 64), small = rl_image_new(RL_LENS_LEAST - 1, 300);

	memset(flat.data, 90, 64 * 64 * 3);
	memset(small.data, 90, (RL_LENS_LEAST - 1) * 300 * 3);
	ok(rl_lens_measure(&flat).weight == 0, "a flat image tells nothing");
	ok(rl_lens_measure(&small).weight == 0, "nor does a small one");
	rl_image_free(&flat);
	rl_image_free(&small);
}

int main(void)
{
	test_textures();
	test_magnify();
	test_pictures();
	test_nothing();
	return tap_done();
}
