/* rl-purity: how pure sets of images are, and how many images they cover. */
#include "base/err.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "eval/purity-input.h"
#include "stream/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-purity",
	.synopsis = "--labels MANIFEST [options] [SETS] > result.json",
	.summary = "Score sets of images that were found without labels by labels: the\n"
		   "purity-coverage curve.",
	.example = "rl-discover patches.tar | rl-purity --labels manifest.jsonl | jq .metrics",
};

enum { DRAWS = 100 };

static json_t *curve_of(const struct rl_purity *p, size_t sets)
{
	json_t *curve = json_array();

	for (size_t i = 0; i < sets; i++)
		json_array_append_new(curve, json_pack("[f,f]", p->coverage[i], p->purity[i]));
	return curve;
}

static json_t *metrics_of(const struct rl_purity *p, size_t sets, double chance)
{
	json_t *o = json_pack("{s:f, s:f}", "area", p->area, "area to 0.5", p->area_half);

	if (sets) {
		json_object_set_new(o, "purity", json_real(p->purity[sets - 1]));
		json_object_set_new(o, "coverage", json_real(p->coverage[sets - 1]));
		json_object_set_new(o, "chance", json_real(chance));
	}
	if (!isnan(p->at_half))
		json_object_set_new(o, "purity at 0.5", json_real(p->at_half));
	return o;
}

int main(int argc, char **argv)
{
	const char *labels = NULL, *row = "";
	int64_t top = 10;
	const struct rl_opt opts[] = {
		RL_OPT_STR("labels", &labels, "MANIFEST", "what the images show"),
		RL_OPT_INT("top", &top, 1, 1 << 20, "N", "the first images of each set count"),
		RL_OPT_STR("name", &row, "ROW", "what the result's \"name\" says"), RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first > 1)
		rl_die_usage("more than one operand: the sets are one file");
	if (!labels)
		rl_die_usage("--labels is needed");
	const char *path = first < argc ? argv[first] : "-";
	if (!strcmp(labels, "-") && !strcmp(path, "-"))
		rl_die_usage("standard input can be but one of the two");

	struct rl_labelled l = rl_labelled_read(labels);
	json_t *origin;
	size_t sets;
	struct rl_purity_set *set = rl_purity_sets_read(path, &l, (size_t)top, &sets, &origin);
	struct rl_purity p = rl_purity(set, sets, &l.shows);

	char *name = rl_utf8_clean(row);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);
	rl_json_print(json_pack(
		"{s:s, s:s, s:o, s:I, s:I, s:o, s:{s:I, s:s, s:s, s:s}, s:{s:o, s:O, s:O}}",
		"benchmark", "purity", "name", name, "metrics",
		metrics_of(&p, sets, rl_purity_chance(set, sets, &l.shows, DRAWS, 0)), "sets",
		(json_int_t)sets, "images", (json_int_t)l.shows.images, "curve", curve_of(&p, sets),
		"protocol", "top", (json_int_t)top, "purity",
		"share of a set's images that show its most frequent class; the curve has the mean "
		"of the purest sets so far",
		"coverage", "share of all images with labels that is in one of these sets", "area",
		"under the curve, a step function from coverage 0", "provenance", "sets", origin,
		"labels", l.provenance, "command", entry));

	json_decref(self);
	free(name);
	rl_purity_free(&p);
	rl_purity_sets_free(set, sets);
	rl_labelled_free(&l);
	return RL_EXIT_OK;
}
