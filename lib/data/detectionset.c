#include "data/detectionset.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/json.h"
#include "data/coco.h"
#include "data/imageset.h"
#include "data/voc.h"
#include "stream/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHORTEST_SIDE = 32 };

struct object {
	double box[4]; /* x1 y1 x2 y2 */
	double area;
	size_t class;
	bool ignore;
	const char *mask; /* JSON; NULL: none */
};

/* A manifest in the making. */
struct list {
	json_t *names;
	bool masks, for_training;
	size_t small, outside, empty, narrow; /* left out so far */
	size_t cut;                           /* boxes, so far */
};

struct image {
	const char *key, *path;
	int height, width;
	size_t objects; /* in the data set */
	json_t *boxes, *classes, *ignore, *masks;
};

/* ---- a line -----------------------------------------------------------------------------------
 */

static json_t *number(double x)
{
	return x == floor(x) ? json_integer((json_int_t)x) : json_real(x);
}

static struct image start(const char *key, const char *path, int height, int width)
{
	return (struct image){key,          path,         height,       width,       0,
			      json_array(), json_array(), json_array(), json_array()};
}

/* What is within the image; false when that is nothing, also in float, in which it will be. */
static bool within(const double box[4], const struct image *m, double part[4])
{
	for (int i = 0; i < 4; i++)
		part[i] = fmin(fmax(box[i], 0), i % 2 ? m->height : m->width);
	return (float)part[2] > (float)part[0] && (float)part[3] > (float)part[1];
}

static void put_object(struct list *l, struct image *m, const struct object *o)
{
	const double *b = o->box;
	double part[4];

	m->objects++;
	if (b[2] - b[0] < 1 || b[3] - b[1] < 1 || o->area <= 0) {
		l->small++;
		return;
	}
	if (!within(b, m, part)) {
		l->outside++;
		return;
	}
	/* As the recipes' resizing does; what is to be found stays as it was annotated. */
	if (l->for_training && memcmp(b, part, sizeof(part))) {
		l->cut++;
		b = part;
	}
	json_t *box = json_array();
	for (int i = 0; i < 4; i++)
		json_array_append_new(box, number(b[i]));
	json_array_append_new(m->boxes, box);
	json_array_append_new(m->classes, json_integer((json_int_t)o->class));
	json_array_append_new(m->ignore, json_integer(o->ignore));
	if (l->masks)
		json_array_append_new(m->masks, rl_json_parse(o->mask, strlen(o->mask), m->path));
}

/* False when the image is left out. */
static bool wanted(struct list *l, const struct image *m)
{
	if (!l->for_training)
		return true;
	if (!m->objects) {
		l->empty++;
		return false;
	}
	if (m->height < SHORTEST_SIDE || m->width < SHORTEST_SIDE) {
		l->narrow++;
		return false;
	}
	return true;
}

/* Takes what the image holds; NULL when it is left out. */
static json_t *finish(struct list *l, struct image *m)
{
	json_t *o = NULL;

	if (wanted(l, m)) {
		o = json_pack("{ss ss si si sO sO sO}", "key", m->key, "path", m->path, "height",
			      m->height, "width", m->width, "boxes", m->boxes, "classes",
			      m->classes, "ignore", m->ignore);
		if (!o)
			rl_die("%s: the name is not UTF-8", m->path);
		if (l->masks)
			json_object_set(o, "masks", m->masks);
		json_object_set(o, "names", l->names);
	}
	json_decref(m->boxes);
	json_decref(m->classes);
	json_decref(m->ignore);
	json_decref(m->masks);
	return o;
}

static void print(json_t *line)
{
	if (line)
		rl_json_print(line);
}

static void say(const char *where, const char *did, size_t n, const char *what)
{
	if (n)
		rl_warn("%s: note: %s %zu %s", where, did, n, what);
}

static void end(struct list *l, const char *where)
{
	say(where, "left out", l->small, "objects of less than a pixel");
	say(where, "left out", l->outside, "objects outside their image");
	say(where, "left out", l->empty, "images without objects");
	say(where, "left out", l->narrow, "images with a side of less than 32 pixels");
	say(where, "cut", l->cut, "boxes that leave their image at its border");
	json_decref(l->names);
}

/* ---- VOC --------------------------------------------------------------------------------------
 */

static void put_voc(struct list *l, struct image *m, const struct rl_voc_object *v)
{
	struct object o = {.class = v->label, .ignore = v->difficult};

	for (int i = 0; i < 4; i++)
		o.box[i] = trunc(v->box[i]) - 1;
	o.area = (o.box[2] - o.box[0]) * (o.box[3] - o.box[1]);
	put_object(l, m, &o);
}

