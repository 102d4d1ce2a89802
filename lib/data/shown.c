#include "data/shown.h"

#include "base/err.h"
#include "base/json.h"
#include "data/masks.h"
#include "stream/segmentation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- from a sample ----------------------------------------------------------------------------
 */

static struct rl_tensor *rows(struct rl_sample *s, const char *name, enum rl_dtype type, int ndim,
			      int64_t n)
{
	struct rl_tensor *t;

	if (!rl_sample_find(s, name))
		return NULL;
	t = rl_sample_get(s, name, type, ndim);
	if (t->dim[0] != n)
		rl_die("sample %.200s: the field %s has not one row for each box", s->key, name);
	return t;
}

static void take_masks(struct rl_shown *s, struct rl_sample *sample, int height, int width)
{
	const struct rl_tensor *t = rl_sample_get(sample, "masks", RL_JSON, 1);
	char *where = rl_asprintf("sample %.200s: masks", sample->key);
	json_t *masks = rl_json_parse(t->data, (size_t)t->dim[0], where);

	if (json_array_size(masks) != s->n || !json_is_array(masks))
		rl_die("%s: not an array with one for each box", where);
	for (size_t i = 0; i < s->n; i++)
		s->objects[i].mask = rl_mask_of(json_array_get(masks, i), height, width, where);
	json_decref(masks);
	free(where);
}

static void take_boxes(struct rl_shown *s, struct rl_sample *sample)
{
	const struct rl_tensor *boxes = rl_sample_get(sample, "boxes", RL_F4, 2);
	int64_t n = boxes->dim[0];
	const struct rl_tensor *classes = rows(sample, "classes", RL_I4, 1, n);
	const struct rl_tensor *ignore = rows(sample, "ignore", RL_U1, 1, n);
	const float *box = boxes->data;

	if (boxes->dim[1] != 4)
		rl_die("sample %.200s: the field boxes has rows of another length than 4",
		       sample->key);
	s->n = (size_t)n;
	s->objects = rl_calloc(s->n + 1, sizeof(*s->objects));
	for (int64_t i = 0; i < n; i++) {
		struct rl_shown_object *o = &s->objects[i];
		int32_t class = classes ? ((const int32_t *)classes->data)[i] : 0;

		if (class < 0)
			rl_die("sample %.200s: class %d", sample->key, class);
		for (int k = 0; k < 4; k++) {
			o->box[k] = box[4 * i + k];
			if (!isfinite(o->box[k]))
				rl_die("sample %.200s: box %lld is not finite", sample->key,
				       (long long)i);
		}
		o->class = (size_t) class;
		o->score = -1;
		o->ignore = ignore && ((const uint8_t *)ignore->data)[i];
	}
}

/* NULL where the sample has no such field. */
static const uint8_t *map_of(const json_t *names, struct rl_sample *sample, const char *field,
			     const struct rl_tensor *image)
{
	size_t n = json_array_size(names);

	if (!rl_sample_find(sample, field))
		return NULL;
	const struct rl_tensor *t = rl_sample_get(sample, field, RL_U1, 2);
	const uint8_t *class = t->data;
	if (t->dim[0] != image->dim[0] || t->dim[1] != image->dim[1])
		rl_die("sample %.200s: the field %s has another size than the image", sample->key,
		       field);
	for (size_t i = 0; n && i < rl_tensor_count(t); i++)
		if (class[i] >= n && class[i] != RL_NO_CLASS)
			rl_die("sample %.200s: the field %s has class %d, but %zu names",
			       sample->key, field, class[i], n);
	return class;
}

void rl_shown_sample(struct rl_shown *s, struct rl_sample *sample)
{
	const struct rl_tensor *image = rl_sample_get(sample, "image", RL_U1, 3);

	if (rl_sample_find(sample, "boxes")) {
		take_boxes(s, sample);
		if (rl_sample_find(sample, "masks"))
			take_masks(s, sample, (int)image->dim[0], (int)image->dim[1]);
	}
	s->truth = map_of(s->map_names, sample, "segmentation", image);
	s->prediction = map_of(s->map_names, sample, "prediction", image);
}

/* ---- from a line ------------------------------------------------------------------------------
 */

static size_t class_of(const json_t *names, const char *name, const char *where)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (!strcmp(json_string_value(json_array_get(names, i)), name))
			return i;
	rl_die("%s: unknown class \"%.200s\"", where, name);
}

void rl_shown_found(struct rl_shown *s, struct rl_found_line *line, int height, int width,
		    double min_score)
{
	rl_found_check_size(line, height, width);
	s->objects = rl_calloc(line->n + 1, sizeof(*s->objects));
	for (size_t i = 0; i < line->n; i++) {
		const struct rl_finding *f = &line->all[i];
		struct rl_shown_object *o = &s->objects[s->n];
		const char *which = rl_found_at(line, i);

		o->class = class_of(s->names, f->class, which);
		if (f->score < min_score)
			continue;
		o->score = f->score;
		memcpy(o->box, f->box, sizeof(o->box));
		if (f->mask)
			o->mask = rl_mask_of(f->mask, height, width, which);
		s->n++;
	}
}

void rl_shown_free(struct rl_shown *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->objects[i].mask.run);
	free(s->objects);
	s->objects = NULL;
	s->n = 0;
	s->truth = s->prediction = NULL;
}
