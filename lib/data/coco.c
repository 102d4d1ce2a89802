#include "data/coco.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json-walk.h"
#include "base/json.h"
#include "data/imageset.h"
#include "data/masks.h"
#include "image/image.h"
#include "stream/box.h"

#include <stdlib.h>
#include <string.h>

static const size_t TEXT_LIMIT = (size_t)16 << 30;

/* What an annotation says that can only be understood once everything has been read. */
struct reference {
	int64_t image, category;
	int height, width; /* of run lengths; 0: it has none */
};

struct reading {
	struct rl_coco *coco;
	struct reference *references; /* one for each annotation */
	const char *path;
};

/* ---- an element -------------------------------------------------------------------------------
 */

static int64_t id_of(const json_t *o, const char *member, const char *where)
{
	return rl_json_int(o, member, INT64_MIN, INT64_MAX, where);
}

static void take_image(struct rl_coco *c, const json_t *o, const char *where)
{
	const char *file = rl_json_str(o, "file_name", where);

	if (!rl_imageset_inside(file))
		rl_die("%s: %s: not a path inside the data set", where, file);
	c->images = rl_grown(c->images, c->nimage, sizeof(*c->images));
	c->images[c->nimage++] = (struct rl_coco_image){
		.id = id_of(o, "id", where),
		.file = rl_strdup(file),
		.height = (int)rl_json_int(o, "height", 1, RL_MAX_SIDE, where),
		.width = (int)rl_json_int(o, "width", 1, RL_MAX_SIDE, where)};
}

static void take_category(struct rl_coco *c, const json_t *o, const char *where)
{
	const char *name = rl_json_str(o, "name", where);

	if (!*name)
		rl_die("%s: \"name\" is empty", where);
	c->categories = rl_grown(c->categories, c->ncategory, sizeof(*c->categories));
	c->categories[c->ncategory++] =
		(struct rl_coco_category){id_of(o, "id", where), rl_strdup(name)};
}

static void take_box(double box[4], const json_t *o, const char *where)
{
	rl_box_parse(rl_json_get(o, "bbox", where), box, "\"bbox\"", where);
	if (box[2] < 0 || box[3] < 0)
		rl_die("%s: \"bbox\" is of %g x %g pixels", where, box[2], box[3]);
}

/* The mask without polygons that have no inside; a new reference. */
static json_t *without_flat(json_t *mask, size_t *flat)
{
	size_t i;
	json_t *p, *kept;

	if (!json_is_array(mask))
		return json_incref(mask);
	kept = json_array();
	json_array_foreach(mask, i, p)
	{
		size_t n = json_array_size(p);

		if (json_is_array(p) && n < 6 && n % 2 == 0)
			(*flat)++;
		else
			json_array_append(kept, p);
	}
	return kept;
}

static void take_segmentation(struct reading *r, json_t *given, struct rl_coco_annotation *a,
			      struct reference *to, const char *where)
{
	json_t *mask = without_flat(given, &r->coco->flat);
	const char *problem = rl_mask_problem(mask, &to->height, &to->width);

	if (problem)
		rl_die("%s: \"segmentation\" %s", where, problem);
	rl_mask_corners(mask, a->corners);
	a->segmentation = json_dumps(mask, JSON_COMPACT | JSON_REAL_PRECISION(17));
	if (!a->segmentation)
		rl_die("out of memory");
	json_decref(mask);
}

static void take_annotation(struct reading *r, const json_t *o, const char *where)
{
	struct rl_coco *c = r->coco;
	json_t *mask = json_object_get(o, "segmentation");
	struct rl_coco_annotation a = {.id = id_of(o, "id", where)};
	struct reference to = {id_of(o, "image_id", where), id_of(o, "category_id", where), 0, 0};

	take_box(a.box, o, where);
	a.area = rl_json_real(o, "area", where);
	if (a.area < 0)
		rl_die("%s: \"area\" is %g", where, a.area);
	a.crowd = rl_json_int(o, "iscrowd", 0, 1, where);
	if (mask)
		take_segmentation(r, mask, &a, &to, where);
	c->annotations = rl_grown(c->annotations, c->nannotation, sizeof(a));
	r->references = rl_grown(r->references, c->nannotation, sizeof(to));
	r->references[c->nannotation] = to;
	c->annotations[c->nannotation++] = a;
}

static void take(void *context, const char *member, size_t index, const json_t *o,
		 const char *where)
{
	struct reading *r = context;

	(void)index;
	if (!strcmp(member, "images"))
		take_image(r->coco, o, where);
	else if (!strcmp(member, "annotations"))
		take_annotation(r, o, where);
	else if (!strcmp(member, "categories"))
		take_category(r->coco, o, where);
}

/* ---- put together -----------------------------------------------------------------------------
 */

