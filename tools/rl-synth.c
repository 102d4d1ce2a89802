/* rl-synth: draw a labelled data set of a synthetic world. */
#include "base/err.h"
#include "base/file.h"
#include "base/opt.h"
#include "data/synth.h"

#include <errno.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-synth",
	.synopsis = "--out DIR --layout voc|coco|imagefolder|planted|noise [options]",
	.summary = "Draw a labelled data set of a synthetic world.",
	.example = "rl-synth --out world --layout voc --images 500 --val 500 && "
		   "rl-list voc07 world --set test | head",
};

int main(int argc, char **argv)
{
	static const char *const layouts[] = {"voc",     "coco",  "imagefolder",
					      "planted", "noise", NULL};
	static void (*const writers[])(const struct rl_synth_set *) = {
		rl_synth_write_voc, rl_synth_write_coco, rl_synth_write_imagefolder,
		rl_synth_write_planted, rl_synth_write_noise};
	const char *out = NULL, *layout = NULL, *size = "320x240", *categories = NULL;
	int64_t width, height;
	int64_t seed = 0, images = 100, val = 0, year = 0, threads = omp_get_max_threads();
	struct rl_synth_set set = {0};
	const struct rl_opt opts[] = {
		RL_OPT_STR("out", &out, "DIR", "directory to make; must not exist"),
		RL_OPT_STR("layout", &layout, "NAME", "voc, coco, imagefolder, planted or noise"),
		RL_OPT_INT("images", &images, 1, 10000000, "N", "pictures to train on"),
		RL_OPT_INT("val", &val, 0, 10000000, "M", "held-out pictures"),
		RL_OPT_STR("size", &size, "WxH", "pixels"),
		RL_OPT_INT("year", &year, 2007, 2012, "YEAR",
			   "of voc, 2007 or 2012; 2007 if not given"),
		RL_OPT_STR("categories", &categories, "A,B,...",
			   "only these, such as car,house; all twelve if not given"),
		RL_OPT_REAL("green-shift", &set.green_shift, -0.05, 0.05, "S",
			    "the lens: green is magnified by 1 + S about the middle"),
		RL_OPT_INT("seed", &seed, 0, INT64_MAX, "S", "which world"),
		RL_OPT_INT("threads", &threads, 1, 1024, "N", "pictures drawn at a time"),
		RL_OPT_FLAG("quiet", &set.quiet, "no progress on stderr"),
		RL_OPT_END,
	};
	struct stat st;

	if (rl_options(argc, argv, &tool, opts) != argc)
		rl_die_usage("no operands wanted");
	if (!out || !layout)
		rl_die_usage("--out and --layout are needed");
	int writer = rl_parse_choice(layout, layouts, "--layout");
	if (year && writers[writer] != rl_synth_write_voc)
		rl_die_usage("--year is for voc");
	if (year && year != 2007 && year != 2012)
		rl_die_usage("--year: %d: must be 2007 or 2012", (int)year);
	rl_parse_pair(size, 'x', 32, 4096, "--size", &width, &height);
	if (writers[writer] == rl_synth_write_imagefolder &&
	    (width > 4 * height || height > 4 * width))
		rl_die_usage("--size: %s: in so thin a picture no object fits; a side is at most 4 "
			     "times the other",
			     size);
	set.width = (int)width;
	set.height = (int)height;
	set.seed = (uint64_t)seed;
	set.cast = rl_synth_cast(categories);
	set.year = year ? (int)year : 2007;
	set.train = images;
	set.val = val;
	omp_set_num_threads((int)threads);

	/* The set is drawn aside and appears under its name when it is whole. */
	char *name = rl_asprintf("%.*s", rl_dir_length(out), out);
	if (!lstat(name, &st))
		rl_die("%s: exists already", name);
	char *aside = rl_asprintf("%s.partial-%ld", name, (long)getpid());
	rl_mkdirs(aside);
	set.dir = aside;
	writers[writer](&set);
	if (rename(aside, name))
		rl_die("%s: rename:", name);
	free(aside);
	free(name);
	return RL_EXIT_OK;
}
