#include "eval/voc-input.h"

#include "base/err.h"
#include "base/file.h"
#include "stream/box.h"
#include "stream/manifest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- ground truth -----------------------------------------------------------------------------
 */

static void take_record(struct rl_voc_truth *v, const struct rl_record *r, const char *where)
{
	const struct rl_objects *o = &r->objects;

	rl_catalogue_add_image(&v->names, r->key, r->height, r->width, where);
	for (size_t i = 0; i < o->count; i++) {
		struct rl_voc_object one = {.image = (uint32_t)(v->names.nimage - 1),
					    .class = (uint32_t)o->classes[i],
					    .difficult = o->ignore[i]};

		for (size_t k = 0; k < 4; k++)
			one.corner[k] = (double)o->boxes[4 * i + k];
		v->objects = rl_grown(v->objects, v->nobject, sizeof(one));
		v->objects[v->nobject++] = one;
	}
}

struct rl_voc_truth rl_voc_truth_read(struct rl_text *t)
{
	struct rl_voc_truth v = {0};
	struct rl_manifest m = {0};
	const char *line;
	size_t size;

	while ((line = rl_text_line(t, &size))) {
		struct rl_record r = rl_manifest_parse(&m, line, size, t->where);

		if (!r.has_objects)
			rl_die("%s: no \"boxes\": list the truth with rl-list voc", t->where);
		take_record(&v, &r, t->where);
		rl_record_free(&r);
	}
	if (!v.names.nimage)
		rl_die("%s: no image is listed", t->path);
	for (size_t i = 0; i < json_array_size(m.names); i++)
		rl_catalogue_add_class(&v.names, json_string_value(json_array_get(m.names, i)),
				       t->path);
	rl_manifest_free(&m);
	return v;
}

void rl_voc_truth_free(struct rl_voc_truth *v)
{
	rl_catalogue_free(&v->names);
	free(v->objects);
	*v = (struct rl_voc_truth){0};
}

/* ---- files of VOC's results ---------------------------------------------------------------------
 */

/* The class whose name the file's name ends in, after '_'; nclass when there is none.  Of "table"
 * and "dining_table" the longer one. */
static size_t class_of(const char *path, const struct rl_catalogue *names)
{
	const char *name = rl_last_component(path);
	size_t length = strlen(name), found = names->nclass, longest = 0;

	if (length < 4 || strcmp(name + length - 4, ".txt"))
		return found;
	length -= 4;
	for (size_t k = 0; k < names->nclass; k++) {
		size_t n = strlen(names->classes[k]);

		if (n > longest && n < length && name[length - n - 1] == '_' &&
		    !memcmp(name + length - n, names->classes[k], n)) {
			found = k;
			longest = n;
		}
	}
	return found;
}

/* The next word of a line, which is cut off from the rest; NULL when there is none. */
static char *word(char **rest)
{
	char *w;

	while ((w = strsep(rest, " \t\r")))
		if (*w)
			break;
	return w;
}

static double number(char **rest, const char *what, const char *where)
{
	char *w = word(rest), *end;
	double x;

	if (!w)
		rl_die("%s: no %s: want ID SCORE XMIN YMIN XMAX YMAX", where, what);
	x = strtod(w, &end);
	if (*end || !(fabs(x) <= RL_BOX_FAR))
		rl_die("%s: %s %s is not a number of at most 1e9", where, what, w);
	return x;
}

static void take_line(struct rl_detections *found, char *line, size_t class,
		      const struct rl_catalogue *names, const char *where)
{
	static const char *const what[] = {"xmin", "ymin", "xmax", "ymax"};
	struct rl_detection d = {.class = (uint32_t) class};
	double corner[4];
	char *rest = line, *id = word(&rest);

	d.image = (uint32_t)rl_catalogue_image(names, id ? id : "", where);
	d.score = number(&rest, "score", where);
	for (size_t k = 0; k < 4; k++)
		corner[k] = number(&rest, what[k], where) - 1;
	if (word(&rest))
		rl_die("%s: more than ID SCORE XMIN YMIN XMAX YMAX", where);
	rl_box_check_corners(corner, where);
	rl_region_corners(&d.region, corner);
	rl_detections_add(found, &d, true, where);
}

static void take_file(struct rl_detections *found, struct rl_text *t, size_t class,
		      const struct rl_catalogue *names)
{
	const char *line;
	size_t size;

	while ((line = rl_text_line(t, &size))) {
		char *copy = strndup(line, size);

		if (!copy)
			rl_die("out of memory");
		if (strlen(copy) != size)
			rl_die("%s: not text", t->where);
		take_line(found, copy, class, names, t->where);
		free(copy);
	}
}

static struct rl_detections files(struct rl_text *texts, size_t n, const struct rl_catalogue *names)
{
	struct rl_detections found = {.boxes = true};
	bool *seen = rl_calloc(names->nclass, sizeof(*seen));

	for (size_t i = 0; i < n; i++) {
		size_t class = class_of(texts[i].path, names);

		if (class == names->nclass)
			rl_die("%s: neither lines of predictions nor a file ..._CLASS.txt of a "
			       "class "
			       "of the ground truth",
			       texts[i].path);
		if (seen[class])
			rl_die("%s: class %s again", texts[i].path, names->classes[class]);
		seen[class] = true;
		take_file(&found, &texts[i], class, names);
	}
	for (size_t k = 0; k < names->nclass; k++)
		if (!seen[k])
			rl_die("%s: there is no file of class %s", texts->path, names->classes[k]);
	free(seen);
	return found;
}

struct rl_detections rl_voc_detections(struct rl_text *texts, size_t n,
				       const struct rl_catalogue *names)
{
	if (rl_text_begins(texts) != '{')
		return files(texts, n, names);
	if (n > 1)
		rl_die("%s: lines of predictions, and %s beside them", texts[0].path,
		       texts[1].path);
	return rl_predictions_read(texts, names, false);
}
