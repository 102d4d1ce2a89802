#include "data/follow.h"

#include "base/err.h"
#include "data/masks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fields with a row for each box. */
static const struct {
	const char *name;
	enum rl_dtype type;
	int ndim;
} rows[] = {{"boxes", RL_F4, 2}, {"classes", RL_I4, 1}, {"ignore", RL_U1, 1}};

/* ---- head -------------------------------------------------------------------------------------
 */

static void declare(json_t *head, const char *name, enum rl_dtype type, int ndim,
		    const int64_t *dims, const char *const *names)
{
	const json_t *field = json_object_get(json_object_get(head, "fields"), name);

	if (!field)
		return;
	if (strcmp(rl_json_str(field, "dtype", "stdin"), rl_dtype_name(type)) ||
	    json_array_size(json_object_get(field, "shape")) != (size_t)ndim)
		rl_die("stdin: the field %s is not %s with %d dimensions, as it should be", name,
		       rl_dtype_name(type), ndim);
	rl_head_field(head, name, type, ndim, dims, names);
}

void rl_follow_head(json_t *head, int64_t height, int64_t width)
{
	const int64_t plane[] = {height < 0 ? -1 : height, width < 0 ? -2 : width};

	for (size_t i = 0; i < RL_LEN(rows); i++)
		declare(head, rows[i].name, rows[i].type, rows[i].ndim, (int64_t[]){-1, 4},
			(const char *[]){"N"});
	declare(head, "masks", RL_JSON, 0, NULL, NULL);
	declare(head, "segmentation", RL_U1, 2, plane, (const char *[]){"H", "W"});
}

/* ---- sample -----------------------------------------------------------------------------------
 */

static bool wrong(char why[RL_WHY], const char *name, const char *what)
{
	snprintf(why, RL_WHY, "the field %s %s", name, what);
	return false;
}

/* Which boxes stay; NULL and why when they are not boxes. */
static bool *follow_boxes(const struct rl_steps *steps, struct rl_tensor *boxes, char why[RL_WHY])
{
	size_t n = (size_t)boxes->dim[0];
	float *box = boxes->data;
	bool *keep, finite = true;

	if (boxes->dim[1] != 4) {
		wrong(why, "boxes", "has rows of another length than 4");
		return NULL;
	}
	keep = rl_malloc(n + 1);
	for (size_t i = 0; i < n; i++, box += 4) {
		for (int k = 0; k < 4; k++)
			finite = finite && isfinite(box[k]);
		keep[i] = rl_steps_box(steps, box);
	}
	if (finite)
		return keep;
	free(keep);
	wrong(why, "boxes", "has a place that is not a finite number");
	return NULL;
}

static void keep_rows(struct rl_tensor *t, const bool *keep)
{
	size_t n = (size_t)t->dim[0], row = n ? rl_tensor_bytes(t) / n : 0;
	uint8_t *to = t->data;

	t->dim[0] = 0;
	for (size_t i = 0; i < n; i++)
		if (keep[i]) {
			memmove(to, (uint8_t *)t->data + i * row, row);
			to += row;
			t->dim[0]++;
		}
}

/* Before the boxes themselves lose rows, n of them. */
static bool follow_masks(const struct rl_steps *steps, int height, int width, struct rl_sample *s,
			 const bool *keep, size_t n, char why[RL_WHY])
{
	struct rl_field *f = rl_sample_find(s, "masks");

	if (!f)
		return true;
	char *where = rl_asprintf("sample %.200s: masks", s->key);
	json_t *masks = rl_json_parse(f->tensor.data, (size_t)f->tensor.dim[0], where);
	bool good = json_is_array(masks) && (!keep || json_array_size(masks) == n);
	free(where);
	if (good) {
		for (size_t i = n; keep && i-- > 0;)
			if (!keep[i])
				json_array_remove(masks, i);
		good = rl_masks_follow(masks, steps, height, width, why);
	} else {
		wrong(why, "masks", "is not an array with one for each box");
	}
	if (good) {
		char *text = rl_json_text(masks);
		int64_t size = (int64_t)strlen(text);

		memcpy(rl_sample_make(s, "masks", RL_JSON, 1, &size)->data, text, (size_t)size);
		free(text);
	}
	json_decref(masks);
	return good;
}

static bool follow_rows(const struct rl_steps *steps, int height, int width, struct rl_sample *s,
			char why[RL_WHY])
{
	struct rl_field *boxes = rl_sample_find(s, "boxes"), *f;
	size_t n = boxes ? (size_t)boxes->tensor.dim[0] : 0;
	bool *keep = NULL, good = true;

	if (boxes && !(keep = follow_boxes(steps, &boxes->tensor, why)))
		return false;
	for (size_t i = 0; keep && good && i < RL_LEN(rows); i++) {
		f = rl_sample_find(s, rows[i].name);
		if (f && (size_t)f->tensor.dim[0] != n)
			good = wrong(why, rows[i].name, "has not one row for each box");
		else if (f)
			keep_rows(&f->tensor, keep);
	}
	good = good && follow_masks(steps, height, width, s, keep, n, why);
	free(keep);
	return good;
}

bool rl_follow_classes(struct rl_sample *s, int height, int width, const uint8_t **classes,
		       char why[RL_WHY])
{
	struct rl_field *f = rl_sample_find(s, "segmentation");

	if (f && (f->tensor.dim[0] != height || f->tensor.dim[1] != width))
		return wrong(why, "segmentation", "has another size than the image");
	*classes = f ? f->tensor.data : NULL;
	return true;
}

static bool follow_segmentation(const struct rl_steps *steps, int height, int width,
				struct rl_sample *s, char why[RL_WHY])
{
	const uint8_t *classes;

	if (!rl_follow_classes(s, height, width, &classes, why))
		return false;
	if (classes) {
		uint8_t *plane = rl_steps_plane(steps, classes, height, width);

		rl_steps_size(steps, &height, &width);
		rl_field_give(rl_sample_find(s, "segmentation"), plane, (int64_t[]){height, width});
	}
	return true;
}

bool rl_follow(const struct rl_steps *steps, int height, int width, struct rl_sample *s,
	       char why[RL_WHY])
{
	return follow_rows(steps, height, width, s, why) &&
	       follow_segmentation(steps, height, width, s, why);
}
