#include "data/decoded.h"

#include "base/err.h"
#include "data/follow.h"
#include "image/labelmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- head -------------------------------------------------------------------------------------
 */

static void declare_label(json_t *head, const struct rl_manifest *m)
{
	rl_head_field(head, "label", RL_I4, 0, NULL, NULL);
	if (m->nclass)
		rl_head_set_nclass(head, m->nclass);
}

static void declare_labels(json_t *head, const struct rl_manifest *m)
{
	json_t *names = json_array();

	rl_head_field(head, "labels", RL_I1, 1, (int64_t[]){(int64_t)m->nlabels}, NULL);
	for (size_t i = 0; i < m->nlabels; i++)
		json_array_append_new(names, json_string(m->labels[i]));
	rl_head_set_names(head, "labels", names);
}

static void declare_objects(json_t *head, const struct rl_manifest *m)
{
	const char *const n[] = {"N"};

	rl_head_field(head, "boxes", RL_F4, 2, (int64_t[]){-1, 4}, n);
	rl_head_field(head, "classes", RL_I4, 1, (int64_t[]){-1}, n);
	rl_head_set_names(head, "classes", json_incref(m->names));
	rl_head_field(head, "ignore", RL_U1, 1, (int64_t[]){-1}, n);
	if (m->has_masks)
		rl_head_field(head, "masks", RL_JSON, 0, NULL, NULL);
}

static void declare_segmentation(json_t *head, const struct rl_segmentation *s)
{
	rl_head_field(head, "segmentation", RL_U1, 2, (int64_t[]){-1, -2},
		      (const char *[]){"H", "W"});
	rl_head_set_names(head, "segmentation", json_incref(s->names));
}

void rl_decoded_head(json_t *head, const struct rl_manifest *m)
{
	if (m->has_label)
		declare_label(head, m);
	if (m->nlabels)
		declare_labels(head, m);
	if (m->names)
		declare_objects(head, m);
	if (m->segmentation.names)
		declare_segmentation(head, &m->segmentation);
}

/* ---- sample -----------------------------------------------------------------------------------
 */

/* The image's memory goes to the sample. */
static void set_image(struct rl_sample *s, struct rl_image im)
{
	rl_sample_make(s, "image", RL_U1, 3, (int64_t[]){0, 0, 3});
	rl_field_give(rl_sample_find(s, "image"), im.data, (int64_t[]){im.height, im.width, 3});
}

static void set(struct rl_sample *s, const char *name, enum rl_dtype type, int ndim,
		const int64_t *dim, const void *data)
{
	struct rl_tensor *t = rl_sample_make(s, name, type, ndim, dim);

	memcpy(t->data, data, rl_tensor_bytes(t));
}

static void set_objects(struct rl_sample *s, const struct rl_objects *o)
{
	int64_t n = (int64_t)o->count;

	set(s, "boxes", RL_F4, 2, (int64_t[]){n, 4}, o->boxes);
	set(s, "classes", RL_I4, 1, &n, o->classes);
	set(s, "ignore", RL_U1, 1, &n, o->ignore);
	if (o->masks)
		set(s, "masks", RL_JSON, 1, (int64_t[]){(int64_t)strlen(o->masks)}, o->masks);
}

/* The end of a path that is too long to be shown. */
static const char *shown(const char *path)
{
	size_t n = strlen(path), most = 160;

	return n > most ? path + n - most : path;
}

static bool to_classes(const struct rl_segmentation *s, const uint16_t *values, int height,
		       int width, uint8_t *classes, char why[RL_WHY])
{
	size_t n = (size_t)height * (size_t)width;
	size_t at = rl_segmentation_classes(s, values, n, classes);

	if (at < n)
		snprintf(why, RL_WHY, "the pixel at %zu, %zu has the value %d, which is no class",
			 at % (size_t)width, at / (size_t)width, values[at]);
	return at == n;
}

/* Of the size of the image in its file. */
static bool set_segmentation(struct rl_sample *s, const struct rl_segmentation *said,
			     struct rl_loader *l, const char *path, char why[RL_WHY])
{
	char more[RL_WHY];
	int height, width;
	size_t size;

	rl_loader_size(l, &height, &width);
	uint16_t *values = rl_calloc((size_t)height * (size_t)width, sizeof(*values));
	uint8_t *classes =
		rl_sample_make(s, "segmentation", RL_U1, 2, (int64_t[]){height, width})->data;
	const uint8_t *bytes = rl_loader_bytes(l, path, &size, more);
	bool good = bytes && rl_labelmap_values(bytes, size, height, width, values, more) &&
		    to_classes(said, values, height, width, classes, more);
	if (!good)
		snprintf(why, RL_WHY, "%s: %.90s", shown(path), more);
	free(values);
	return good;
}

/* What is known of its places, in the file, follows the image to the size that it was given. */
static bool follow_load(const struct rl_loader *l, const struct rl_record *r, struct rl_sample *s,
			char why[RL_WHY])
{
	const struct rl_tensor *image = rl_sample_get(s, "image", RL_U1, 3);
	struct rl_steps steps = {0};
	int height, width;

	rl_loader_size(l, &height, &width);
	if (r->height && (r->height != height || r->width != width)) {
		snprintf(why, RL_WHY, "%d x %d pixels, but %d x %d in the list", width, height,
			 r->width, r->height);
		return false;
	}
	if (image->dim[0] != height || image->dim[1] != width)
		steps.step[steps.count++].view = (struct rl_view){.height = height,
								  .width = width,
								  .to_height = (int)image->dim[0],
								  .to_width = (int)image->dim[1]};
	return rl_follow(&steps, height, width, s, why);
}

bool rl_decoded_sample(const struct rl_manifest *m, const struct rl_record *r, struct rl_loader *l,
		       struct rl_sample *s, char why[RL_WHY])
{
	int64_t nlabels = (int64_t)m->nlabels;
	struct rl_image im;

	if (r->bytes ? !rl_load(l, r->bytes, r->size, &im, why)
		     : !rl_load_file(l, r->path, &im, why))
		return false;
	rl_sample_set_key(s, r->key);
	set_image(s, im);
	if (r->has_label)
		set(s, "label", RL_I4, 0, NULL, &r->label);
	if (r->labels)
		set(s, "labels", RL_I1, 1, &nlabels, r->labels);
	if (r->has_objects)
		set_objects(s, &r->objects);
	if (r->segmentation && !set_segmentation(s, &m->segmentation, l, r->segmentation, why))
		return false;
	return follow_load(l, r, s, why);
}

struct rl_image rl_decoded_image(struct rl_sample *s)
{
	const struct rl_tensor *t = rl_sample_get(s, "image", RL_U1, 3);
	char why[RL_WHY];

	if (t->dim[2] != 3)
		rl_die("sample %.200s: not an RGB image", s->key);
	if (!rl_image_fits(t->dim[0], t->dim[1], RL_MAX_PIXELS, why))
		rl_die("sample %.200s: %s", s->key, why);
	return (struct rl_image){(int)t->dim[0], (int)t->dim[1], t->data};
}
