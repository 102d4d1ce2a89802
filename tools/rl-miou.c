/* rl-miou: mean intersection over union of predicted classes of pixels. */
#include "base/err.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "eval/confusion.h"
#include "eval/segmented.h"
#include "eval/setup.h"
#include "stream/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct rl_tool tool = {
	.name = "rl-miou",
	.synopsis = "[--gt FILE] [options] [PREDICTIONS] > result.json",
	.summary = "Mean intersection over union and accuracy of predicted classes of pixels, as "
		   "MMSegmentation\ncomputes them; from a stream of both, or truth and predictions "
		   "apart, also in PNG files.",
	.example = "rl-list voc12aug VOCdevkit --set val | rl-decode |\n"
		   "  rl-segment predict --weights w.safetensors | rl-miou | jq .metrics",
};

struct config {
	const char *gt, *weights, *name;
	bool relabel, confusion;
};

static json_t *percent(double share)
{
	return isnan(share) ? json_null() : json_real(100 * share);
}

static json_t *metrics(const struct rl_confusion_scores *s)
{
	return json_pack("{s:o, s:o, s:o}", "mIoU", percent(s->mean_iou), "mAcc",
			 percent(s->mean_accuracy), "aAcc", percent(s->all_accuracy));
}

static json_t *per_class(const double *scores, const struct rl_catalogue *names)
{
	json_t *o = json_object();

	for (size_t k = 0; k < names->nclass; k++)
		json_object_set_new(o, names->classes[k], percent(scores[k]));
	return o;
}

/* Rows are true classes, columns predicted ones, the last of no class. */
static json_t *confusion(const struct rl_confusion *c, size_t nclass)
{
	json_t *rows = json_array();

	for (size_t k = 0; k < nclass; k++) {
		json_t *row = json_array();

		for (size_t j = 0; j <= nclass; j++)
			json_array_append_new(row, json_integer((json_int_t)rl_confusion_pixels(
							   c, k, j < nclass ? j : RL_NO_CLASS)));
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *protocol(void)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "metrics",
			 "percent, of all images' pixels together: mIoU and mAcc are means over "
			 "the classes that have one, aAcc is over pixels",
			 "ignored", "pixels whose truth is 255", "no class",
			 "a prediction of 255 is wrong, and in no class's union but the truth's",
			 "per_class",
			 "null: no pixel of it, nor, for IoU, a prediction of it where there is a "
			 "truth");
}

int main(int argc, char **argv)
{
	struct config c = {.name = ""};
	const struct rl_opt opts[] = {
		RL_OPT_STR("gt", &c.gt, "FILE",
			   "the truth, a manifest or a stream; unless said, it is in the "
			   "predictions' stream"),
		RL_OPT_FLAG("relabel", &c.relabel,
			    "PNG files of predictions are numbered as the truth's files are"),
		RL_OPT_STR("weights", &c.weights, "FILE",
			   "of the network: what they say of it goes into the result"),
		RL_OPT_STR("name", &c.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_FLAG("confusion", &c.confusion,
			    "how many pixels of each class were given "
			    "which"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first > 1)
		rl_die_usage("more than one operand: predictions are one stream or folder");

	const char *predictions = first < argc ? argv[first] : "-";
	if (c.gt && !strcmp(c.gt, "-") && !strcmp(predictions, "-"))
		rl_die_usage("standard input can be but one of the two");

	/* count */
	struct rl_segmented maps = rl_segmented_open(c.gt, predictions, c.relabel);
	struct rl_confusion *counts = rl_confusion_new();
	size_t nclass = maps.names.nclass;
	while (rl_segmented_next(&maps))
		rl_confusion_add(counts, maps.truth, maps.prediction, maps.pixels);
	struct rl_confusion_scores s = rl_confusion_scores(counts, nclass);
	if (!s.pixels)
		rl_die("%s: no pixel has a class: there is nothing to compare with", maps.where);

	/* say */
	char *name = rl_utf8_clean(c.name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);
	json_t *provenance = rl_segmented_provenance(&maps);
	if (c.weights)
		rl_history_input(entry, c.weights);
	json_object_set(provenance, "command", entry);
	rl_json_print(json_pack("{s:s, s:s, s:o, s:{s:o, s:o}, s:I, s:o*, s:o, s:o, s:o}",
				"benchmark", "segmentation", "name", name, "metrics", metrics(&s),
				"per_class", "IoU", per_class(s.iou, &maps.names), "accuracy",
				per_class(s.accuracy, &maps.names), "pixels", (json_int_t)s.pixels,
				"confusion", c.confusion ? confusion(counts, nclass) : NULL,
				"setup",
				rl_setup_of_segmenter(c.weights, rl_segmented_history(&maps),
						      (int64_t)maps.n, (int64_t)nclass),
				"protocol", protocol(), "provenance", provenance));

	json_decref(self);
	free(name);
	rl_confusion_scores_free(&s);
	rl_confusion_free(counts);
	rl_segmented_close(&maps);
	return RL_EXIT_OK;
}
