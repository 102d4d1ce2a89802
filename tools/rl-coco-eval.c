/* rl-coco-eval: average precision of boxes and masks as COCO computes it. */
#include "base/err.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "eval/coco-ap.h"
#include "eval/coco-input.h"
#include "eval/setup.h"
#include "stream/stream.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

static const struct rl_tool tool = {
	.name = "rl-coco-eval",
	.synopsis = "--gt INSTANCES.json [options] [DETECTIONS] > result.json",
	.summary = "Average precision and recall of detections, boxes and masks, as COCO's own "
		   "evaluation\ncomputes them; from lines of predictions or COCO's results.",
	.example =
		"rl-coco-eval --gt annotations/instances_val2017.json results.json | jq .metrics",
};

struct config {
	const char *gt, *weights, *name;
	int64_t threads;
};

struct result {
	json_t *metrics, *per_class;
};

/* Put what is said of boxes, or of masks, into the result. */
static void evaluate(struct result *r, const struct rl_coco *coco, struct rl_coco_task *task,
		     const char *what)
{
	struct rl_coco_ap ap = rl_coco_ap(task);
	double number[RL_COCO_NUMBERS];
	json_t *classes = json_object();
	char name[32];

	rl_coco_numbers(&ap, number);
	for (int i = 0; i < RL_COCO_NUMBERS; i++) {
		snprintf(name, sizeof(name), "%s %s", what, rl_coco_number_names[i]);
		if (!isnan(number[i]))
			json_object_set_new(r->metrics, name, json_real(100 * number[i]));
	}
	for (size_t k = 0; k < coco->ncategory; k++) {
		double value = rl_coco_class_ap(&ap, k);

		json_object_set_new(classes, coco->categories[k].name,
				    isnan(value) ? json_null() : json_real(100 * value));
	}
	snprintf(name, sizeof(name), "%s AP", what);
	json_object_set_new(r->per_class, name, classes);
	rl_coco_ap_free(&ap);
}

static void need_objects(const struct rl_coco *coco, const char *path)
{
	for (size_t i = 0; i < coco->nannotation; i++)
		if (!coco->annotations[i].crowd)
			return;
	rl_die("%s: no object that is not a crowd: there is nothing to find", path);
}

static json_t *protocol(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "metrics",
			 "COCO's: AP over IoU .50:.05:.95 and 101 recalls, AR at 1, 10, 100 "
			 "detections; percent; "
			 "what has no object to be found is left out",
			 "detections", "the 100 of highest score of each image and class", "crowds",
			 "ignored; overlap is over the detection's area", "areas",
			 "small to 32^2, medium to 96^2, large: objects' as annotated, detections' "
			 "the box's or "
			 "the mask's own",
			 "ties",
			 "equal scores in the order given; of equal overlaps the last object",
			 "per_class", "AP; null where there is no object");
}

static void print_result(const struct config *c, struct result *r, const struct rl_coco *coco,
			 const struct rl_text *gt, const struct rl_text *text, const json_t *by,
			 int argc, char **argv)
{
	char *name = rl_utf8_clean(c->name);
	json_t *self = rl_head_new("result"), *entry = rl_head_history(self, &tool, argc, argv);

	if (c->weights)
		rl_history_input(entry, c->weights);
	rl_json_print(json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:O*, s:O}}",
				"benchmark", "coco-detection", "name", name, "metrics", r->metrics,
				"per_class", r->per_class, "setup",
				rl_setup_of_detector(c->weights, by, (int64_t)coco->nimage,
						     (int64_t)coco->ncategory),
				"protocol", protocol(), "provenance", "gt", rl_text_provenance(gt),
				"detections", rl_text_provenance(text), "detector", by, "command",
				entry));
	json_decref(self);
	free(name);
}

int main(int argc, char **argv)
{
	struct config c = {.name = "", .threads = omp_get_max_threads()};
	const struct rl_opt opts[] = {
		RL_OPT_STR("gt", &c.gt, "FILE", "COCO's instances: what there is to find"),
		RL_OPT_STR("weights", &c.weights, "FILE",
			   "of the detector: what they say of it goes into the result"),
		RL_OPT_STR("name", &c.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "that compare"), RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (!c.gt)
		rl_die_usage("--gt is needed");
	if (argc - first > 1)
		rl_die_usage("more than one file of detections");
	omp_set_num_threads((int)c.threads);

	struct rl_text gt = rl_text_read(c.gt);
	struct rl_text text = rl_text_read(first < argc ? argv[first] : "-");
	struct rl_coco coco;
	rl_coco_parse(&coco, gt.bytes, gt.size, gt.path);
	need_objects(&coco, gt.path);
	struct rl_detections found = rl_coco_detections(&text, &coco, gt.path);
	struct rl_coco_object *objects = rl_coco_objects(&coco, found.masks, gt.path);

	struct rl_coco_task task = {coco.ncategory, objects, coco.nannotation,
				    found.all,      found.n, false};
	struct result r = {json_object(), json_object()};
	if (found.boxes)
		evaluate(&r, &coco, &task, "box");
	task.masks = true;
	if (found.masks)
		evaluate(&r, &coco, &task, "mask");
	print_result(&c, &r, &coco, &gt, &text, found.by, argc, argv);

	rl_coco_objects_free(objects, coco.nannotation);
	rl_detections_free(&found);
	rl_coco_free(&coco);
	rl_text_free(&text);
	rl_text_free(&gt);
	return RL_EXIT_OK;
}
