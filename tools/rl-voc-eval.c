/* rl-voc-eval: average precision of boxes as VOC's detection challenge defines it. */
#include "base/err.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "eval/setup.h"
#include "eval/voc-ap.h"
#include "eval/voc-input.h"
#include "stream/stream.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

static const struct rl_tool tool = {
	.name = "rl-voc-eval",
	.synopsis = "--gt MANIFEST [options] [DETECTIONS...] > result.json",
	.summary = "Average precision of detected boxes as VOC defines it; from lines of "
		   "predictions or\nVOC's text files, one for each class.",
	.example = "rl-list voc VOCdevkit --year 2007 --set test >test.jsonl\n"
		   "  rl-voc-eval --gt test.jsonl results/comp4_det_test_*.txt | jq .metrics",
};

struct config {
	const char *gt, *weights, *name;
	int64_t threads;
};

/* IoU thresholds by index. */
static const struct {
	const char *name;
	int first, last;
} means[] = {{"AP50", 0, 0}, {"AP75", 5, 5}, {"AP", 0, RL_VOC_IOUS - 1}};

static void put(json_t *o, const char *name, double ap)
{
	json_object_set_new(o, name, isnan(ap) ? json_null() : json_real(100 * ap));
}

static json_t *metrics(const struct rl_voc_ap *ap)
{
	json_t *o = json_object();
	char name[32];

	for (size_t i = 0; i < 2 * RL_LEN(means); i++) {
		size_t m = i % RL_LEN(means);
		bool area = i >= RL_LEN(means);

		snprintf(name, sizeof(name), "%s %s", means[m].name, area ? "area" : "11-point");
		put(o, name,
		    rl_voc_mean(area ? ap->area : ap->eleven, ap->nclass, means[m].first,
				means[m].last));
	}
	return o;
}

/* AP50 of each. */
static json_t *per_class(const double *ap, const struct rl_catalogue *names)
{
	json_t *o = json_object();

	for (size_t k = 0; k < names->nclass; k++)
		put(o, names->classes[k], ap[k * RL_VOC_IOUS]);
	return o;
}

static json_t *protocol(void)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s}", "metrics",
		"mean over classes with an object that is not difficult, percent: AP50 at IoU .5, "
		"AP75 at "
		".75, AP over .5:.05:.95",
		"11-point",
		"VOC2007's, over recall 0, .1 ... 1; AP50 11-point is MMDetection's mAP on VOC07",
		"area", "VOC2010's, under the curve made monotone", "matching",
		"a detection belongs to the object it overlaps most; IoU >= threshold, boxes of x2 "
		"- x1 + "
		"1 pixels; a second one of an object is wrong",
		"difficult", "neither missed, nor are detections of them right or wrong");
}

static json_t *provenance(const struct rl_text *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, rl_text_provenance(&texts[i]));
	return list;
}

int main(int argc, char **argv)
{
	struct config c = {.name = "", .threads = omp_get_max_threads()};
	const struct rl_opt opts[] = {
		RL_OPT_STR("gt", &c.gt, "FILE", "manifest with boxes: what there is to find"),
		RL_OPT_STR("weights", &c.weights, "FILE",
			   "of the detector: what they say of it goes into the result"),
		RL_OPT_STR("name", &c.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "that compare"), RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (!c.gt)
		rl_die_usage("--gt is needed");
	omp_set_num_threads((int)c.threads);

	struct rl_text gt = rl_text_read(c.gt);
	size_t n = first < argc ? (size_t)(argc - first) : 1;
	struct rl_text *texts = rl_calloc(n, sizeof(*texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = rl_text_read(first < argc ? argv[first + (int)i] : "-");
	struct rl_voc_truth truth = rl_voc_truth_read(&gt);
	struct rl_detections found = rl_voc_detections(texts, n, &truth.names);

	struct rl_voc_ap ap =
		rl_voc_ap(&(struct rl_voc_task){truth.names.nimage, truth.names.nclass,
						truth.objects, truth.nobject, found.all, found.n});
	if (isnan(rl_voc_mean(ap.area, ap.nclass, 0, 0)))
		rl_die("%s: no object that is not difficult: there is nothing to find", gt.path);
	char *name = rl_utf8_clean(c.name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);
	if (c.weights)
		rl_history_input(entry, c.weights);
	rl_json_print(json_pack(
		"{s:s, s:s, s:o, s:{s:o, s:o}, s:o, s:o, s:{s:o, s:o, s:O*, s:O}}", "benchmark",
		"voc-detection", "name", name, "metrics", metrics(&ap), "per_class",
		"AP50 11-point", per_class(ap.eleven, &truth.names), "AP50 area",
		per_class(ap.area, &truth.names), "setup",
		rl_setup_of_detector(c.weights, found.by, (int64_t)truth.names.nimage,
				     (int64_t)truth.names.nclass),
		"protocol", protocol(), "provenance", "gt", rl_text_provenance(&gt), "detections",
		provenance(texts, n), "detector", found.by, "command", entry));

	json_decref(self);
	free(name);
	rl_voc_ap_free(&ap);
	rl_detections_free(&found);
	rl_voc_truth_free(&truth);
	for (size_t i = 0; i < n; i++)
		rl_text_free(&texts[i]);
	free(texts);
	rl_text_free(&gt);
	return RL_EXIT_OK;
}
