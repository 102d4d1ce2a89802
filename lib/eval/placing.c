#include "eval/placing.h"

#include "base/err.h"
#include "base/rng.h"

#include <stdlib.h>

/* Labels go row by row around the centre. */
static const char *const names[RL_PLACES] = {"up left", "up",        "up right", "left",
					     "right",   "down left", "down",     "down right"};

void rl_placing_add_image(struct rl_placing *p, int64_t pairs, const int32_t *label,
			  const int32_t *answer)
{
	const size_t n = (size_t)p->images;
	int64_t correct = 0;

	for (int64_t i = 0; i < pairs; i++) {
		p->confusion[label[i]][answer[i]]++;
		correct += label[i] == answer[i];
	}
	p->pairs_of = rl_grown(p->pairs_of, n, sizeof(*p->pairs_of));
	p->correct_of = rl_grown(p->correct_of, n, sizeof(*p->correct_of));
	p->pairs_of[n] = pairs;
	p->correct_of[n] = correct;
	p->images++;
	p->pairs += pairs;
	p->correct += correct;
}

void rl_placing_free(struct rl_placing *p)
{
	free(p->pairs_of);
	free(p->correct_of);
	*p = (struct rl_placing){0};
}

static double percent(int64_t part, int64_t whole)
{
	return 100.0 * (double)part / (double)whole;
}

static int64_t pairs_of_label(const struct rl_placing *p, int label)
{
	int64_t n = 0;

	for (int k = 0; k < RL_PLACES; k++)
		n += p->confusion[label][k];
	return n;
}

double rl_placing_accuracy(const struct rl_placing *p)
{
	return percent(p->correct, p->pairs);
}

double rl_placing_chance(const struct rl_placing *p)
{
	int64_t most = 0;

	for (int k = 0; k < RL_PLACES; k++)
		if (pairs_of_label(p, k) > most)
			most = pairs_of_label(p, k);
	return percent(most, p->pairs);
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Images are what is independent; the pairs of one are not, so one image has none: NULL. */
static json_t *interval(const struct rl_placing *p, uint64_t seed)
{
	enum { SAMPLES = 2000, LOW = SAMPLES / 40, HIGH = SAMPLES - 1 - SAMPLES / 40 };
	struct rl_rng rng = rl_rng_make(seed, 0, 0, RL_RNG_BOOTSTRAP);
	double accuracy[SAMPLES];

	if (p->images < 2)
		return NULL;
	for (int s = 0; s < SAMPLES; s++) {
		int64_t pairs = 0, correct = 0;

		for (int64_t i = 0; i < p->images; i++) {
			uint32_t k = rl_rng_below(&rng, (uint32_t)p->images);

			pairs += p->pairs_of[k];
			correct += p->correct_of[k];
		}
		accuracy[s] = percent(correct, pairs);
	}
	qsort(accuracy, SAMPLES, sizeof(*accuracy), by_value);
	return json_pack("[f, f]", accuracy[LOW], accuracy[HIGH]);
}

json_t *rl_placing_report(const struct rl_placing *p, uint64_t seed)
{
	json_t *confusion = json_array(), *prior = json_array(), *direction = json_object();

	for (int label = 0; label < RL_PLACES; label++) {
		const int64_t n = pairs_of_label(p, label);
		json_t *row = json_array();

		for (int k = 0; k < RL_PLACES; k++)
			json_array_append_new(row, json_integer(p->confusion[label][k]));
		json_array_append_new(confusion, row);
		json_array_append_new(prior, json_real(percent(n, p->pairs)));
		json_object_set_new(direction, names[label],
				    n ? json_real(percent(p->confusion[label][label], n))
				      : json_null());
	}
	return json_pack("{s:o*, s:o, s:o, s:o}", "interval", interval(p, seed), "confusion",
			 confusion, "prior", prior, "per_direction", direction);
}
