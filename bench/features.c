/*
 * features SEED IMAGES: features as a trained ResNet-50 has them in its last stage, without images
 * and network: the size and the difficulty of VOC07's SVMs, in seconds.
 *
 * 2048 maps in 2 x 2 cells.  A cell is a point of a space of few dimensions, in which the cells of
 * an image lie near each other and an object moves those that it covers in its class's direction; a
 * map is a half-space, and its number how far the point lies in it.  So the features are correlated
 * and none of them negative, a third not zero.  20 classes, one of them much more frequent than
 * the others, and small objects are now and then ignored.
 */
#include "base/err.h"
#include "base/rng.h"
#include "stream/stream.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAPS = 2048, SIDE = 2, CELLS = SIDE * SIDE, SPACE = 96, CLASSES = 20, FREQUENT = 14 };

struct world {
	float map[MAPS * SPACE], from[MAPS]; /* a half-space: where map . point exceeds this */
	float class[CLASSES][SPACE];
};

static const struct rl_tool tool = {
	.name = "features", .synopsis = "SEED IMAGES", .summary = "Features of no images."};

static struct world *new_world(void)
{
	struct world *w = rl_malloc(sizeof(*w));
	struct rl_rng r = rl_rng_make(0, 0, 0, RL_RNG_SYNTH);

	for (int m = 0; m < MAPS; m++) {
		for (int i = 0; i < SPACE; i++)
			w->map[m * SPACE + i] =
				(float)(rl_rng_normal(&r) * 2 / sqrt(SPACE) / pow(1 + i, 0.25));
		w->from[m] = (float)(0.5 + 0.5 * rl_rng_normal(&r));
	}
	for (int c = 0; c < CLASSES; c++)
		for (int i = 0; i < SPACE; i++)
			w->class[c][i] = (float)rl_rng_normal(&r);
	return w;
}

static double uniform(struct rl_rng *r, double from, double to)
{
	return from + (to - from) * rl_rng_below(r, 1 << 20) / (1 << 20);
}

static void put_object(const float *class, struct rl_rng *r, double size, float *point)
{
	double x = uniform(r, 0, SIDE), y = uniform(r, 0, SIDE);

	for (int k = 0; k < CELLS; k++) {
		double dx = k % SIDE + 0.5 - x, dy = k / SIDE + 0.5 - y;
		double cover = 0.7 * exp(-(dx * dx + dy * dy) / (2 * size * size));

		for (int i = 0; i < SPACE; i++)
			point[k * SPACE + i] += (float)(cover * class[i]);
	}
}

static void draw(const struct world *w, struct rl_rng *r, int8_t *label, float *feature)
{
	float point[CELLS * SPACE], value[CELLS * MAPS];

	for (int i = 0; i < CELLS * SPACE; i++)
		point[i] = (float)(0.7 * rl_rng_normal(r));
	for (int i = 0; i < SPACE; i++) {
		float scene = (float)(0.7 * rl_rng_normal(r));

		for (int k = 0; k < CELLS; k++)
			point[k * SPACE + i] += scene;
	}
	for (int c = 0; c < CLASSES; c++) {
		double share = c == FREQUENT ? 0.42 : 0.03 + 0.024 * (c % 5);
		double size = uniform(r, 0.25, 1);

		label[c] = uniform(r, 0, 1) < share;
		if (!label[c])
			continue;
		put_object(w->class[c], r, size, point);
		if (size < 0.4 && rl_rng_below(r, 2))
			label[c] = -1;
	}
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, CELLS, MAPS, SPACE, 1, point, SPACE,
		    w->map, SPACE, 0, value, MAPS);
	for (int m = 0; m < MAPS; m++)
		for (int k = 0; k < CELLS; k++)
			feature[m * CELLS + k] = fmaxf(0, value[k * MAPS + m] - w->from[m] +
								  (float)(0.3 * rl_rng_normal(r)));
}

static json_t *new_head(void)
{
	int64_t classes = CLASSES, size = MAPS * CELLS;
	json_t *head = rl_head_new("features"), *names = json_array();

	rl_head_field(head, "labels", RL_I1, 1, &classes, NULL);
	rl_head_field(head, "feat5", RL_F4, 1, &size, NULL);
	for (int c = 0; c < CLASSES; c++)
		json_array_append_new(names, json_sprintf("class%d", c));
	json_object_set_new(json_object_get(json_object_get(head, "fields"), "labels"), "names",
			    names);
	return head;
}

int main(int argc, char **argv)
{
	int64_t classes = CLASSES, size = MAPS * CELLS;

	rl_options(argc, argv, &tool, (const struct rl_opt[]){RL_OPT_END});
	if (argc != 3)
		rl_die_usage("a seed and a number of images are needed");
	uint64_t seed = strtoull(argv[1], NULL, 10), images = strtoull(argv[2], NULL, 10);
	struct world *w = new_world();
	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", new_head());
	struct rl_sample s = {0};

	for (uint64_t i = 0; i < images; i++) {
		struct rl_rng r = rl_rng_make(seed, 1, i, RL_RNG_SYNTH);
		char key[32];

		snprintf(key, sizeof(key), "%llu%05llu", (unsigned long long)seed,
			 (unsigned long long)i);
		rl_sample_set_key(&s, key);
		int8_t *label = rl_sample_make(&s, "labels", RL_I1, 1, &classes)->data;
		draw(w, &r, label, rl_sample_make(&s, "feat5", RL_F4, 1, &size)->data);
		rl_writer_put(out, &s);
	}
	rl_writer_close(out, 0);
	rl_sample_free(&s);
	free(w);
	return RL_EXIT_OK;
}