/* Of anything that begins with its id. */
static int by_id(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void sort_by_id(void *array, size_t n, size_t size, const char *path, const char *what)
{
	const char *p = array;

	if (n)
		qsort(array, n, size, by_id);
	for (size_t i = 1; i < n; i++)
		if (!by_id(p + (i - 1) * size, p + i * size))
			rl_die("%s: %s id %lld twice", path, what,
			       (long long)*(const int64_t *)(p + i * size));
}

static void refuse_twice(struct rl_dict *seen, const char *name, const char *path, const char *what)
{
	if (rl_dict_add(seen, name, strlen(name), 0) != RL_DICT_NONE)
		rl_die("%s: %s %s twice", path, what, name);
}

static void check_names(const struct rl_coco *c, const char *path)
{
	struct rl_dict files = {0}, names = {0};

	for (size_t i = 0; i < c->nimage; i++)
		refuse_twice(&files, c->images[i].file, path, "image");
	for (size_t i = 0; i < c->ncategory; i++)
		refuse_twice(&names, c->categories[i].name, path, "category");
	rl_dict_free(&files);
	rl_dict_free(&names);
}

static void check_annotation_ids(const struct rl_coco *c, const char *path)
{
	int64_t *ids = rl_calloc(c->nannotation + 1, sizeof(*ids));

	for (size_t i = 0; i < c->nannotation; i++)
		ids[i] = c->annotations[i].id;
	sort_by_id(ids, c->nannotation, sizeof(*ids), path, "annotation");
	free(ids);
}

static void join(struct reading *r, size_t i)
{
	struct rl_coco *c = r->coco;
	struct rl_coco_annotation *a = &c->annotations[i];
	const struct reference *to = &r->references[i];
	const struct rl_coco_image *m = rl_coco_image(c, to->image);
	const struct rl_coco_category *k = rl_coco_category(c, to->category);

	if (!m)
		rl_die("%s: annotations[%zu]: no image has the id %lld", r->path, i,
		       (long long)to->image);
	if (!k)
		rl_die("%s: annotations[%zu]: no category has the id %lld", r->path, i,
		       (long long)to->category);
	if (to->height && (to->height != m->height || to->width != m->width))
		rl_die("%s: annotations[%zu]: \"segmentation\" of %d x %d pixels, image %s has %d "
		       "x %d",
		       r->path, i, to->width, to->height, m->file, m->width, m->height);
	a->image = (size_t)(m - c->images);
	a->category = (size_t)(k - c->categories);
	c->images[a->image].count++;
}

/* Image by image, in the file's order within each. */
static void group(struct rl_coco *c)
{
	struct rl_coco_annotation *to = rl_calloc(c->nannotation + 1, sizeof(*to));
	size_t first = 0;

	for (size_t i = 0; i < c->nimage; i++) {
		c->images[i].first = first;
		first += c->images[i].count;
		c->images[i].count = 0;
	}
	for (size_t i = 0; i < c->nannotation; i++) {
		struct rl_coco_image *m = &c->images[c->annotations[i].image];

		to[m->first + m->count++] = c->annotations[i];
	}
	free(c->annotations);
	c->annotations = to;
}

void rl_coco_parse(struct rl_coco *c, const char *text, size_t size, const char *path)
{
	struct reading r = {.coco = c, .path = path};

	*c = (struct rl_coco){0};
	rl_json_walk(text, size, path, &(struct rl_json_walk){take, &r});
	if (!c->nimage || !c->ncategory)
		rl_die("%s: no %s", path, c->nimage ? "categories" : "images");
	sort_by_id(c->images, c->nimage, sizeof(*c->images), path, "image");
	sort_by_id(c->categories, c->ncategory, sizeof(*c->categories), path, "category");
	check_names(c, path);
	check_annotation_ids(c, path);
	for (size_t i = 0; i < c->nannotation; i++)
		join(&r, i);
	group(c);
	free(r.references);
}

void rl_coco_read(struct rl_coco *c, const char *path)
{
	size_t size;
	char *text = rl_file_read(path, TEXT_LIMIT, &size);

	rl_coco_parse(c, text, size, path);
	free(text);
}

void rl_coco_free(struct rl_coco *c)
{
	for (size_t i = 0; i < c->nimage; i++)
		free(c->images[i].file);
	for (size_t i = 0; i < c->ncategory; i++)
		free(c->categories[i].name);
	for (size_t i = 0; i < c->nannotation; i++)
		free(c->annotations[i].segmentation);
	free(c->images);
	free(c->categories);
	free(c->annotations);
	*c = (struct rl_coco){0};
}

const struct rl_coco_image *rl_coco_image(const struct rl_coco *c, int64_t id)
{
	return bsearch(&id, c->images, c->nimage, sizeof(*c->images), by_id);
}

const struct rl_coco_category *rl_coco_category(const struct rl_coco *c, int64_t id)
{
	return bsearch(&id, c->categories, c->ncategory, sizeof(*c->categories), by_id);
}
