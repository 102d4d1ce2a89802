/* The square of a constellation against a literal restatement and the cases that are known; the
 * null, false discoveries, what is found twice; purity against sets scored by hand. */
#include "eval/discover.h"
#include "eval/purity.h"
#include "tap.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

static void put(float place[4], double x, double y, double side)
{
	place[0] = (float)(x - side / 2);
	place[1] = (float)(y - side / 2);
	place[2] = (float)(x + side / 2);
	place[3] = (float)(y + side / 2);
}

/* The best error there is, by search over the sides that are allowed, each with its best centre. */
static double best_error(const float place[4][4], double *best_side)
{
	static const double o[4][2] = {{-.5, -.5}, {.5, -.5}, {-.5, .5}, {.5, .5}};
	double q = 0, best = INFINITY, error = 0;

	for (int i = 0; i < 4; i++)
		q += (place[i][2] - place[i][0]) / 4;
	for (int k = 0; k <= 20000; k++) {
		double s = q * (2. / 3 + k / 20000. * 2 / 3), x = 0, y = 0, squares = 0;

		for (int i = 0; i < 4; i++) {
			x += ((place[i][0] + place[i][2]) / 2 - s * o[i][0]) / 4;
			y += ((place[i][1] + place[i][3]) / 2 - s * o[i][1]) / 4;
		}
		for (int i = 0; i < 4; i++) {
			double dx = (place[i][0] + place[i][2]) / 2 - x - s * o[i][0];
			double dy = (place[i][1] + place[i][3]) / 2 - y - s * o[i][1];

			squares += dx * dx + dy * dy;
		}
		if (squares < best) {
			best = squares;
			*best_side = s;
			error = squares / (s * s);
		}
	}
	return error;
}

static void test_random(void)
{
	struct rl_rng r = rl_rng_make(1, 0, 0, RL_RNG_SYNTH);
	double worst = 0, worst_side = 0;
	int verified = 0;

	for (int t = 0; t < 300; t++) {
		float place[4][4];
		double side = 0, error;

		for (int i = 0; i < 4; i++)
			put(place[i], (i & 1 ? 96 : 0) + 150 * rl_rng_uniform(&r),
			    (i & 2 ? 96 : 0) + 150 * rl_rng_uniform(&r),
			    60 + 90 * rl_rng_uniform(&r));
		error = best_error((const float(*)[4])place, &side);
		struct rl_square s = rl_square_fit((const float(*)[4])place);
		worst = fmax(worst, fabs(s.error - error));
		worst_side = fmax(worst_side, fabs(s.side - side));
		verified += s.error < RL_SQUARE_ERROR;
	}
	ok(worst < 2e-3 && worst_side < 0.02, "the closed form is the best of all sides: %g, %g",
	   worst, worst_side);
	ok(verified > 50 && verified < 300, "%d of 300 verify", verified);
}

static struct rl_square layout(const double at[4][2], double side)
{
	float place[4][4];

	for (int i = 0; i < 4; i++)
		put(place[i], at[i][0], at[i][1], side);
	return rl_square_fit((const float(*)[4])place);
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6 * (1 + fabs(b));
}

static void test_known(void)
{
	struct rl_square s =
		layout((const double[4][2]){{50, 50}, {146, 50}, {50, 146}, {146, 146}}, 96);
	double box[4];

	ok(near(s.error, 0) && near(s.side, 96) && near(s.x, 98) && near(s.y, 98),
	   "side by side: no error");
	rl_square_box(&s, box);
	ok(near(box[0], 2) && near(box[1], 2) && near(box[2], 194) && near(box[3], 194),
	   "the box is what they cover");
	s = layout((const double[4][2]){{146, 50}, {50, 50}, {146, 146}, {50, 146}}, 96);
	ok(near(s.side, 64) && near(s.error, 6.5), "mirrored: the least side, e %g", s.error);
	s = layout((const double[4][2]){{70, 70}, {70, 70}, {70, 70}, {70, 70}}, 96);
	ok(near(s.side, 64) && near(s.error, 2), "all on one spot: e %g", s.error);
	s = layout((const double[4][2]){{0, 0}, {300, 0}, {0, 300}, {300, 300}}, 96);
	ok(near(s.side, 128) && near(s.error, 2 * (172. / 128) * (172. / 128)),
	   "far apart: the largest side, e %g", s.error);
	s = layout((const double[4][2]){{0, 0}, {110, 0}, {0, 110}, {110, 110}}, 96);
	ok(near(s.side, 110) && near(s.error, 0), "a little apart: as they are");
}

