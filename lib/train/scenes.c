#include "train/scenes.h"

#include "base/err.h"
#include "data/masks.h"
#include "image/rle.h"
#include "nn/net.h"

#include <stdlib.h>
#include <string.h>

const json_t *rl_scenes_classes(const json_t *head, bool masks, const char *where)
{
	static const char *const needed[] = {"image", "boxes", "classes"};
	const json_t *names = rl_head_names(head, "classes", where);

	for (size_t i = 0; i < RL_LEN(needed); i++)
		if (!rl_head_has_field(head, needed[i]))
			rl_die("%s: head: no field %s: the manifest is not of rl-list voc or coco",
			       where, needed[i]);
	if (masks && !rl_head_has_field(head, "masks"))
		rl_die("%s: head: no field masks, which this model learns from", where);
	if (!names || !json_array_size(names))
		rl_die("%s: head: the classes have no names", where);
	return names;
}

static void empty(struct rl_scene *s)
{
	for (size_t i = 0; i < s->n && s->mask; i++)
		free(s->mask[i]);
	free(s->mask);
	free(s->pixels);
	free(s->box);
	free(s->class);
	*s = (struct rl_scene){0};
}

static void check_box(const struct rl_sample *sample, size_t i, const struct rl_box *b,
		      const struct rl_scene *s)
{
	/* A VOC box that reaches to the last pixel ends there, not behind it; resizing rounds. */
	const float slack = 1;

	if (!(b->x1 >= -slack && b->y1 >= -slack && b->x2 <= (float)s->width + slack &&
	      b->y2 <= (float)s->height + slack))
		rl_die("%s: box %zu is not within the image", sample->key, i);
	if (!(b->x2 > b->x1 && b->y2 > b->y1))
		rl_die("%s: box %zu has no area", sample->key, i);
}

static uint8_t *bitmap(const struct rl_sample *sample, size_t i, const json_t *mask,
		       const struct rl_scene *s)
{
	uint8_t *out = rl_malloc((size_t)(s->height * s->width));
	struct rl_rle runs;
	const char *why = rl_mask_runs(mask, (int)s->height, (int)s->width, &runs);

	if (why)
		rl_die("%s: mask %zu %s", sample->key, i, why);
	rl_rle_decode(&runs, (int)s->height, (int)s->width, out);
	free(runs.run);
	return out;
}

static json_t *masks_of(struct rl_sample *sample, size_t n)
{
	const struct rl_tensor *t = rl_sample_get(sample, "masks", RL_JSON, 1);
	json_t *masks = rl_json_parse(t->data, (size_t)t->dim[0], sample->key);

	if (json_array_size(masks) != n)
		rl_die("%s: masks: not one for each box", sample->key);
	return masks;
}

static size_t count_of(struct rl_sample *sample, const char *field, enum rl_dtype type, size_t n)
{
	const struct rl_tensor *t = rl_sample_get(sample, field, type, 1);

	if ((size_t)t->dim[0] != n)
		rl_die("%s: %s: not one for each box", sample->key, field);
	return n;
}

void rl_scene_take(struct rl_scene *s, struct rl_sample *sample, int classes, bool masks)
{
	const struct rl_tensor *image = rl_sample_get(sample, "image", RL_U1, 3);
	const struct rl_tensor *boxes = rl_sample_get(sample, "boxes", RL_F4, 2);
	const size_t n = (size_t)boxes->dim[0];
	const struct rl_box *box = boxes->data;
	const int32_t *class = rl_sample_get(sample, "classes", RL_I4, 1)->data;
	const uint8_t *ignore = NULL;
	json_t *mask = masks ? masks_of(sample, n) : NULL;

	if (image->dim[2] != 3 || boxes->dim[1] != 4)
		rl_die("%s: image or boxes of another shape than [H,W,3] and [N,4]", sample->key);
	count_of(sample, "classes", RL_I4, n);
	if (rl_sample_find(sample, "ignore") && count_of(sample, "ignore", RL_U1, n))
		ignore = rl_sample_get(sample, "ignore", RL_U1, 1)->data;
	empty(s);
	s->height = image->dim[0];
	s->width = image->dim[1];
	s->pixels = rl_malloc(rl_tensor_bytes(image));
	memcpy(s->pixels, image->data, rl_tensor_bytes(image));
	s->box = rl_malloc((n + 1) * sizeof(*s->box));
	s->class = rl_malloc((n + 1) * sizeof(*s->class));
	if (masks)
		s->mask = rl_calloc(n + 1, sizeof(*s->mask));
	for (size_t i = 0; i < n; i++) {
		if (class[i] < 0 || class[i] >= classes)
			rl_die("%s: class %d: not one of 0 to %d", sample->key, (int)class[i],
			       classes - 1);
		if (ignore && ignore[i])
			continue;
		check_box(sample, i, &box[i], s);
		if (masks)
			s->mask[s->n] = bitmap(sample, i, json_array_get(mask, i), s);
		s->box[s->n] = box[i];
		s->class[s->n++] = class[i];
	}
	json_decref(mask);
}

int64_t rl_scenes_side(int64_t most)
{
	return (most + 31) / 32 * 32;
}

void rl_scene_pixels(const uint8_t *pixels, int64_t rows, int64_t columns, int64_t height,
		     int64_t width, float *plain)
{
	float level[3][256];

	for (int c = 0; c < 3; c++)
		for (int i = 0; i < 256; i++)
			level[c][i] = (float)((i / 255.0 - rl_pixel_mean[c]) / rl_pixel_std[c]);
	memset(plain, 0, (size_t)(3 * height * width) * sizeof(*plain));
#pragma omp parallel for schedule(static)
	for (int64_t y = 0; y < rows; y++)
		for (int c = 0; c < 3; c++) {
			float *to = plain + (c * height + y) * width;

			for (int64_t x = 0; x < columns; x++)
				to[x] = level[c][pixels[(y * columns + x) * 3 + c]];
		}
}
