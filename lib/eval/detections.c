#include "eval/detections.h"

#include "base/err.h"
#include "base/json.h"
#include "data/masks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAR = 1000000000 }; /* pixels: areas are still exact enough to compare */

void rl_four_numbers(const json_t *o, const char *name, double out[4], const char *where)
{
	const json_t *list = rl_json_get(o, name, where);

	for (size_t i = 0; i < 4; i++) {
		const json_t *x = json_array_get(list, i);

		if (json_array_size(list) != 4 || !json_is_number(x))
			rl_die("%s: \"%s\" is not four numbers", where, name);
		out[i] = json_number_value(x);
		if (fabs(out[i]) > FAR)
			rl_die("%s: \"%s\" has %g in it", where, name, out[i]);
	}
}

void rl_region_corners(struct rl_region *r, const double corner[4], const char *where)
{
	memcpy(r->corner, corner, sizeof(r->corner));
	for (int i = 0; i < 2; i++)
		r->size[i] = corner[i + 2] - corner[i];
	if (r->size[0] < 0 || r->size[1] < 0)
		rl_die("%s: the box is inside out", where);
}

void rl_region_sized(struct rl_region *r, const double box[4], const char *where)
{
	if (box[2] < 0 || box[3] < 0)
		rl_die("%s: the box is of %g x %g pixels", where, box[2], box[3]);
	for (int i = 0; i < 2; i++) {
		r->corner[i] = box[i];
		r->corner[i + 2] = box[i] + box[i + 2];
		r->size[i] = box[i + 2];
	}
}

void rl_region_mask(struct rl_region *r, const json_t *mask, int height, int width,
		    const char *where)
{
	const char *problem = rl_mask_runs(mask, height, width, &r->mask);

	if (problem)
		rl_die("%s: the mask %s", where, problem);
}

void rl_detections_add(struct rl_detections *d, const struct rl_detection *one, bool box,
		       const char *where)
{
	bool mask = one->region.mask.count;

	if (!d->n) {
		d->boxes = box;
		d->masks = mask;
	}
	if (box != d->boxes || mask != d->masks)
		rl_die("%s: the detection has %s %s, unlike those before", where,
		       box > d->boxes || mask > d->masks ? "a" : "no",
		       box != d->boxes ? "box" : "mask");
	d->all = rl_grown(d->all, d->n, sizeof(*d->all));
	d->all[d->n++] = *one;
}

void rl_detections_free(struct rl_detections *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->all[i].region.mask.run);
	free(d->all);
	*d = (struct rl_detections){0};
}

/* ---- lines of predictions -----------------------------------------------------------------------
 */

struct reading {
	struct rl_detections found;
	const struct rl_catalogue *catalogue;
	bool masks;
	bool *seen; /* [nimage] */
};

static void take_detection(struct reading *r, size_t image, const json_t *o, const char *where)
{
	const struct rl_catalogue_image *m = &r->catalogue->images[image];
	const json_t *mask = json_object_get(o, "mask");
	struct rl_detection d = {.image = (uint32_t)image,
				 .score = rl_json_real(o, "score", where)};
	double corner[4];

	d.class = (uint32_t)rl_catalogue_class(r->catalogue, rl_json_str(o, "class", where), where);
	rl_four_numbers(o, "box", corner, where);
	rl_region_corners(&d.region, corner, where);
	if (mask && r->masks)
		rl_region_mask(&d.region, mask, m->height, m->width, where);
	rl_detections_add(&r->found, &d, true, where);
}

static void check_side(const json_t *line, const char *name, int side, const char *where)
{
	if (side && json_object_get(line, name) &&
	    rl_json_int(line, name, INT64_MIN, INT64_MAX, where) != side)
		rl_die("%s: \"%s\" is not %d, the image's", where, name, side);
}

static void take_line(struct reading *r, const json_t *line, const char *where)
{
	size_t image = rl_catalogue_image(r->catalogue, rl_json_str(line, "key", where), where), i;
	const struct rl_catalogue_image *m = &r->catalogue->images[image];
	json_t *list = rl_json_get(line, "detections", where), *o;
	char which[600];

	if (r->seen[image])
		rl_die("%s: image %s again", where, m->name);
	r->seen[image] = true;
	check_side(line, "height", m->height, where);
	check_side(line, "width", m->width, where);
	if (!json_is_array(list))
		rl_die("%s: \"detections\" is not an array", where);
	json_array_foreach(list, i, o)
	{
		snprintf(which, sizeof(which), "%s: detections[%zu]", where, i);
		take_detection(r, image, o, which);
	}
}

static void need_all(const struct reading *r, const char *path)
{
	size_t missing = 0, first = 0;

	for (size_t i = r->catalogue->nimage; i-- > 0;)
		if (!r->seen[i]) {
			missing++;
			first = i;
		}
	if (missing)
		rl_die("%s: no line for image %s (%zu of %zu images are missing)", path,
		       r->catalogue->images[first].name, missing, r->catalogue->nimage);
}

struct rl_detections rl_predictions_read(struct rl_text *t, const struct rl_catalogue *c,
					 bool masks)
{
	struct reading r = {.found = {.boxes = true},
			    .catalogue = c,
			    .masks = masks,
			    .seen = rl_calloc(c->nimage, sizeof(bool))};
	const char *line;
	size_t size;

	while ((line = rl_text_line(t, &size))) {
		json_t *o = rl_json_parse(line, size, t->where);

		take_line(&r, o, t->where);
		json_decref(o);
	}
	need_all(&r, t->path);
	free(r.seen);
	return r.found;
}