static json_t *voc_line(struct list *l, const struct rl_voc *v, size_t i, int year)
{
	const struct rl_voc_image *from = &v->images[i];
	char *path = rl_voc_image_path(v, i);
	char *name = rl_asprintf("VOC%d/%s.jpg", year, from->id);
	char *key = rl_key_from_path(name);
	struct image m = start(key, path, from->height, from->width);

	for (size_t k = 0; k < from->nobject; k++)
		put_voc(l, &m, &from->objects[k]);
	json_t *line = finish(l, &m);
	free(key);
	free(name);
	free(path);
	return line;
}

void rl_list_voc(const char *dir, int year, const char *set, bool for_training)
{
	struct list l = {.names = json_array(), .for_training = for_training};
	struct rl_voc v;

	rl_voc_read_objects(&v, dir, year, set);
	for (size_t i = 0; i < v.nclass; i++)
		json_array_append_new(l.names, json_string(v.classes[i]));
	for (size_t i = 0; i < v.nimage; i++)
		print(voc_line(&l, &v, i, year));
	end(&l, v.root);
	rl_voc_free(&v);
}

/* ---- COCO -------------------------------------------------------------------------------------
 */

/* Either every object has a mask or none. */
static bool with_masks(const struct rl_coco *c, const char *path)
{
	const struct rl_coco_annotation *with = NULL, *without = NULL;

	for (size_t i = 0; i < c->nannotation; i++)
		*(c->annotations[i].segmentation ? &with : &without) = &c->annotations[i];
	if (with && without)
		rl_die("%s: annotation id %lld has no \"segmentation\", but others do", path,
		       (long long)without->id);
	return with;
}

/* Images grow on their way into training, and polygons with them, which are limited to what can be
 * rasterised. */
static void check_corners(const struct rl_coco *c, const char *path)
{
	for (size_t i = 0; i < c->nannotation; i++) {
		const struct rl_coco_annotation *a = &c->annotations[i];
		const struct rl_coco_image *m = &c->images[a->image];
		const double *b = a->corners;

		if (b[0] < -m->width || b[1] < -m->height || b[2] > 2 * m->width ||
		    b[3] > 2 * m->height)
			rl_die("%s: annotation id %lld: \"segmentation\" has a corner farther "
			       "from its image than that is large",
			       path, (long long)a->id);
	}
}

/* In the order of the images; all must be there, with keys of their own. */
static struct rl_imageset find_files(const struct rl_coco *c, const char *dir, const char *set)
{
	const char *between = dir[strlen(dir) - 1] == '/' ? "" : "/";
	struct rl_imageset s = {.root = rl_asprintf("%s%s%s", dir, between, set)};
	struct rl_dict keys = {0};

	for (size_t i = 0; i < c->nimage; i++)
		rl_imageset_add(&s, set, c->images[i].file, 0);
	for (size_t i = 0; i < s.nfile; i++) {
		const char *key = s.files[i].key;
		size_t other = rl_dict_add(&keys, key, strlen(key), i);

		if (other != RL_DICT_NONE)
			rl_die("%s: same key as %s", s.files[i].path, s.files[other].path);
	}
	rl_dict_free(&keys);
	rl_imageset_need_files(&s);
	return s;
}

static void put_coco(struct list *l, struct image *m, const struct rl_coco_annotation *a)
{
	const double *b = a->box;

	put_object(l, m,
		   &(struct object){{b[0], b[1], b[0] + b[2], b[1] + b[3]},
				    a->area,
				    a->category,
				    a->crowd,
				    a->segmentation});
}

static json_t *coco_line(struct list *l, const struct rl_coco *c, size_t i,
			 const struct rl_imagefile *file)
{
	const struct rl_coco_image *from = &c->images[i];
	struct image m = start(file->key, file->path, from->height, from->width);

	for (size_t k = 0; k < from->count; k++)
		put_coco(l, &m, &c->annotations[from->first + k]);
	json_t *line = finish(l, &m);
	if (line)
		json_object_set_new(line, "image_id", json_integer(from->id));
	return line;
}

void rl_list_coco(const char *dir, const char *set, bool for_training)
{
	struct list l = {.names = json_array(), .for_training = for_training};
	char *path = rl_asprintf("%s/annotations/instances_%s.json", dir, set);
	struct rl_coco c;

	rl_coco_read(&c, path);
	l.masks = with_masks(&c, path);
	check_corners(&c, path);
	for (size_t i = 0; i < c.ncategory; i++)
		json_array_append_new(l.names, json_string(c.categories[i].name));
	struct rl_imageset files = find_files(&c, dir, set);
	for (size_t i = 0; i < c.nimage; i++)
		print(coco_line(&l, &c, i, &files.files[i]));
	say(path, "left out", c.flat, "polygons of fewer than three corners");
	end(&l, path);
	rl_imageset_free(&files);
	rl_coco_free(&c);
	free(path);
}
