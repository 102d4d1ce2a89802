/* rl-list: a data set's images and labels as manifest lines. */
#include "base/err.h"
#include "base/json.h"
#include "base/opt.h"
#include "data/detectionset.h"
#include "data/imagefolder.h"
#include "data/imagenet.h"
#include "data/inat18.h"
#include "data/places205.h"
#include "data/segmentationset.h"
#include "data/voc.h"

#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-list",
	.synopsis = "FORMAT DIR [options] > manifest",
	.summary = "Check a data set on disk and print its manifest, one JSON object a line.  "
		   "Formats:\nimagefolder, imagenet, places205, inat18, voc07 with labels; voc, "
		   "coco with objects;\nvoc12aug, cityscapes with classes of pixels.",
	.example = "rl-list voc07 VOCdevkit --set trainval | rl-decode --short-side 256 | rl-info",
};

struct config {
	const char *classes_of, *set, *list, *subset;
	int64_t classes, year;
	bool for_training;
};

static void print_images(struct rl_imageset *s)
{
	for (size_t i = 0; i < s->nfile; i++)
		rl_json_print(rl_imageset_record(s, i));
	rl_imageset_free(s);
}

static bool is_val(const struct config *c)
{
	static const char *const sets[] = {"train", "val", NULL};

	return rl_parse_choice(c->set, sets, "--set");
}

static size_t classes(const struct config *c, size_t all)
{
	return c->classes ? (size_t)c->classes : all;
}

static void list_imagefolder(const char *dir, const struct config *c)
{
	struct rl_imageset s, other;

	rl_imagefolder_read(&s, dir);
	if (c->classes_of) {
		rl_imagefolder_read(&other, c->classes_of);
		rl_imageset_same_classes(&s, &other);
		rl_imageset_free(&other);
	}
	print_images(&s);
}

static void list_imagenet(const char *dir, const struct config *c)
{
	struct rl_imageset s;

	if (c->subset && is_val(c))
		rl_die_usage("--subset is for --set train");
	rl_imagenet_read(&s, &(struct rl_imagenet_wish){dir, is_val(c), c->list, c->subset,
							classes(c, RL_IMAGENET_CLASSES)});
	print_images(&s);
}

static void list_places205(const char *dir, const struct config *c)
{
	struct rl_imageset s;

	rl_places205_read(&s, dir, is_val(c), classes(c, RL_PLACES205_CLASSES));
	print_images(&s);
}

static void list_inat18(const char *dir, const struct config *c)
{
	struct rl_imageset s;

	rl_inat18_read(&s, dir, is_val(c), classes(c, RL_INAT18_CLASSES));
	print_images(&s);
}

static const char *voc_set(const struct config *c)
{
	static const char *const sets[] = {"trainval", "test", "train", "val", NULL};

	return sets[rl_parse_choice(c->set, sets, "--set")];
}

static void list_voc07(const char *dir, const struct config *c)
{
	struct rl_voc v;

	rl_voc_read(&v, dir, voc_set(c));
	for (size_t i = 0; i < v.nimage; i++)
		rl_json_print(rl_voc_record(&v, i));
	rl_voc_free(&v);
}

static void list_voc(const char *dir, const struct config *c)
{
	rl_list_voc(dir, (int)c->year, voc_set(c), c->for_training);
}

static void list_coco(const char *dir, const struct config *c)
{
	if (!*c->set || strchr(c->set, '/'))
		rl_die_usage("--set: \"%s\": not the name of a set", c->set);
	rl_list_coco(dir, c->set, c->for_training);
}

static void list_voc12aug(const char *dir, const struct config *c)
{
	static const char *const sets[] = {"train", "val", "trainaug", NULL};

	rl_list_voc12aug(dir, sets[rl_parse_choice(c->set, sets, "--set")]);
}

static void list_cityscapes(const char *dir, const struct config *c)
{
	rl_list_cityscapes(dir, is_val(c) ? "val" : "train");
}

static const struct format {
	const char *name;
	void (*list)(const char *dir, const struct config *c);
	const char *takes; /* options */
} formats[] = {
	{"imagefolder", list_imagefolder, "--classes-of"},
	{"imagenet", list_imagenet, "--set --classes --list --subset"},
	{"places205", list_places205, "--set --classes"},
	{"inat18", list_inat18, "--set --classes"},
	{"voc07", list_voc07, "--set"},
	{"voc", list_voc, "--year --set --for-training"},
	{"coco", list_coco, "--set --for-training"},
	{"voc12aug", list_voc12aug, "--set"},
	{"cityscapes", list_cityscapes, "--set"},
};

static const struct format *format_of(const char *name)
{
	const char *names[RL_LEN(formats) + 1] = {NULL};

	for (size_t i = 0; i < RL_LEN(formats); i++)
		names[i] = formats[i].name;
	return &formats[rl_parse_choice(name, names, "format")];
}

static bool takes(const struct format *f, const char *option)
{
	size_t n = strlen(option);

	for (const char *p = f->takes; (p = strstr(p, option)); p += n)
		if (!p[n] || p[n] == ' ')
			return true;
	return false;
}

/* An option that a format does not know would be ignored, and --set and --year, which it needs,
 * missed. */
static void check_options(const struct format *f, const struct config *c)
{
	const struct {
		const char *name;
		bool given;
	} options[] = {{"--classes-of", c->classes_of},
		       {"--set", c->set},
		       {"--list", c->list},
		       {"--subset", c->subset},
		       {"--classes", c->classes},
		       {"--year", c->year},
		       {"--for-training", c->for_training}};

	for (size_t i = 0; i < RL_LEN(options); i++)
		if (options[i].given && !takes(f, options[i].name))
			rl_die_usage("%s is not for %s", options[i].name, f->name);
	if (!c->set && takes(f, "--set"))
		rl_die_usage("%s needs --set", f->name);
	if (!c->year && takes(f, "--year"))
		rl_die_usage("%s needs --year", f->name);
}

int main(int argc, char **argv)
{
	struct config c = {0};
	const struct rl_opt opts[] = {
		RL_OPT_STR("classes-of", &c.classes_of, "DIR",
			   "fail unless DIR has the same class folders (imagefolder)"),
		RL_OPT_STR("set", &c.set, "NAME",
			   "train or val; of voc07 and voc also trainval or test; of voc12aug also "
			   "trainaug; of coco such as train2017"),
		RL_OPT_STR("list", &c.list, "FILE",
			   "paths and labels, instead of the tree (imagenet)"),
		RL_OPT_STR("subset", &c.subset, "FILE",
			   "only the images that FILE names (imagenet)"),
		RL_OPT_INT("classes", &c.classes, 1, INT32_MAX, "N",
			   "how many there are; the benchmark's number if not given"),
		RL_OPT_INT("year", &c.year, 1, 9999, "YEAR", "2007 or 2012 (voc)"),
		RL_OPT_FLAG("for-training", &c.for_training,
			    "without images that have no objects or are narrow (voc, coco)"),
		RL_OPT_END,
	};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first != 2)
		rl_die_usage("want a format and a directory");
	const struct format *f = format_of(argv[first]);
	check_options(f, &c);
	f->list(argv[first + 1], &c);
	return RL_EXIT_OK;
}
