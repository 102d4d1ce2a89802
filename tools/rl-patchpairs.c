/* rl-patchpairs: images to the nine patches of relative location. */
#include "base/err.h"
#include "base/opt.h"
#include "base/progress.h"
#include "image/patches.h"
#include "stream/stream.h"

#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-patchpairs",
	.synopsis = "[options] < images > patches",
	.summary = "Cut each image into the nine shaken patches of relative location.",
	.example = "rl-decode --short-side 292 < manifest | rl-patchpairs --seed 7 | rl-info",
};

struct config {
	int64_t crop, patch, seed;
	double grey;
	bool eval, quiet;
};

/* What becomes of an image, in rl-augment's words and one more. */
static json_t *view(const struct config *c)
{
	if (c->eval)
		return json_sprintf("center-crop=%lld patches=%lld", (long long)c->crop,
				    (long long)c->patch);
	return json_sprintf("random-crop=%lld grey=%.10g patches=%lld", (long long)c->crop, c->grey,
			    (long long)c->patch);
}

static json_t *make_head(const struct rl_reader *in, const struct config *c, int argc, char **argv)
{
	const json_t *theirs = rl_reader_head(in);
	json_t *head = json_deep_copy(theirs);

	if (!rl_head_has_field(theirs, "image"))
		rl_die("stdin: no field image, which is to be cut");
	if (rl_head_has_field(theirs, "patches"))
		rl_die("stdin: has a field patches already");
	if (rl_head_has_field(theirs, "lighting"))
		rl_die("stdin: has a field lighting, which patches of 8 bits cannot hold");
	json_object_set_new(head, "kind", json_string("patches"));
	rl_head_drop_field(head, "image");
	rl_head_field(head, "patches", RL_U1, 4, (int64_t[]){RL_PATCHES, c->patch, c->patch, 3},
		      NULL);
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	json_object_set_new(entry, "seed", json_integer(c->seed));
	json_object_set_new(entry, "view", view(c));
	return head;
}

static void cut(struct rl_sample *s, const struct rl_patch_recipe *recipe)
{
	/* First the new field: making one may move the others. */
	struct rl_tensor *patches = rl_sample_make(
		s, "patches", RL_U1, 4, (int64_t[]){RL_PATCHES, recipe->patch, recipe->patch, 3});
	struct rl_tensor *t = rl_sample_get(s, "image", RL_U1, 3);

	if (t->dim[2] != 3 || t->dim[0] < recipe->crop || t->dim[1] < recipe->crop ||
	    t->dim[0] > 1 << 24 || t->dim[1] > 1 << 24)
		rl_die("sample %.200s: the image is %lld x %lld pixels of %lld colours, too small "
		       "for a crop of %d (rl-decode --short-side 292 makes it larger)",
		       s->key, (long long)t->dim[1], (long long)t->dim[0], (long long)t->dim[2],
		       recipe->crop);
	struct rl_image im = {(int)t->dim[0], (int)t->dim[1], t->data};
	rl_patches(recipe, &im, rl_sample_epoch(s), s->key, patches->data);
	rl_sample_drop(s, "image");
}

int main(int argc, char **argv)
{
	struct config c = {.crop = 255, .patch = 64, .grey = 0.66};
	const struct rl_opt opts[] = {
		RL_OPT_INT("crop", &c.crop, 3, 16384, "N", "side of the random crop"),
		RL_OPT_INT("patch", &c.patch, 1, 5461, "N",
			   "side of a patch, at most a third of it"),
		RL_OPT_REAL("grey", &c.grey, 0, 1, "P", "probability that an image turns grey"),
		RL_OPT_FLAG("eval", &c.eval, "crop from the centre, never grey"),
		RL_OPT_INT("seed", &c.seed, 0, 0x1p53, "S", "of crop, grey and offsets"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END,
	};
	int64_t done = 0;
	struct rl_sample s = {0};

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("no operands: images come on standard input");
	if (c.patch > c.crop / RL_PATCH_GRID)
		rl_die_usage("--patch %lld: larger than a third of --crop %lld", (long long)c.patch,
			     (long long)c.crop);
	const struct rl_patch_recipe recipe = {.crop = (int)c.crop,
					       .patch = (int)c.patch,
					       .grey = c.grey,
					       .eval = c.eval,
					       .seed = (uint64_t)c.seed};
	struct rl_reader *in = rl_reader_new(STDIN_FILENO, "stdin");
	struct rl_writer *out =
		rl_writer_new(STDOUT_FILENO, "stdout", make_head(in, &c, argc, argv));

	struct rl_progress progress = rl_progress_start("images", 0, c.quiet);
	while (rl_reader_next(in, &s)) {
		cut(&s, &recipe);
		rl_writer_put(out, &s);
		rl_progress_show(&progress, ++done);
	}
	rl_writer_close(out, rl_reader_skipped(in));
	rl_progress_end(&progress, done);

	rl_reader_close(in);
	rl_sample_free(&s);
	return RL_EXIT_OK;
}
