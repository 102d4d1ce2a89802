#include "eval/coco-input.h"

#include "base/err.h"
#include "base/json-walk.h"
#include "base/json.h"
#include "data/masks.h"
#include "stream/box.h"
#include "stream/tensor.h"

#include <stdlib.h>
#include <string.h>

/* ---- ground truth -----------------------------------------------------------------------------
 */

/* NULL, or what is wrong. */
static const char *take_mask(struct rl_rle *mask, const char *json, const struct rl_coco_image *m)
{
	if (!json)
		return "has no mask";
	json_t *parsed = json_loads(json, 0, NULL);
	const char *problem = rl_mask_runs(parsed, m->height, m->width, mask);
	json_decref(parsed);
	return problem;
}

struct rl_coco_object *rl_coco_objects(const struct rl_coco *c, bool masks, const char *path)
{
	struct rl_coco_object *objects = rl_calloc(c->nannotation, sizeof(*objects));
	const char **problem = rl_calloc(c->nannotation, sizeof(*problem));

#pragma omp parallel for schedule(dynamic, 64)
	for (size_t i = 0; i < c->nannotation; i++) {
		const struct rl_coco_annotation *a = &c->annotations[i];
		struct rl_coco_object *o = &objects[i];

		*o = (struct rl_coco_object){.image = (uint32_t)a->image,
					     .class = (uint32_t)a->category,
					     .area = a->area,
					     .crowd = a->crowd};
		rl_region_sized(&o->region, a->box, path);
		if (masks)
			problem[i] =
				take_mask(&o->region.mask, a->segmentation, &c->images[a->image]);
	}
	for (size_t i = 0; i < c->nannotation; i++)
		if (problem[i])
			rl_die("%s: annotation %lld %s", path, (long long)c->annotations[i].id,
			       problem[i]);
	free(problem);
	return objects;
}

void rl_coco_objects_free(struct rl_coco_object *o, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(o[i].region.mask.run);
	free(o);
}

/* ---- detections -------------------------------------------------------------------------------
 */

struct results {
	struct rl_detections found;
	const struct rl_coco *coco;
};

static void take_result(void *context, const char *member, size_t index, const json_t *o,
			const char *where)
{
	struct results *r = context;
	int64_t image = rl_json_int(o, "image_id", INT64_MIN, INT64_MAX, where);
	int64_t category = rl_json_int(o, "category_id", INT64_MIN, INT64_MAX, where);
	const struct rl_coco_image *m = rl_coco_image(r->coco, image);
	const struct rl_coco_category *k = rl_coco_category(r->coco, category);
	const json_t *mask = json_object_get(o, "segmentation");
	bool box = json_object_get(o, "bbox");
	struct rl_detection d = {.score = rl_json_real(o, "score", where)};
	double given[4];

	(void)member, (void)index;
	if (!m || !k)
		rl_die("%s: the ground truth has no %s %lld", where, m ? "category" : "image",
		       (long long)(m ? category : image));
	if (!box && !mask)
		rl_die("%s: neither \"bbox\" nor \"segmentation\"", where);
	d.image = (uint32_t)(m - r->coco->images);
	d.class = (uint32_t)(k - r->coco->categories);
	if (box) {
		rl_box_parse(rl_json_get(o, "bbox", where), given, "\"bbox\"", where);
		rl_region_sized(&d.region, given, where);
	}
	if (mask)
		d.region.mask = rl_mask_of(mask, m->height, m->width, where);
	rl_detections_add(&r->found, &d, box, where);
}

static struct rl_detections lines(struct rl_text *t, const struct rl_coco *c,
				  const char *truth_path)
{
	struct rl_catalogue names = {0};
	struct rl_detections found;

	for (size_t i = 0; i < c->nimage; i++) {
		char *key = rl_key_from_path(c->images[i].file);

		rl_catalogue_add_image(&names, key, c->images[i].height, c->images[i].width,
				       truth_path);
		free(key);
	}
	for (size_t i = 0; i < c->ncategory; i++)
		rl_catalogue_add_class(&names, c->categories[i].name, truth_path);
	found = rl_predictions_read(t, &names, true);
	rl_catalogue_free(&names);
	return found;
}

struct rl_detections rl_coco_detections(struct rl_text *t, const struct rl_coco *c,
					const char *truth_path)
{
	struct results r = {.found = {.boxes = true}, .coco = c};
	char first = rl_text_begins(t);

	if (first == '{')
		return lines(t, c, truth_path);
	if (first != '[')
		rl_die("%s: %s", t->path,
		       first ? "neither an array of results nor lines of predictions" : "empty");
	rl_json_walk_array(t->bytes, t->size, t->path, &(struct rl_json_walk){take_result, &r});
	return r.found;
}