/* ---- the null -----------------------------------------------------------------------------------
 */

enum { MATCHES = 100, WIDE = 500, HIGH = 375, SIDE = 96 };

/* Of image i the four matches lie together with probability `together`, else anywhere. */
static void make_matches(struct rl_match m[MATCHES], double together, uint64_t seed)
{
	struct rl_rng r = rl_rng_make(seed, 0, 0, RL_RNG_SYNTH);

	memset(m, 0, MATCHES * sizeof(*m));
	for (int i = 0; i < MATCHES; i++) {
		bool whole = rl_rng_uniform(&r) < together;
		double x = 96 + rl_rng_uniform(&r) * (WIDE - 192);
		double y = 96 + rl_rng_uniform(&r) * (HIGH - 192);

		m[i].image = (uint32_t)i;
		m[i].score = (float)(4 - i * .01);
		for (int k = 0; k < 4; k++)
			if (whole)
				put(m[i].place[k], x + (k & 1 ? 48 : -48), y + (k & 2 ? 48 : -48),
				    SIDE);
			else
				put(m[i].place[k], 48 + rl_rng_uniform(&r) * (WIDE - 96),
				    48 + rl_rng_uniform(&r) * (HIGH - 96), SIDE);
		m[i].square = rl_square_fit((const float(*)[4])m[i].place);
	}
}

static void test_null(void)
{
	struct rl_match m[MATCHES];
	double chance, p, share = 0, mean = 0;
	int small = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		make_matches(m, 0, seed);
		mean += (double)rl_verified(m, MATCHES) / MATCHES / 200;
		p = rl_permutation_p(m, MATCHES, 999, 7, seed, &chance);
		share += chance / 200;
		small += p <= 0.05;
	}
	/* facts: 0.78 % of four random places verify in 500 x 375 with patches of 96 */
	ok(fabs(mean - 0.0078) < 0.002 && fabs(share - 0.0078) < 0.002,
	   "by chance %.2f %% verify, shuffled %.2f %%", 100 * mean, 100 * share);
	ok(small <= 20, "p is at most 0.05 in %d of 200 without anything", small);
	make_matches(m, 0.2, 5);
	p = rl_permutation_p(m, MATCHES, 999, 7, 0, &chance);
	ok(p == 0.001, "a fifth that lie together: p %g, the least there is", p);
	size_t verified = rl_verified(m, MATCHES), mirrored = rl_verified_mirrored(m, MATCHES);
	for (int i = 0; i < MATCHES; i++)
		for (int k = 0; k < 4; k += 2) {
			float left[4];

			memcpy(left, m[i].place[k], sizeof(left));
			memcpy(m[i].place[k], m[i].place[k + 1], sizeof(left));
			memcpy(m[i].place[k + 1], left, sizeof(left));
		}
	ok(verified > 15 && mirrored < 5 && rl_verified_mirrored(m, MATCHES) == verified,
	   "%zu verify, %zu mirrored; the other way round mirrored", verified, mirrored);
	make_matches(m, 0.2, 5);
	ok(p == rl_permutation_p(m, MATCHES, 999, 7, 0, &chance), "the same again");
}

static void test_false_discovery(void)
{
	static const double p[6] = {.01, .9, .04, .02, .03, .5};
	static const double want[6] = {.06, .9, .06, .06, .06, .6};
	double q[6];
	bool same = true;

	rl_false_discovery(p, 6, q);
	for (int i = 0; i < 6; i++)
		same &= near(q[i], want[i]);
	ok(same, "false discovery rates of six p: %g %g %g", q[0], q[1], q[5]);
}

