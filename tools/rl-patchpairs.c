/* rl-patchpairs: images to the patches of relative location. */
#include "base/err.h"
#include "base/opt.h"
#include "base/progress.h"
#include "data/decoded.h"
#include "image/grids.h"
#include "image/patches.h"
#include "stream/stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-patchpairs",
	.synopsis = "[options] < images > patches",
	.summary = "Cut each image into the patches of relative location: nine shaken ones, or the "
		   "paper's grids.",
	.example = "rl-decode --short-side 292 < manifest | rl-patchpairs --seed 7 |\n"
		   "  rl-draw --sheet patches.png",
};

enum recipe { MMSELFSUP, KOLESNIKOV, DOERSCH };
static const char *const recipes[] = {"mmselfsup", "kolesnikov", "doersch", NULL};
static const char *const colours[] = {"dropping", "projection", "none", NULL};

struct config {
	const char *recipe_name, *colour_name;
	enum recipe recipe;
	struct rl_patch_recipe nine;
	struct rl_grid_recipe grids;
	int64_t crop, patch, number, seed; /* 0: not said */
	double grey, mirror;               /* -1: not said */
	bool turn, eval, skip_bad, quiet;
};

/* ---- options ----------------------------------------------------------------------------------
 */

static void check(bool given, const char *option, const char *recipe)
{
	if (given)
		rl_die_usage("%s is not for --recipe %s", option, recipe);
}

static void settle_grids(struct config *c)
{
	const char *name = c->recipe_name;

	check(c->crop, "--crop", name);
	check(c->patch, "--patch", name);
	check(c->grey >= 0, "--grey", name);
	c->grids = (struct rl_grid_recipe){
		.colour = c->colour_name ? (enum rl_grid_colour)rl_parse_choice(c->colour_name,
										colours, "--colour")
					 : RL_COLOUR_DROPPING,
		.grids = c->number ? (int)c->number : 4,
		.resample = c->eval ? 0 : 0.33,
		.mirror = c->mirror < 0 || c->eval ? 0 : c->mirror,
		.turn = c->turn && !c->eval,
		.seed = (uint64_t)c->seed};
}

static void settle_nine(struct config *c)
{
	const char *name = c->recipe_name;

	check(c->colour_name, "--colour", name);
	check(c->number, "--grids", name);
	check(c->mirror >= 0, "--mirror", name);
	check(c->turn, "--turn", name);
	c->nine = (struct rl_patch_recipe){.crop = c->crop ? (int)c->crop : 255,
					   .patch = c->patch ? (int)c->patch : 64,
					   .grey = c->grey < 0 ? 0.66 : c->grey,
					   .eval = c->eval,
					   .seed = (uint64_t)c->seed};
	if (c->nine.patch > c->nine.crop / RL_PATCH_GRID)
		rl_die_usage("--patch %d: larger than a third of --crop %d", c->nine.patch,
			     c->nine.crop);
}

/* ---- head -------------------------------------------------------------------------------------
 */

/* What becomes of an image, in rl-augment's words and a few more. */
static json_t *view(const struct config *c)
{
	const struct rl_patch_recipe *n = &c->nine;
	const char *more = c->recipe == KOLESNIKOV ? " standardise" : "";

	if (c->recipe == DOERSCH)
		return json_sprintf("grids=%d colour=%s%s mirror=%.10g%s", c->grids.grids,
				    colours[c->grids.colour],
				    c->grids.resample > 0 ? " resample" : "", c->grids.mirror,
				    c->grids.turn ? " turn" : "");
	if (n->eval)
		return json_sprintf("center-crop=%d patches=%d%s", n->crop, n->patch, more);
	return json_sprintf("random-crop=%d grey=%.10g patches=%d%s", n->crop, n->grey, n->patch,
			    more);
}

static json_t *make_head(const struct rl_reader *in, const struct config *c, int argc, char **argv)
{
	static const char *const made[] = {"patches", "pairs"};
	const json_t *theirs = rl_reader_head(in);
	json_t *head = json_deep_copy(theirs);

	if (!rl_head_has_field(theirs, "image"))
		rl_die("stdin: no field image, which is to be cut");
	for (size_t i = 0; i < RL_LEN(made); i++)
		if (rl_head_has_field(theirs, made[i]))
			rl_die("stdin: has a field %s already", made[i]);
	if (rl_head_has_field(theirs, "lighting"))
		rl_die("stdin: has a field lighting, which patches of 8 bits cannot hold");
	json_object_set_new(head, "kind", json_string("patches"));
	rl_head_drop_field(head, "image");
	if (c->recipe == DOERSCH) {
		rl_head_field(head, "patches", RL_F4, 4,
			      (int64_t[]){-1, RL_GRID_PATCH, RL_GRID_PATCH, 3},
			      (const char *[]){"M"});
		rl_head_field(head, "pairs", RL_I4, 2, (int64_t[]){-1, 3}, (const char *[]){"K"});
	} else {
		rl_head_field(head, "patches", c->recipe == KOLESNIKOV ? RL_F4 : RL_U1, 4,
			      (int64_t[]){RL_PATCHES, c->nine.patch, c->nine.patch, 3}, NULL);
	}
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	json_object_set_new(entry, "seed", json_integer(c->seed));
	json_object_set_new(entry, "view", view(c));
	return head;
}

/* ---- cutting ----------------------------------------------------------------------------------
 */

