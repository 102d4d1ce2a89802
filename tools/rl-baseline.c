/* rl-baseline: images in, features that nobody learned out. */
#include "base/err.h"
#include "base/progress.h"
#include "image/summary.h"
#include "stream/stream.h"

#include <string.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-baseline",
	.synopsis = "[options] < images > features",
	.summary =
		"Write small pixels and a colour histogram of each image: what learned features\n"
		"must be better than.",
	.example = "rl-list imagefolder photos/val | rl-decode --size 224x224 |\n"
		   "  rl-baseline > baseline.tar",
};

/* Replace the image. */
static void summarise(struct rl_sample *s, struct rl_resizer *r)
{
	const struct rl_tensor *t = rl_sample_get(s, "image", RL_U1, 3);
	const struct rl_image im = {(int)t->dim[0], (int)t->dim[1], t->data};
	float pixels[RL_PIXELS], colours[RL_COLOURS];

	if (t->dim[2] != 3 || t->dim[0] < 1 || t->dim[1] < 1 || t->dim[0] > RL_MAX_SIDE ||
	    t->dim[1] > RL_MAX_SIDE)
		rl_die("sample %.200s: not an RGB image", s->key);
	rl_pixels(&im, r, pixels);
	rl_colours(&im, colours);
	rl_sample_drop(s, "image");
	rl_sample_drop(s, "lighting");
	memcpy(rl_sample_make(s, "pixels", RL_F4, 1, (int64_t[]){RL_PIXELS})->data, pixels,
	       sizeof(pixels));
	memcpy(rl_sample_make(s, "colours", RL_F4, 1, (int64_t[]){RL_COLOURS})->data, colours,
	       sizeof(colours));
}

int main(int argc, char **argv)
{
	bool quiet = false;
	const struct rl_opt opts[] = {RL_OPT_FLAG("quiet", &quiet, "no progress on stderr"),
				      RL_OPT_END};

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("%s: unexpected operand: images come from standard input",
			     argv[argc - 1]);
	struct rl_reader *in = rl_reader_open("-");
	json_t *head = json_deep_copy(rl_reader_head(in));
	rl_head_history(head, &tool, argc, argv);
	json_object_set_new(head, "kind", json_string("features"));
	rl_head_drop_field(head, "image");
	rl_head_drop_field(head, "lighting");
	rl_head_field(head, "pixels", RL_F4, 1, (int64_t[]){RL_PIXELS}, NULL);
	rl_head_field(head, "colours", RL_F4, 1, (int64_t[]){RL_COLOURS}, NULL);

	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", head);
	struct rl_progress progress = rl_progress_start("images", 0, quiet);
	struct rl_resizer *r = rl_resizer_new();
	struct rl_sample s = {0};
	int64_t done = 0;
	while (rl_reader_next(in, &s)) {
		summarise(&s, r);
		rl_writer_put(out, &s);
		rl_progress_show(&progress, ++done);
	}
	rl_progress_end(&progress, done);
	rl_writer_close(out, rl_reader_skipped(in));
	rl_sample_free(&s);
	rl_resizer_free(r);
	return RL_EXIT_OK;
}
