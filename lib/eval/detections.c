#include "eval/detections.h"

#include "base/err.h"
#include "data/found.h"
#include "data/masks.h"

#include <stdlib.h>
#include <string.h>

void rl_region_corners(struct rl_region *r, const double corner[4])
{
	memcpy(r->corner, corner, sizeof(r->corner));
	for (int i = 0; i < 2; i++)
		r->size[i] = corner[i + 2] - corner[i];
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
	json_decref(d->by);
	*d = (struct rl_detections){0};
}

/* ---- lines of predictions -----------------------------------------------------------------------
 */

struct reading {
	struct rl_detections found;
	const struct rl_catalogue *catalogue;
	bool masks;
	bool *seen; /* [nimage] */
	size_t lines;
};

static void take_finding(struct reading *r, size_t image, const struct rl_finding *f,
			 const char *where)
{
	const struct rl_catalogue_image *m = &r->catalogue->images[image];
	struct rl_detection d = {.image = (uint32_t)image, .score = f->score};

	d.class = (uint32_t)rl_catalogue_class(r->catalogue, f->class, where);
	rl_region_corners(&d.region, f->box);
	if (f->mask && r->masks)
		d.region.mask = rl_mask_of(f->mask, m->height, m->width, where);
	rl_detections_add(&r->found, &d, true, where);
}

static void take_line(struct reading *r, struct rl_found_line *line)
{
	size_t image = rl_catalogue_image(r->catalogue, line->key, line->where);
	const struct rl_catalogue_image *m = &r->catalogue->images[image];

	if (r->seen[image])
		rl_die("%s: image %s again", line->where, m->name);
	r->seen[image] = true;
	rl_found_check_size(line, m->height, m->width);
	if (r->lines++ == 0)
		r->found.by = json_deep_copy(line->by);
	else if (r->found.by ? !json_equal(r->found.by, line->by) : line->by != NULL)
		rl_die("%s: \"by\" says of another detector than in the lines before", line->where);
	for (size_t i = 0; i < line->n; i++)
		take_finding(r, image, &line->all[i], rl_found_at(line, i));
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
	const char *text;
	size_t size;

	while ((text = rl_text_line(t, &size))) {
		struct rl_found_line line = rl_found_parse(text, size, t->where);

		take_line(&r, &line);
		rl_found_line_free(&line);
	}
	need_all(&r, t->path);
	free(r.seen);
	return r.found;
}
