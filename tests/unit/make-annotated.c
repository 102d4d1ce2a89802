/* Write a stream of images with all that can be known of them to standard output, for the shell
 * tests:
 *
 *	make-annotated COUNT [fault]
 *
 * Faults: planes (labels of another size), types (classes in another dtype), grey (images of one
 * channel).
 */
#include "base/err.h"
#include "stream/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEIGHT = 40, WIDTH = 60 };

static json_t *make_head(bool types, int64_t channels)
{
	json_t *head = rl_head_new("images");
	const char *const names[] = {"H", "W", "N"};

	rl_head_field(head, "image", RL_U1, 3, (int64_t[]){-1, -2, channels}, names);
	rl_head_field(head, "boxes", RL_F4, 2, (int64_t[]){2, 4}, names);
	rl_head_field(head, "classes", types ? RL_I8 : RL_I4, 1, (int64_t[]){-3}, names);
	rl_head_field(head, "ignore", RL_U1, 1, (int64_t[]){-3}, names);
	rl_head_field(head, "masks", RL_JSON, 0, NULL, NULL);
	rl_head_field(head, "segmentation", RL_U1, 2, (int64_t[]){-1, -2}, names);
	return head;
}

/* One box at the left edge, one at the right: a crop may lose either. */
static void fill(struct rl_sample *s, int number, int height, bool types, int64_t channels)
{
	static const char masks[] = "[[[0,5,9,5,9,35,0,35]],"
				    "{\"size\":[40,60],\"counts\":[2005,30,10,30,325]}]";
	static const float boxes[8] = {0, 5, 9, 35, 50, 5, 52, 35};
	int64_t size = sizeof(masks) - 1;
	char key[32];

	snprintf(key, sizeof(key), "a%d", number);
	rl_sample_set_key(s, key);
	uint8_t *image =
		rl_sample_make(s, "image", RL_U1, 3, (int64_t[]){HEIGHT, WIDTH, channels})->data;
	for (int i = 0; i < channels * HEIGHT * WIDTH; i++)
		image[i] = (uint8_t)(i * (number + 3));
	memcpy(rl_sample_make(s, "boxes", RL_F4, 2, (int64_t[]){2, 4})->data, boxes, sizeof(boxes));
	memset(rl_sample_make(s, "classes", types ? RL_I8 : RL_I4, 1, (int64_t[]){2})->data, 1,
	       types ? 16 : 8);
	memcpy(rl_sample_make(s, "ignore", RL_U1, 1, (int64_t[]){2})->data, "\0\1", 2);
	memcpy(rl_sample_make(s, "masks", RL_JSON, 1, &size)->data, masks, sizeof(masks) - 1);
	memset(rl_sample_make(s, "segmentation", RL_U1, 2, (int64_t[]){height, WIDTH})->data,
	       number, (size_t)height * WIDTH);
}

int main(int argc, char **argv)
{
	const char *fault = argc > 2 ? argv[2] : "";
	bool types = !strcmp(fault, "types");
	int64_t channels = strcmp(fault, "grey") ? 3 : 1;
	int height = strcmp(fault, "planes") ? HEIGHT : HEIGHT - 1;
	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", make_head(types, channels));
	struct rl_sample s = {0};

	for (int i = 0; i < atoi(argv[1]); i++) {
		fill(&s, i, height, types, channels);
		rl_writer_put(out, &s);
	}
	rl_writer_close(out, 0);
	rl_sample_free(&s);
	return RL_EXIT_OK;
}
