/* Write a feature stream with VOC-like labels to standard output, for the shell tests.
 *
 *	make-features SEED ROWS CLASSES [NAME=D ...] [fault ...]
 *
 * Sample i has one present class of CLASSES (i modulo their number), now and then an ignored one,
 * and features that know the class a little.  Its key is SEED and 00000, 00001 ...; with `renamed`
 * another, of the same data.  Faults: nan, short-row, zero-row, bad-label,
 * no-labels, no-names, other-names, rare, absent.  With `label` the class is a number instead, i4,
 * of as many as the head says, but for no-nclass.
 */
#include "base/err.h"
#include "base/rng.h"
#include "stream/stream.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAXLAYER = 4 };

struct layer {
	char name[32];
	int64_t d;
};

static bool has(int argc, char **argv, const char *fault)
{
	for (int i = 4; i < argc; i++)
		if (!strcmp(argv[i], fault))
			return true;
	return false;
}

static void put_labels(struct rl_sample *s, int64_t row, int64_t nclass, int argc, char **argv,
		       struct rl_rng *r)
{
	int8_t *label = rl_sample_make(s, "labels", RL_I1, 1, &nclass)->data;

	for (int64_t c = 0; c < nclass; c++)
		label[c] = c == row % nclass ? 1 : rl_rng_below(r, 20) ? 0 : -1;
	/* the last class */
	if (has(argc, argv, "absent") || (has(argc, argv, "rare") && row >= 2 * nclass))
		label[nclass - 1] = 0;
	if (has(argc, argv, "bad-label") && row == 3)
		label[1] = 7;
}

static void put_label(struct rl_sample *s, int64_t row, int64_t nclass, int argc, char **argv)
{
	bool bad = has(argc, argv, "bad-label") && row == 3;

	*(int32_t *)rl_sample_make(s, "label", RL_I4, 0, NULL)->data =
		bad ? 7 : (int32_t)(row % nclass);
}

static void put_features(struct rl_sample *s, const struct layer *l, int64_t row, int64_t nclass,
			 int argc, char **argv, struct rl_rng *r)
{
	int64_t d = l->d - (has(argc, argv, "short-row") && row == 3);
	float *x = rl_sample_make(s, l->name, RL_F4, 1, &d)->data;

	for (int64_t j = 0; j < d; j++)
		x[j] = fmaxf(0, (float)(rl_rng_normal(r) + (j % nclass == row % nclass)));
	if (has(argc, argv, "nan") && row == 3)
		x[2] = NAN;
	if (has(argc, argv, "zero-row") && row == 3)
		memset(x, 0, (size_t)d * sizeof(*x));
}

int main(int argc, char **argv)
{
	struct layer layer[MAXLAYER];
	int nlayer = 0;

	if (argc < 5)
		return RL_EXIT_USAGE;
	uint64_t seed = strtoull(argv[1], NULL, 10);
	int64_t rows = atoll(argv[2]), nclass = atoll(argv[3]);
	bool numbered = has(argc, argv, "label");
	bool labelled = !numbered && !has(argc, argv, "no-labels");
	json_t *head = rl_head_new("features");
	for (int i = 4; i < argc && nlayer < MAXLAYER; i++) {
		struct layer *l = &layer[nlayer];

		if (sscanf(argv[i], "%31[^=]=%" SCNd64, l->name, &l->d) != 2)
			continue;
		rl_head_field(head, l->name, RL_F4, 1, (int64_t[]){-1}, (const char *[]){"D"});
		nlayer++;
	}
	if (numbered)
		rl_head_field(head, "label", RL_I4, 0, NULL, NULL);
	if (numbered && !has(argc, argv, "no-nclass"))
		rl_head_set_nclass(head, nclass);
	if (labelled) {
		json_t *names = json_array();

		rl_head_field(head, "labels", RL_I1, 1, &nclass, NULL);
		for (int64_t c = 0; c < nclass; c++) {
			char *name = rl_asprintf("%s%lld",
						 has(argc, argv, "other-names") ? "other" : "class",
						 (long long)c);

			json_array_append_new(names, json_string(name));
			free(name);
		}
		json_t *field = json_object_get(json_object_get(head, "fields"), "labels");
		if (!has(argc, argv, "no-names"))
			json_object_set(field, "names", names);
		json_decref(names);
	}

	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", head);
	struct rl_sample s = {0};
	for (int64_t row = 0; row < rows; row++) {
		struct rl_rng r = rl_rng_make(seed, 0, (uint64_t)row, RL_RNG_SYNTH);
		char key[32];

		snprintf(key, sizeof(key), "%s%llu%05lld", has(argc, argv, "renamed") ? "x" : "",
			 (unsigned long long)seed, (long long)row);
		rl_sample_set_key(&s, key);
		for (int i = 0; i < nlayer; i++)
			put_features(&s, &layer[i], row, nclass, argc, argv, &r);
		if (numbered)
			put_label(&s, row, nclass, argc, argv);
		if (labelled)
			put_labels(&s, row, nclass, argc, argv, &r);
		rl_writer_put(out, &s);
	}
	rl_writer_close(out, 0);
	rl_sample_free(&s);
	return RL_EXIT_OK;
}
