/*
 * maps IMAGES: true and predicted classes of pixels without images and network: 19 classes in
 * regions of Cityscapes' sizes, of 2048 x 1024 pixels, a tenth of them taken for others and a tenth
 * without truth.
 */
#include "base/err.h"
#include "base/rng.h"
#include "stream/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HEIGHT = 1024, WIDTH = 2048, CLASSES = 19, NONE = 255, LONGEST = 128 };

static const struct rl_tool tool = {
	.name = "maps", .synopsis = "IMAGES", .summary = "Classes of the pixels of no images."};

/* In stretches of one class each. */
static void draw(struct rl_rng *r, uint8_t *truth, uint8_t *found)
{
	uint8_t is = 0, seems = 0;

	for (int left = 0, i = 0; i < HEIGHT * WIDTH; i++, left--) {
		if (!left) {
			left = 1 + (int)rl_rng_below(r, LONGEST);
			seems = (uint8_t)rl_rng_below(r, CLASSES);
			is = rl_rng_below(r, 10) ? seems : (uint8_t)rl_rng_below(r, CLASSES);
			is = rl_rng_below(r, 10) ? is : NONE;
		}
		truth[i] = is;
		found[i] = seems;
	}
}

static json_t *new_head(void)
{
	static const char *const fields[] = {"segmentation", "prediction"};
	json_t *head = rl_head_new("images");

	for (size_t i = 0; i < RL_LEN(fields); i++) {
		json_t *names = json_array();

		for (int c = 0; c < CLASSES; c++)
			json_array_append_new(names, json_sprintf("class%d", c));
		rl_head_field(head, fields[i], RL_U1, 2, (int64_t[]){HEIGHT, WIDTH}, NULL);
		rl_head_set_names(head, fields[i], names);
	}
	return head;
}

int main(int argc, char **argv)
{
	const int64_t size[] = {HEIGHT, WIDTH};
	struct rl_sample s = {0};

	rl_options(argc, argv, &tool, (const struct rl_opt[]){RL_OPT_END});
	if (argc != 2)
		rl_die_usage("a number of images is needed");
	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", new_head());
	for (int64_t i = 0, n = rl_parse_int(argv[1], 1, INT32_MAX, "IMAGES"); i < n; i++) {
		struct rl_rng r = rl_rng_make(0, 0, (uint64_t)i, RL_RNG_SYNTH);
		char key[32];

		snprintf(key, sizeof(key), "%lld", (long long)i);
		rl_sample_set_key(&s, key);
		uint8_t *truth = rl_sample_make(&s, "segmentation", RL_U1, 2, size)->data;
		draw(&r, truth, rl_sample_make(&s, "prediction", RL_U1, 2, size)->data);
		rl_writer_put(out, &s);
	}
	rl_writer_close(out, 0);
	rl_sample_free(&s);
	return RL_EXIT_OK;
}
