/* rl-list: a data set's images and labels as manifest lines. */
#include "base/err.h"
#include "base/json.h"
#include "base/opt.h"
#include "data/imagefolder.h"
#include "data/voc.h"

static const struct rl_tool tool = {
	.name = "rl-list",
	.synopsis = "imagefolder DIR [--classes-of DIR] | voc07 DIR --set NAME  > manifest",
	.summary = "Check a data set on disk and print its manifest, one JSON object a line.",
	.example = "rl-list voc07 VOCdevkit --set trainval | rl-decode --short-side 256 | rl-info",
};

struct config {
	const char *classes_of;
	const char *set;
};

static void list_imagefolder(const char *dir, const struct config *c)
{
	struct rl_imagefolder d, other;

	if (c->set)
		rl_die_usage("--set is for voc07");
	rl_imagefolder_read(&d, dir);
	if (c->classes_of) {
		rl_imagefolder_read(&other, c->classes_of);
		rl_imagefolder_same_classes(&d, &other);
		rl_imagefolder_free(&other);
	}
	for (size_t i = 0; i < d.nfile; i++)
		rl_json_print(rl_imagefolder_record(&d, i));
	rl_imagefolder_free(&d);
}

static void list_voc07(const char *dir, const struct config *c)
{
	static const char *const sets[] = {"trainval", "test", "train", "val", NULL};
	struct rl_voc v;

	if (c->classes_of)
		rl_die_usage("--classes-of is for imagefolder");
	if (!c->set)
		rl_die_usage("voc07 needs --set");
	rl_voc_read(&v, dir, sets[rl_parse_choice(c->set, sets, "--set")]);
	for (size_t i = 0; i < v.nimage; i++)
		rl_json_print(rl_voc_record(&v, i));
	rl_voc_free(&v);
}

int main(int argc, char **argv)
{
	static const char *const formats[] = {"imagefolder", "voc07", NULL};
	struct config c = {0};
	const struct rl_opt opts[] = {
		RL_OPT_STR("classes-of", &c.classes_of, "DIR",
			   "fail unless DIR has the same class folders"),
		RL_OPT_STR("set", &c.set, "NAME", "trainval, test, train or val"),
		RL_OPT_END,
	};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first != 2)
		rl_die_usage("want a format and a directory");
	if (rl_parse_choice(argv[first], formats, "format") == 0)
		list_imagefolder(argv[first + 1], &c);
	else
		list_voc07(argv[first + 1], &c);
	return RL_EXIT_OK;
}