static bool cut_nine(struct rl_sample *s, const struct config *c, char why[RL_WHY])
{
	const struct rl_patch_recipe *recipe = &c->nine;
	const int64_t shape[] = {RL_PATCHES, recipe->patch, recipe->patch, 3};
	const size_t bytes = (size_t)(3 * recipe->patch * recipe->patch);
	const struct rl_tensor *t = rl_sample_get(s, "image", RL_U1, 3);

	if (t->dim[2] != 3 || t->dim[0] < recipe->crop || t->dim[1] < recipe->crop ||
	    t->dim[0] > 1 << 24 || t->dim[1] > 1 << 24) {
		snprintf(why, RL_WHY,
			 "the image is %lld x %lld pixels of %lld colours, too small for a crop of "
			 "%d (rl-decode --short-side 292 makes it larger)",
			 (long long)t->dim[1], (long long)t->dim[0], (long long)t->dim[2],
			 recipe->crop);
		return false;
	}
	const struct rl_image im = {(int)t->dim[0], (int)t->dim[1], t->data};
	if (c->recipe == MMSELFSUP) {
		rl_patches(recipe, &im, rl_sample_epoch(s), s->key,
			   rl_sample_make(s, "patches", RL_U1, 4, shape)->data);
		return true;
	}
	uint8_t *levels = rl_malloc(RL_PATCHES * bytes);
	rl_patches(recipe, &im, rl_sample_epoch(s), s->key, levels);
	rl_patches_standardise(levels, RL_PATCHES, bytes,
			       rl_sample_make(s, "patches", RL_F4, 4, shape)->data);
	free(levels);
	return true;
}

static bool cut_grids(struct rl_sample *s, const struct config *c, struct rl_resizer *r,
		      struct rl_grids *grids, char why[RL_WHY])
{
	const struct rl_image im = rl_decoded_image(s);

	if (!rl_grids_cut(&c->grids, r, &im, rl_sample_epoch(s), s->key, grids, why))
		return false;
	struct rl_tensor *patches =
		rl_sample_make(s, "patches", RL_F4, 4,
			       (int64_t[]){grids->patches, RL_GRID_PATCH, RL_GRID_PATCH, 3});
	memcpy(patches->data, grids->pixels, rl_tensor_bytes(patches));
	struct rl_tensor *pairs =
		rl_sample_make(s, "pairs", RL_I4, 2, (int64_t[]){grids->pairs, 3});
	memcpy(pairs->data, grids->pair, rl_tensor_bytes(pairs));
	return true;
}

int main(int argc, char **argv)
{
	struct config c = {.recipe_name = recipes[MMSELFSUP], .grey = -1, .mirror = -1};
	const struct rl_opt opts[] = {
		RL_OPT_STR("recipe", &c.recipe_name, "NAME", "mmselfsup, kolesnikov or doersch"),
		RL_OPT_INT("crop", &c.crop, 3, 16384, "N",
			   "side of the random crop; 255 if not given"),
		RL_OPT_INT("patch", &c.patch, 1, 5461, "N",
			   "side of a patch, at most a third of it; 64 if not given"),
		RL_OPT_REAL("grey", &c.grey, 0, 1, "P",
			    "probability that an image turns grey; 0.66 if not given"),
		RL_OPT_STR("colour", &c.colour_name, "HOW",
			   "doersch: dropping (unless said), projection or none"),
		RL_OPT_INT("grids", &c.number, 1, 64, "N",
			   "doersch: grids an image; 4 if not given"),
		RL_OPT_REAL("mirror", &c.mirror, 0, 1, "P",
			    "doersch: probability that a grid is mirrored, labels with it"),
		RL_OPT_FLAG("turn", &c.turn, "doersch: grids by random quarter turns, too"),
		RL_OPT_FLAG("eval", &c.eval,
			    "as held-out images are cut: from the centre, never grey, not mirrored "
			    "or resampled"),
		RL_OPT_INT("seed", &c.seed, 0, 0x1p53, "S", "of all that is drawn"),
		RL_OPT_FLAG("skip-bad", &c.skip_bad,
			    "log and count images that are too small, and go on"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END,
	};
	int64_t done = 0, skipped = 0;
	struct rl_sample s = {0};
	struct rl_grids grids = {0};
	char why[RL_WHY];

	if (rl_options(argc, argv, &tool, opts) < argc)
		rl_die_usage("no operands: images come on standard input");
	c.recipe = (enum recipe)rl_parse_choice(c.recipe_name, recipes, "--recipe");
	(c.recipe == DOERSCH ? settle_grids : settle_nine)(&c);
	struct rl_reader *in = rl_reader_new(STDIN_FILENO, "stdin");
	struct rl_writer *out =
		rl_writer_new(STDOUT_FILENO, "stdout", make_head(in, &c, argc, argv));
	struct rl_resizer *resizer = rl_resizer_new();

	struct rl_progress progress = rl_progress_start("images", 0, c.quiet);
	while (rl_reader_next(in, &s)) {
		const bool good = c.recipe == DOERSCH ? cut_grids(&s, &c, resizer, &grids, why)
						      : cut_nine(&s, &c, why);

		if (good) {
			rl_sample_drop(&s, "image");
			rl_writer_put(out, &s);
		} else if (c.skip_bad) {
			rl_warn("sample %.200s: %s: skipped", s.key, why);
			skipped++;
		} else {
			rl_die("sample %.200s: %s", s.key, why);
		}
		rl_progress_show(&progress, ++done);
	}
	rl_writer_close(out, rl_reader_skipped(in) + skipped);
	rl_progress_end(&progress, done);

	rl_grids_free(&grids);
	rl_resizer_free(resizer);
	rl_reader_close(in);
	rl_sample_free(&s);
	return RL_EXIT_OK;
}
