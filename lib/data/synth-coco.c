/*
 * The synthetic world as COCO 2017: train2017, val2017 and their instances files.
 */
#include "data/synth-write.h"

#include "base/err.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>

static json_t *annotation(const struct rl_synth_scene *scene, int k, int64_t image_id)
{
	const struct rl_synth_object *o = &scene->objects[k];
	json_t *outline = o->crowd ? rl_synth_rle(scene, k) : rl_synth_polygons(scene, k);

	return json_pack("{so sI si sI s[iiii] si}", "segmentation", outline, "area",
			 (json_int_t)o->area, "iscrowd", (int)o->crowd, "image_id",
			 (json_int_t)image_id, "bbox", o->box[0], o->box[1], o->box[2] - o->box[0],
			 o->box[3] - o->box[1], "category_id", o->category + 1);
}

static void save(const struct rl_synth_set *set, int64_t number, const struct rl_synth_scene *scene,
		 void *user)
{
	json_t **annotations = user;

	annotations[number] = json_array();
	for (int k = 0; k < scene->nobject; k++)
		json_array_append_new(annotations[number], annotation(scene, k, number + 1));
	rl_synth_jpeg(set, scene,
		      rl_synth_open(set, "%s/%012" PRId64 ".jpg",
				    number < set->train ? "train2017" : "val2017", number + 1));
}

static json_t *categories(const struct rl_synth_cast *cast)
{
	json_t *all = json_array();

	for (int c = 0; c < cast->count; c++)
		json_array_append_new(all, json_pack("{ss si ss}", "supercategory",
						     rl_synth_supercategory(cast, c), "id", c + 1,
						     "name", rl_synth_category(cast, c)));
	return all;
}

/* Annotations are numbered here, in the order of their pictures. */
static void write_instances(const struct rl_synth_set *set, const char *name, int64_t first,
			    int64_t end, json_t **annotations)
{
	json_t *images = json_array(), *all = json_array();
	json_int_t id = 0;

	for (int64_t i = first; i < end; i++) {
		json_t *a;
		size_t k;
		char file[32];

		snprintf(file, sizeof(file), "%012" PRId64 ".jpg", i + 1);
		json_array_append_new(images, json_pack("{sI ss si si}", "id", (json_int_t)(i + 1),
							"file_name", file, "width", set->width,
							"height", set->height));
		json_array_foreach(annotations[i], k, a)
		{
			json_object_set_new(a, "id", json_integer(++id));
			json_array_append(all, a);
		}
	}
	char *seed = rl_asprintf("rl-synth, seed %" PRIu64, set->seed);
	json_t *root = json_pack("{s{ss} so so so}", "info", "description", seed, "images", images,
				 "annotations", all, "categories", categories(&set->cast));
	FILE *f = rl_synth_open(set, "annotations/instances_%s.json", name);
	if (json_dumpf(root, f, JSON_COMPACT))
		rl_die("%s: write:", set->dir);
	rl_synth_close(set, f);
	json_decref(root);
	free(seed);
}

void rl_synth_write_coco(const struct rl_synth_set *set)
{
	int64_t n = set->train + set->val;
	json_t **annotations = rl_calloc((size_t)n, sizeof(*annotations));

	rl_synth_mkdir(set, "annotations");
	rl_synth_mkdir(set, "train2017");
	if (set->val)
		rl_synth_mkdir(set, "val2017");
	rl_synth_each(set, false, save, annotations);
	write_instances(set, "train2017", 0, set->train, annotations);
	if (set->val)
		write_instances(set, "val2017", set->train, n, annotations);
	for (int64_t i = 0; i < n; i++)
		json_decref(annotations[i]);
	free(annotations);
}