static void test_distinct(void)
{
	static struct rl_match all[4][20];
	struct rl_find f[4];

	/* 0 has 12 images; 1 is 0 moved a little, with one less; 2 is elsewhere in the same images;
	 * 3 is as 0, in others. */
	for (int k = 0; k < 4; k++) {
		size_t n = k == 0 ? 12 : k == 1 ? 11 : 10;

		for (size_t i = 0; i < n; i++) {
			double x = k == 2 ? 400 : k == 1 ? 110 : 100;

			all[k][i] = (struct rl_match){.image = (uint32_t)(i + (k == 3 ? 100 : 0)),
						      .score = 3};
			all[k][i].square = (struct rl_square){x, 100, 50, i == 9 ? 2 : 0.1};
		}
		f[k] = (struct rl_find){(size_t)k, all[k], n, rl_verified(all[k], n)};
	}
	struct rl_find shuffled[4] = {f[3], f[1], f[2], f[0]};
	size_t n = rl_finds_distinct(shuffled, 4);

	ok(n == 3 && shuffled[0].constellation == 0 && shuffled[1].constellation == 2 &&
		   shuffled[2].constellation == 3,
	   "what is found again in the same places is dropped, the best stays: %zu", n);
}

static void test_constellation(void)
{
	/* A grid of 3 x 2 squares of 64 in steps of 32, and a larger square. */
	float place[7][4];
	size_t member[4];

	for (int i = 0; i < 6; i++)
		put(place[i], 32 + i % 3 * 64, 32 + i / 3 * 64 + (i == 4 ? 6 : 0), 64);
	put(place[6], 96, 96, 128);
	ok(rl_constellation_at((const float(*)[4])place, 7, 0, member) && member[0] == 0 &&
		   member[1] == 1 && member[2] == 3 && member[3] == 4,
	   "four that share edges, one of them not quite");
	ok(rl_constellation_at((const float(*)[4])place, 7, 1, member) && member[3] == 5 &&
		   !rl_constellation_at((const float(*)[4])place, 7, 2, member) &&
		   !rl_constellation_at((const float(*)[4])place, 7, 3, member) &&
		   !rl_constellation_at((const float(*)[4])place, 7, 6, member),
	   "none at the border, nor of different sizes");
}

static void test_purity(void)
{
	/* Images 0..7 show 0 0 0 0 1 1 1 and both. */
	size_t begin[] = {0, 1, 2, 3, 4, 5, 6, 7, 9}, class[] = {0, 0, 0, 0, 1, 1, 1, 0, 1};
	struct rl_shows shows = {8, 2, begin, class};
	struct rl_purity_set sets[3] = {{.n = 3, .image = (size_t[]){0, 4, 5}},
					{.n = 4, .image = (size_t[]){4, 5, 6, 7}},
					{.n = 2, .image = (size_t[]){0, 6}}};
	struct rl_purity p = rl_purity(sets, 3, &shows);
	double second = (1 + 2. / 3) / 2, third = (1 + 2. / 3 + .5) / 3;

	ok(near(sets[0].purity, 1) && near(sets[1].purity, 2. / 3) && near(sets[2].purity, .5),
	   "purities, the purest first; an image may show two classes");
	ok(near(p.coverage[0], .5) && near(p.coverage[1], 5. / 8) && near(p.coverage[2], 5. / 8) &&
		   near(p.purity[1], second) && near(p.purity[2], third),
	   "the curve");
	ok(near(p.area, .5 + second / 8) && near(p.area_half, .5) && near(p.at_half, 1),
	   "the areas under it, and the purity at a half");
	rl_purity_free(&p);
	/* Of two images at random: both 0 in 10 of 28 pairs, both 1 in 6; the one of both classes
	 * is in 4 + 3 of these, none counted twice: 16 of 28 are of one class. */
	double pairs = rl_purity_chance(&sets[2], 1, &shows, 20000, 3);
	ok(fabs(pairs - (16 + 12 * .5) / 28) < 0.01, "two at random: %.3f", pairs);
	p = rl_purity(sets, 0, &shows);
	ok(p.area == 0 && isnan(p.at_half), "no sets");
	rl_purity_free(&p);
}

int main(void)
{
	test_random();
	test_known();
	test_null();
	test_false_discovery();
	test_distinct();
	test_constellation();
	test_purity();
	return tap_done();
}
